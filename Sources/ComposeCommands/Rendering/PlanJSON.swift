import ComposeModel
import ComposePlanner
import FoundationEssentials

extension Plan {
    /// The plan as JSON for programs. `schema` grows when a field changes its meaning. An operation that makes a container
    /// or network in place of another, or removes a volume that is made anew, has what differs in `changes`.
    func json() throws -> String {
        struct Line: Encodable {
            let id: Int
            let action: String
            let cause: String
            let needs: [Int]
            let service: String?
            let changes: [Change]?

            init(_ operation: Operation, _ changes: [FieldChange]?) {
                id = operation.id.rawValue
                action = operation.action.description
                cause = operation.cause
                needs = operation.needs.map(\.rawValue)
                service = operation.service
                self.changes = changes?.map(Change.init)
            }
        }
        /// Without `old` or `new` where the value was not there or is not known.
        struct Change: Encodable {
            let path: String
            let old: JSONValue?
            let new: JSONValue?

            init(_ change: FieldChange) {
                path = change.path
                old = change.old.map(JSONValue.init)
                new = change.new.map(JSONValue.init)
            }
        }
        struct Document: Encodable {
            let schema = 1
            let project: String
            let pulls: [ImagePull]
            let prepare: [Line]
            let finish: [Line]
            let notices: [String]
            let irreversible: [String]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(
            project: project, pulls: pulls, prepare: prepare.map { Line($0, changes[$0.id]) },
            finish: finish.map { Line($0, changes[$0.id]) },
            notices: notices, irreversible: irreversible)
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}

/// A value within a document for programs.
struct JSONValue: Encodable {
    let value: CanonicalValue

    init(_ value: CanonicalValue) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch value {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .list(let items): try container.encode(items.map(JSONValue.init))
        case .object(let fields):
            try container.encode(Dictionary(fields.map { ($0.name, JSONValue($0.value)) }) { $1 })
        }
    }
}
