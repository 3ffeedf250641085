/// MessagePack as it is read: what receivers answer.
indirect enum MessagePackValue: Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case float(Double)
    /// Text and binary data alike: servers send one for the other.
    case bytes([UInt8])
    case array([MessagePackValue])
    case map([(key: MessagePackValue, value: MessagePackValue)])
    case other(type: Int8, [UInt8])

    /// Answers are flat.
    private static let depth = 16

    /// Bytes that are no value.
    struct Malformed: Error {}

    /// Takes a value from the front of `bytes`; nil, and nothing taken, where it is not whole yet.
    static func parse(_ bytes: inout ArraySlice<UInt8>) throws(Malformed) -> MessagePackValue? {
        var reader = Reader(rest: bytes)
        guard let value = try reader.value(depth) else { return nil }
        bytes = reader.rest
        return value
    }

    static func == (left: MessagePackValue, right: MessagePackValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.unsigned(let left), .unsigned(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.bytes(let left), .bytes(let right)): left == right
        case (.array(let left), .array(let right)): left == right
        case (.map(let left), .map(let right)): left.elementsEqual(right) { $0 == $1 }
        case (.other(let type, let left), .other(let other, let right)): type == other && left == right
        default: false
        }
    }

    /// The value of a map under this key; nil for any other.
    subscript(_ key: String) -> MessagePackValue? {
        guard case .map(let entries) = self else { return nil }
        return entries.first { $0.key == .bytes(Array(key.utf8)) }?.value
    }

    /// The bytes of a text or binary value.
    var bytes: [UInt8]? {
        guard case .bytes(let bytes) = self else { return nil }
        return bytes
    }

    /// The same as text.
    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        private mutating func number(_ width: Int) -> UInt64? {
            take(width)?.reduce(0) { $0 << 8 | UInt64($1) }
        }

        private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }

        mutating func value(_ depth: Int) throws(Malformed) -> MessagePackValue? {
            guard depth > 0 else { throw Malformed() }
            guard let mark = rest.popFirst() else { return nil }
            switch mark {
            case 0x00...0x7F: return .integer(Int64(mark))
            case 0xE0...0xFF: return .integer(Int64(Int8(bitPattern: mark)))
            case 0x80...0x8F: return try map(UInt64(mark & 15), depth)
            case 0x90...0x9F: return try array(UInt64(mark & 15), depth)
            case 0xA0...0xBF: return bytes(UInt64(mark & 31))
            case 0xC0: return .null
            case 0xC2, 0xC3: return .bool(mark == 0xC3)
            case 0xC4, 0xD9: return bytes(number(1))
            case 0xC5, 0xDA: return bytes(number(2))
            case 0xC6, 0xDB: return bytes(number(4))
            case 0xC7...0xC9: return other(number(1 << Int(mark - 0xC7)))
            case 0xCA: return number(4).map { .float(Double(Float(bitPattern: UInt32($0)))) }
            case 0xCB: return number(8).map { .float(Double(bitPattern: $0)) }
            case 0xCC...0xCF: return number(1 << Int(mark - 0xCC)).map { .unsigned($0) }
            case 0xD0: return number(1).map { .integer(Int64(Int8(truncatingIfNeeded: $0))) }
            case 0xD1: return number(2).map { .integer(Int64(Int16(truncatingIfNeeded: $0))) }
            case 0xD2: return number(4).map { .integer(Int64(Int32(truncatingIfNeeded: $0))) }
            case 0xD3: return number(8).map { .integer(Int64(bitPattern: $0)) }
            case 0xD4...0xD8: return other(1 << UInt64(mark - 0xD4))
            case 0xDC: return try array(number(2), depth)
            case 0xDD: return try array(number(4), depth)
            case 0xDE: return try map(number(2), depth)
            case 0xDF: return try map(number(4), depth)
            default: throw Malformed()
            }
        }

        private mutating func bytes(_ count: UInt64?) -> MessagePackValue? {
            guard let count, let bytes = take(Int(count)) else { return nil }
            return .bytes(Array(bytes))
        }

        private mutating func other(_ count: UInt64?) -> MessagePackValue? {
            guard let count, let type = rest.popFirst(), let bytes = take(Int(count)) else { return nil }
            return .other(type: Int8(bitPattern: type), Array(bytes))
        }

        private mutating func array(_ count: UInt64?, _ depth: Int) throws(Malformed) -> MessagePackValue? {
            guard let count else { return nil }
            var elements: [MessagePackValue] = []
            for _ in 0..<count {
                guard let element = try value(depth - 1) else { return nil }
                elements.append(element)
            }
            return .array(elements)
        }

        private mutating func map(_ count: UInt64?, _ depth: Int) throws(Malformed) -> MessagePackValue? {
            guard let count else { return nil }
            var entries: [(key: MessagePackValue, value: MessagePackValue)] = []
            for _ in 0..<count {
                guard let key = try value(depth - 1), let value = try value(depth - 1) else { return nil }
                entries.append((key, value))
            }
            return .map(entries)
        }
    }
}
