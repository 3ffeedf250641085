/// Reads Protocol Buffers messages by the book: no field number 0, nothing cut short, no overlong number.
struct ProtobufReader {
    enum Value: Equatable {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes([UInt8])
    }

    /// The fields in their order; nil where it is no message.
    static func fields(_ bytes: some Collection<UInt8>) -> [(number: Int, value: Value)]? {
        var rest = Array(bytes)[...]
        var fields: [(Int, Value)] = []
        while !rest.isEmpty {
            guard let tag = varint(&rest), tag >> 3 > 0 else { return nil }
            switch tag & 7 {
            case 0:
                guard let value = varint(&rest) else { return nil }
                fields.append((Int(tag >> 3), .varint(value)))
            case 1:
                guard rest.count >= 8 else { return nil }
                let value = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                fields.append((Int(tag >> 3), .fixed64(value)))
                rest = rest.dropFirst(8)
            case 2:
                guard let count = varint(&rest), count <= rest.count else { return nil }
                fields.append((Int(tag >> 3), .bytes(Array(rest.prefix(Int(count))))))
                rest = rest.dropFirst(Int(count))
            default: return nil
            }
        }
        return fields
    }

    static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for place in 0..<10 {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << UInt64(7 * place)
            if byte < 0x80 { return place > 0 && byte == 0 ? nil : value }
        }
        return nil
    }

    /// What is in a snappy block of literals; nil for anything else.
    static func snappy(_ bytes: [UInt8]) -> [UInt8]? {
        var rest = bytes[...]
        guard let count = varint(&rest) else { return nil }
        var out: [UInt8] = []
        while let tag = rest.popFirst() {
            guard tag & 3 == 0 else { return nil }
            let more = max(0, Int(tag >> 2) - 59)
            guard rest.count >= more else { return nil }
            let extra = rest.prefix(more).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(more)
            let length = (more == 0 ? Int(tag >> 2) : extra) + 1
            guard rest.count >= length else { return nil }
            out += rest.prefix(length)
            rest = rest.dropFirst(length)
        }
        return out.count == count ? out : nil
    }
}

extension [(number: Int, value: ProtobufReader.Value)] {
    /// All values of a field that are of bytes.
    func bytes(_ number: Int) -> [[UInt8]] {
        compactMap { if $0.number == number, case .bytes(let bytes) = $0.value { bytes } else { nil } }
    }
    /// The last number in a field; 0 where there is none.
    func number(_ number: Int) -> UInt64 {
        for field in reversed() where field.number == number {
            switch field.value {
            case .varint(let value), .fixed64(let value): return value
            case .bytes: return 0
            }
        }
        return 0
    }
    /// Text in a field that is there once; nil where it is not, or is no UTF-8.
    func text(_ number: Int) -> String? {
        let values = bytes(number)
        return values.count == 1 ? String(validating: values[0], as: UTF8.self) : nil
    }
}
