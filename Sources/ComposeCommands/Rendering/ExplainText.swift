import ComposeLoader
import ComposeModel

/// An explanation for people: the value, then a line for each place, and under it what the variables stood for.
enum ExplainText {
    static func text(_ explanation: Explanation) -> String {
        var lines: [String] = []
        let value = explanation.value.map { " = \(text(of: $0))" } ?? " is not there"
        lines.append(explanation.path + value)
        for contribution in explanation.contributions {
            lines.append("  \(contribution.place)  \(text(of: contribution))")
            for variable in contribution.variables { lines.append("      " + text(of: variable)) }
        }
        if let reason = explanation.reason { lines.append("  " + reason) }
        return lines.joined(separator: "\n")
    }

    private static func text(of contribution: Contribution) -> String {
        var parts = ["(\(contribution.layer)\(contribution.isAliased ? ", through an alias" : ""))"]
        if let written = contribution.written {
            parts.append(quoted(written))
            if let value = contribution.value, case .string(let text) = value, !contribution.variables.isEmpty,
                text != written
            {
                parts.append("-> \(quoted(text))")
            }
        }
        return parts.joined(separator: " ") + outcome(contribution.outcome)
    }

    private static func outcome(_ outcome: Contribution.Outcome) -> String {
        switch outcome {
        case .kept: ": the value"
        case .appended: ": appended"
        case .empty: ": empty, so it changes nothing"
        case .replaced(let place): ": replaced at \(place)"
        case .removed(let place): ": removed by !reset at \(place)"
        case .overridden(let place): ": replaced whole by !override at \(place)"
        case .removes: ": removes what was there"
        case .carriedOut: ": carried out"
        case .leftOut: ": not used"
        }
    }

    private static func text(of variable: Contribution.Variable) -> String {
        let place = variable.place.text
        let value = variable.value.map { "\(variable.name)=\(quoted($0)), \(place)" } ?? "\(variable.name) is \(place)"
        guard let fallback = variable.fallback else { return value }
        return value + "; the default in the expression is used: \(quoted(fallback))"
    }

    private static func text(of value: CanonicalValue) -> String {
        if case .string(let text) = value { return quoted(text) }
        // Go's escapes are for web pages.
        return [("\\u003c", "<"), ("\\u003e", ">"), ("\\u0026", "&")].reduce(
            String(decoding: value.json(), as: UTF8.self)
        ) { $0.replacing($1.0, with: $1.1) }
    }

    /// Longer texts are cut: a value of many lines is better read in the file.
    private static let longest = 200

    /// The text itself where it can stand in a line, else as JSON has it.
    private static func quoted(_ text: String) -> String {
        let shown = text.count > longest ? text.prefix(longest) + "..." : text[...]
        let isPlain =
            !shown.isEmpty && shown.first != " " && shown.last != " "
            && shown.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        return isPlain ? String(shown) : String(decoding: CanonicalValue.string(String(shown)).json(), as: UTF8.self)
    }
}
