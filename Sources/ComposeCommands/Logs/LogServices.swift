import ComposeLoader
import LogProcessing

/// The services whose output is shown: those named, and those that patterns match.
struct LogServices {
    let project: String
    /// All services that may be meant.
    let known: Set<String>

    /// - Throws: a sentence for a name that no service has, and for a pattern that matches none.
    func named(_ names: [String], matching patterns: [String]) throws -> Set<String> {
        for name in names where !known.contains(name) {
            throw UnknownService(name: name, project: project, known: known)
        }
        var chosen = Set(names)
        for text in patterns {
            let pattern = GlobPattern(text)
            let matching = known.filter { pattern.matches($0) }
            guard !matching.isEmpty else { throw UnmatchedServices(pattern: text, project: project, known: known) }
            chosen.formUnion(matching)
        }
        return chosen
    }
}

/// A pattern that matches no service.
struct UnmatchedServices: Error, CustomStringConvertible {
    let pattern: String
    let project: String
    let known: Set<String>

    var description: String {
        let text = "no service of project \(project) matches \"\(pattern)\""
        if known.isEmpty { return text + ": it has none" }
        let plain = pattern.filter { $0 != "*" && $0 != "?" }
        if let hint = Suggestion.hint(for: plain, among: known.sorted()) { return "\(text) (\(hint))" }
        return "\(text); its services are \(known.sorted().joined(separator: ", "))"
    }
}
