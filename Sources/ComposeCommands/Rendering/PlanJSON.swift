import ComposePlanner
import FoundationEssentials

extension Plan {
    /// The plan as JSON for programs. `schema` grows when a field changes its meaning.
    func json() throws -> String {
        struct Line: Encodable {
            let id: Int
            let action: String
            let cause: String
            let needs: [Int]
            let service: String?

            init(_ operation: Operation) {
                id = operation.id.rawValue
                action = operation.action.description
                cause = operation.cause
                needs = operation.needs.map(\.rawValue)
                service = operation.service
            }
        }
        struct Document: Encodable {
            let schema = 1
            let project: String
            let pulls: [ImagePull]
            let prepare: [Line]
            let finish: [Line]
            let notices: [String]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(
            project: project, pulls: pulls, prepare: prepare.map(Line.init), finish: finish.map(Line.init),
            notices: notices)
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
