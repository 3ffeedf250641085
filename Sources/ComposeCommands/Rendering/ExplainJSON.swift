import ComposeLoader
import ComposeModel

/// Explanations for programs.
enum ExplainJSON {
    static func value(_ explanations: [Explanation]) -> CanonicalValue { .list(explanations.map(value)) }

    private static func value(_ explanation: Explanation) -> CanonicalValue {
        var fields = CanonicalFields()
        fields.set("path", .string(explanation.path))
        fields.set("isSet", .bool(explanation.value != nil))
        fields.set("value", explanation.value ?? .null)
        fields.set("contributions", .list(explanation.contributions.map(value)))
        fields.add("reason", explanation.reason)
        return fields.object
    }

    private static func value(_ contribution: Contribution) -> CanonicalValue {
        var fields = CanonicalFields()
        add(contribution.place, to: &fields)
        fields.set("source", .string(contribution.source.rawValue))
        fields.set("layer", .string(contribution.layer))
        fields.add("isAliased", contribution.isAliased)
        fields.set("written", contribution.written.map(CanonicalValue.string))
        fields.set("value", contribution.value)
        let (outcome, place) = outcome(contribution.outcome)
        fields.set("outcome", .string(outcome))
        if let place {
            var by = CanonicalFields()
            add(place, to: &by)
            fields.set("by", by.object)
        }
        fields.add("variables", contribution.variables.map(value))
        return fields.object
    }

    private static func add(_ place: Contribution.Place, to fields: inout CanonicalFields) {
        fields.set("file", .string(place.file))
        fields.set("line", .int(Int64(place.line)))
        fields.set("column", place.column.map { .int(Int64($0)) })
    }

    private static func outcome(_ outcome: Contribution.Outcome) -> (String, Contribution.Place?) {
        switch outcome {
        case .kept: ("kept", nil)
        case .appended: ("appended", nil)
        case .empty: ("empty", nil)
        case .replaced(let place): ("replaced", place)
        case .removed(let place): ("removed", place)
        case .overridden(let place): ("overridden", place)
        case .removes: ("removes", nil)
        case .carriedOut: ("carried-out", nil)
        case .leftOut: ("left-out", nil)
        }
    }

    private static func value(_ variable: Contribution.Variable) -> CanonicalValue {
        var fields = CanonicalFields()
        fields.set("name", .string(variable.name))
        fields.set("value", variable.value.map(CanonicalValue.string) ?? .null)
        switch variable.place {
        case nil: fields.set("source", .string("unset"))
        case .process: fields.set("source", .string("environment"))
        case .project: fields.set("source", .string("project-name"))
        case .file(let path, let line):
            fields.set("source", .string("file"))
            add(Contribution.Place(file: path, line: line), to: &fields)
        }
        fields.set("default", variable.fallback.map(CanonicalValue.string))
        return fields.object
    }
}
