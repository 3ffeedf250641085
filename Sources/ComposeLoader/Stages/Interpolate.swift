import YAML

/// Replaces variables in the values of a document; keys are left alone.
struct Interpolator {
    let environment: [String: String]
    /// The variables already warned about.
    private var warned: Set<String> = []
    private var remaining = Template.longest

    /// Characters of a value in a message: as much as a person takes in.
    private static let longestQuote = 80

    init(environment: [String: String]) { self.environment = environment }

    mutating func interpolate(_ node: Node, _ reporter: inout Reporter) -> Node {
        changed(node, &reporter) ?? node
    }

    /// The node with variables replaced, nil where it has none: most of a file is then shared, not copied.
    private mutating func changed(_ node: Node, _ reporter: inout Reporter) -> Node? {
        switch node.content {
        case .scalar(let scalar):
            guard Template.isTemplate(scalar.text) else { return nil }
            // After a mistake there is no value; what demands one knows that the mistake has been reported.
            return substitute(scalar.text, node.mark, &reporter).map(node.string) ?? node.plain("")
        case .sequence(let items):
            var result: [Node]?
            for (index, item) in items.enumerated() {
                reporter.enter(String(index))
                if let new = changed(item, &reporter) {
                    if result == nil { result = items }
                    result?[index] = new
                }
                reporter.leave()
            }
            return result.map { Node(.sequence($0), tag: node.tag, mark: node.mark) }
        case .mapping(let mapping):
            var result: Mapping?
            for entry in mapping.entries {
                reporter.enter(entry.key.name)
                if let new = changed(entry.value, &reporter) {
                    if result == nil { result = mapping }
                    result?.set(Mapping.Entry(key: entry.key, value: new))
                }
                reporter.leave()
            }
            return result.map { Node(.mapping($0), tag: node.tag, mark: node.mark) }
        }
    }

    private mutating func substitute(_ text: String, _ mark: Mark, _ reporter: inout Reporter) -> String? {
        let environment = environment
        var template = Template(remaining: remaining) { environment[$0] }
        do throws(Template.Fault) {
            let result = try template.substitute(text)
            remaining = template.remaining
            for name in template.unset where warned.insert(name).inserted {
                reporter.warn(
                    .unsetVariable, "the variable \(name) is not set; it is read as empty", at: mark,
                    hint: "write ${\(name):-default} to give a default")
            }
            return result
        } catch {
            switch error {
            case .invalid(let part):
                let quoted =
                    part.count > Interpolator.longestQuote ? part.prefix(Interpolator.longestQuote) + "..." : part[...]
                reporter.error(
                    "\"\(quoted)\" is not a reference to a variable", at: mark, hint: "write $$ for a dollar")
            case .required(let name, let message):
                let reason = message.isEmpty ? "" : ": \(message)"
                reporter.error("the required variable \(name) is missing a value\(reason)", at: mark)
            case .tooLong:
                reporter.error(
                    "the values with their variables replaced come to more than \(Template.longest / 1024 / 1024) MiB",
                    at: mark)
            }
            return nil
        }
    }
}
