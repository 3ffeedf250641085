/// A JSON text that has been read.
enum JSONValue {
    case null
    case bool(Bool)
    /// As it is written: what it may be is known to whoever reads it.
    case number(String)
    case string(String)
    case list([JSONValue])
    case object([(name: String, value: JSONValue)])

    /// Reads a text of one value. Throws where it is not JSON; bytes that are not UTF-8 become U+FFFD.
    init(text: [UInt8]) throws {
        var parser = JSONParser(text)
        self = try parser.parse()
    }

    /// Reads a field of an object. One that is missing counts as null.
    func read<Value: JSONReadable>(_ name: String) throws -> Value {
        guard case .object(let fields) = self else { throw JSONMismatch() }
        return try Value(fields.first { $0.name == name }?.value ?? .null)
    }
}

/// What an answer is made of. Answers read themselves for the same reason for which requests write themselves: see
/// ``JSONWritable``.
protocol JSONReadable {
    /// Throws where the value has another shape.
    init(_ json: JSONValue) throws
}

/// A value that has not the shape that was expected, or a text that is not JSON.
struct JSONMismatch: Error {}

extension String: JSONReadable {
    init(_ json: JSONValue) throws {
        guard case .string(let text) = json else { throw JSONMismatch() }
        self = text
    }
}

extension Bool: JSONReadable {
    init(_ json: JSONValue) throws {
        guard case .bool(let value) = json else { throw JSONMismatch() }
        self = value
    }
}

extension FixedWidthInteger {
    fileprivate init(number json: JSONValue) throws {
        guard case .number(let text) = json, let value = Self(text) else { throw JSONMismatch() }
        self = value
    }
}

extension Int: JSONReadable {
    init(_ json: JSONValue) throws { try self.init(number: json) }
}

extension Int64: JSONReadable {
    init(_ json: JSONValue) throws { try self.init(number: json) }
}

extension Optional: JSONReadable where Wrapped: JSONReadable {
    init(_ json: JSONValue) throws {
        if case .null = json { self = nil } else { self = try Wrapped(json) }
    }
}

extension Array: JSONReadable where Element: JSONReadable {
    init(_ json: JSONValue) throws {
        guard case .list(let items) = json else { throw JSONMismatch() }
        self = try items.map { try Element($0) }
    }
}

extension Dictionary: JSONReadable where Key == String, Value: JSONReadable {
    init(_ json: JSONValue) throws {
        guard case .object(let fields) = json else { throw JSONMismatch() }
        self = try Dictionary(fields.map { ($0.name, try Value($0.value)) }) { $1 }
    }
}
