/// Whether bytes are one JSON object, so that they can be sent as they are inside another.
///
/// Strict: RFC 8259, UTF-8, no half of a surrogate pair escaped, and no deeper than receivers follow.
struct JSONObjectCheck {
    /// Elasticsearch follows 20 levels into an object by default, Go's decoder 10,000: deeper than this is a text.
    private static let depth = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    /// Whether the line is one object, with nothing but white space around it.
    static func accepts(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }),
            first == UInt8(ascii: "{")
        else { return false }
        return line.withUnsafeBufferPointer { bytes in
            var check = JSONObjectCheck(bytes: bytes)
            check.skipSpace()
            guard check.value(depth: depth) else { return false }
            check.skipSpace()
            return check.position == bytes.count
        }
    }

    /// Appends a line that is accepted, on one line: newlines of joined lines can be white space only, and become spaces.
    static func append(_ line: ArraySlice<UInt8>, to out: inout [UInt8]) {
        let start = out.count
        out.append(contentsOf: line)
        guard line.contains(UInt8(ascii: "\n")) else { return }
        for index in start..<out.count where out[index] == UInt8(ascii: "\n") { out[index] = UInt8(ascii: " ") }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) -> Bool {
        guard depth > 0, let first = next else { return false }
        switch first {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> Bool {
        position += 1
        skipSpace()
        if skip(UInt8(ascii: "}")) { return true }
        while true {
            skipSpace()
            guard string() else { return false }
            skipSpace()
            guard skip(UInt8(ascii: ":")) else { return false }
            skipSpace()
            guard value(depth: depth - 1) else { return false }
            skipSpace()
            if skip(UInt8(ascii: "}")) { return true }
            guard skip(UInt8(ascii: ",")) else { return false }
        }
    }

    private mutating func array(depth: Int) -> Bool {
        position += 1
        skipSpace()
        if skip(UInt8(ascii: "]")) { return true }
        while true {
            skipSpace()
            guard value(depth: depth - 1) else { return false }
            skipSpace()
            if skip(UInt8(ascii: "]")) { return true }
            guard skip(UInt8(ascii: ",")) else { return false }
        }
    }

    private mutating func string() -> Bool {
        guard skip(UInt8(ascii: "\"")) else { return false }
        while true {
            position = UTF8Bytes.plainRun(bytes, from: position)
            guard let byte = next else { return false }
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return true
            case UInt8(ascii: "\\"):
                guard escape() else { return false }
            case 0x80...:
                let (length, isValid) = UTF8Bytes.character(bytes, at: position)
                guard isValid else { return false }
                position += length
            default: return false
            }
        }
    }

    private mutating func escape() -> Bool {
        position += 1
        guard let letter = next else { return false }
        position += 1
        guard letter == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(letter) }
        guard let unit = codeUnit() else { return false }
        switch unit {
        case 0xD800...0xDBFF:
            guard skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")), let low = codeUnit() else { return false }
            return (0xDC00...0xDFFF).contains(low)
        case 0xDC00...0xDFFF: return false
        default: return true
        }
    }

    private mutating func codeUnit() -> UInt32? {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next else { return nil }
            switch byte {
            case 48...57: unit = unit << 4 | UInt32(byte - 48)
            case 65...70: unit = unit << 4 | UInt32(byte - 55)
            case 97...102: unit = unit << 4 | UInt32(byte - 87)
            default: return nil
            }
            position += 1
        }
        return unit
    }

    private mutating func word(_ text: StaticString) -> Bool {
        let letters = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard bytes[position...].starts(with: letters) else { return false }
        position += letters.count
        return true
    }

    private mutating func number() -> Bool {
        _ = skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { guard digits() else { return false } }
        if skip(UInt8(ascii: ".")) { guard digits() else { return false } }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
            guard digits() else { return false }
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = position
        while let byte = next, (48...57).contains(byte) { position += 1 }
        return position > start
    }
}
