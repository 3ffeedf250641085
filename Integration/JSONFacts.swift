import FoundationEssentials

/// A JSON value of any shape.
enum JSONFacts: Decodable, Sendable {
    case null
    case text(String)
    case list([JSONFacts])
    case object([String: JSONFacts])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .text(String(value))
        } else if let value = try? container.decode(Int64.self) {
            self = .text(String(value))
        } else if let value = try? container.decode(Double.self) {
            self = .text(String(value))
        } else if let value = try? container.decode(String.self) {
            self = .text("\"\(value)\"")
        } else if let value = try? container.decode([JSONFacts].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSONFacts].self))
        }
    }

    /// One line for each value that says something, `HostConfig.Binds[]: "a:/b:rw"`. Null, an empty list and an empty
    /// object say nothing. The order of a list counts only under the names in `ordered`.
    func lines(ordered: Set<String> = [], at path: String = "") -> [String] {
        switch self {
        case .null: []
        case .text(let text): ["\(path): \(text)"]
        case .object(let fields):
            fields.sorted { $0.key < $1.key }.flatMap { name, value in
                value.lines(ordered: ordered, at: path.isEmpty ? name : "\(path).\(name)")
            }
        case .list(let items):
            if let name = path.split(separator: ".").last, ordered.contains(String(name)) {
                items.enumerated().flatMap { $1.lines(ordered: ordered, at: "\(path)[\($0)]") }
            } else {
                items.map { "\(path)[]: " + $0.lines(ordered: ordered).joined(separator: ", ") }.sorted()
            }
        }
    }
}
