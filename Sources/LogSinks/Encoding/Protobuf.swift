/// Protocol Buffers messages written into bytes (protobuf.dev, "Encoding").
struct ProtobufWriter {
    /// What is written.
    private(set) var bytes: [UInt8] = []

    private enum WireType: UInt8 { case varint = 0, fixed64 = 1, lengthDelimited = 2 }

    /// Empties it and keeps its memory.
    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// A number; zero is what is read where nothing is written, and is left out.
    mutating func varint(_ field: Int, _ value: UInt64) {
        guard value != 0 else { return }
        tag(field, .varint)
        append(value)
    }

    /// A number of eight bytes; zero is left out.
    mutating func fixed64(_ field: Int, _ value: UInt64) {
        guard value != 0 else { return }
        tag(field, .fixed64)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Text or bytes, whatever their length.
    mutating func bytes(_ field: Int, _ value: some Collection<UInt8>) {
        tag(field, .lengthDelimited)
        append(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Fields that are written already.
    mutating func append(_ fields: [UInt8]) { bytes.append(contentsOf: fields) }

    /// A message within this one, written by `body`.
    mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        write(field) { writer in body(&writer) }
    }

    /// Text of bytes that need not be UTF-8, repaired.
    ///
    /// - Returns: whether all of it was UTF-8.
    mutating func text(_ field: Int, _ value: some Collection<UInt8>) -> Bool {
        write(field) { UTF8Bytes.appendRepaired(value, to: &$0.bytes) }
    }

    /// Something of a length that is known afterwards: one byte is kept free for it, and more are made where it is longer.
    private mutating func write<Result>(_ field: Int, _ body: (inout ProtobufWriter) -> Result) -> Result {
        tag(field, .lengthDelimited)
        let start = bytes.count
        bytes.append(0)
        let result = body(&self)
        let length = bytes.count - start - 1
        if length < 0x80 {
            bytes[start] = UInt8(length)
        } else {
            var digits = ProtobufWriter()
            digits.append(UInt64(length))
            bytes.replaceSubrange(start...start, with: digits.bytes)
        }
        return result
    }

    private mutating func tag(_ field: Int, _ type: WireType) { append(UInt64(field) << 3 | UInt64(type.rawValue)) }

    private mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// The fields of a short message that is read: the last of each number.
struct ProtobufFields {
    private var varints: [UInt64: UInt64] = [:]
    private var texts: [UInt64: ArraySlice<UInt8>] = [:]

    /// Reads as far as it is a message.
    init(_ message: ArraySlice<UInt8>) {
        var rest = message
        while let tag = ProtobufFields.varint(&rest) {
            switch tag & 7 {
            case 0: varints[tag >> 3] = ProtobufFields.varint(&rest)
            case 1: rest = rest.dropFirst(8)
            case 2:
                guard let count = ProtobufFields.varint(&rest), count <= rest.count else { return }
                texts[tag >> 3] = rest.prefix(Int(count))
                rest = rest.dropFirst(Int(count))
            case 5: rest = rest.dropFirst(4)
            default: return
            }
        }
    }

    /// A number; nil where there is none.
    func varint(_ field: UInt64) -> UInt64? { varints[field] }
    /// Text, bytes or a message; nil where there is none.
    func bytes(_ field: UInt64) -> ArraySlice<UInt8>? { texts[field] }

    private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for place in 0..<10 {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << UInt64(7 * place)
            if byte < 0x80 { return value }
        }
        return nil
    }
}
