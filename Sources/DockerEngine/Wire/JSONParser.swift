/// Reads one JSON text (RFC 8259).
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0

    /// How deep values may lie in one another: engines' answers have a dozen levels, and each takes some of the stack.
    private static let deepest = 256

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The value; nothing but white space may follow it.
    mutating func parse() throws -> JSONValue {
        let value = try value(depth: 0)
        guard next() == nil else { throw JSONMismatch() }
        return value
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth < JSONParser.deepest, let byte = next() else { throw JSONMismatch() }
        switch byte {
        case UInt8(ascii: "{"): return .object(try fields(depth: depth + 1))
        case UInt8(ascii: "["): return .list(try items(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
        default: throw JSONMismatch()
        }
    }

    private mutating func fields(depth: Int) throws -> [(name: String, value: JSONValue)] {
        var fields: [(name: String, value: JSONValue)] = []
        try sequence(endingWith: UInt8(ascii: "}")) { parser in
            guard parser.next() == UInt8(ascii: "\"") else { throw JSONMismatch() }
            let name = try parser.string()
            guard parser.next() == UInt8(ascii: ":") else { throw JSONMismatch() }
            parser.position += 1
            fields.append((name, try parser.value(depth: depth)))
        }
        return fields
    }

    private mutating func items(depth: Int) throws -> [JSONValue] {
        var items: [JSONValue] = []
        try sequence(endingWith: UInt8(ascii: "]")) { items.append(try $0.value(depth: depth)) }
        return items
    }

    /// Reads what stands between brackets, with commas in between.
    private mutating func sequence(
        endingWith end: UInt8, _ element: (inout JSONParser) throws -> Void
    ) throws {
        position += 1
        if next() == end {
            position += 1
            return
        }
        while true {
            try element(&self)
            let separator = next()
            position += 1
            if separator == end { return }
            guard separator == UInt8(ascii: ",") else { throw JSONMismatch() }
        }
    }

    /// The next byte that is no white space, which is not consumed; nil at the end.
    private mutating func next() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            case let byte: return byte
            }
        }
        return nil
    }

    private mutating func literal(_ text: String, _ value: JSONValue) throws -> JSONValue {
        guard bytes[position...].starts(with: text.utf8) else { throw JSONMismatch() }
        position += text.utf8.count
        return value
    }

    /// Whether it is a number that makes sense is seen by whoever reads it.
    private mutating func number() -> JSONValue {
        let start = position
        scan: while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
            default: break scan
            }
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func string() throws -> String {
        position += 1
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: bytes[start..<position - 1], as: UTF8.self)
            case UInt8(ascii: "\\"): return try escapedString(after: Array(bytes[start..<position]))
            case 0..<0x20: throw JSONMismatch()
            default: position += 1
            }
        }
        throw JSONMismatch()
    }

    private mutating func escapedString(after beginning: [UInt8]) throws -> String {
        var text = beginning
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += String(Character(try escape())).utf8
            case 0..<0x20: throw JSONMismatch()
            default: text.append(byte)
            }
        }
        throw JSONMismatch()
    }

    /// What stands for a character after a backslash. Half of a surrogate pair is U+FFFD.
    private mutating func escape() throws -> Unicode.Scalar {
        guard position < bytes.count else { throw JSONMismatch() }
        defer { position += 1 }
        switch bytes[position] {
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case let byte where [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/")].contains(byte):
            return Unicode.Scalar(byte)
        case UInt8(ascii: "u"):
            let unit = try codeUnit()
            guard UTF16.isLeadSurrogate(unit), bytes[(position + 1)...].starts(with: #"\u"#.utf8) else {
                return Unicode.Scalar(unit) ?? "\u{FFFD}"
            }
            let end = position
            position += 2
            let trail = try codeUnit()
            guard UTF16.isTrailSurrogate(trail) else {
                position = end
                return "\u{FFFD}"
            }
            return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
        default: throw JSONMismatch()
        }
    }

    /// The four digits after the byte at `position`, of which the last is the current one then.
    private mutating func codeUnit() throws -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            position += 1
            guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw JSONMismatch()
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
