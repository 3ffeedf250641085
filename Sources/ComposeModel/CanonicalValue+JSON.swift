extension CanonicalValue {
    /// How JSON is laid out.
    package enum JSONLayout: Sendable {
        /// On one line without spaces.
        case compact
        /// One value on a line, indented by two spaces.
        case indented
    }

    /// The value as JSON in UTF-8, escaped as Go's `encoding/json` does by default: `<`, `>`, `&`, U+2028 and U+2029
    /// as `\u` sequences, so that the bytes are those that Docker Compose hashes and prints.
    package func json(_ layout: JSONLayout = .compact) -> [UInt8] {
        var writer = JSONWriter(isIndented: layout == .indented)
        writer.write(self)
        return writer.bytes
    }
}

private struct JSONWriter {
    var bytes: [UInt8] = []
    let isIndented: Bool
    private var depth = 0

    init(isIndented: Bool) { self.isIndented = isIndented }

    mutating func write(_ value: CanonicalValue) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): bytes.append(contentsOf: String(value).utf8)
        case .double(let value): bytes.append(contentsOf: number(value).utf8)
        case .string(let text): write(text)
        case .list(let items):
            write(open: "[", close: "]", count: items.count) { writer, index in writer.write(items[index]) }
        case .object(let fields):
            write(open: "{", close: "}", count: fields.count) { writer, index in
                writer.write(fields[index].name)
                writer.bytes.append(UInt8(ascii: ":"))
                if writer.isIndented { writer.bytes.append(UInt8(ascii: " ")) }
                writer.write(fields[index].value)
            }
        }
    }

    private mutating func write(
        open: Unicode.Scalar, close: Unicode.Scalar, count: Int, _ item: (inout JSONWriter, Int) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        depth += 1
        for index in 0..<count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            breakLine()
            item(&self, index)
        }
        depth -= 1
        if count > 0 { breakLine() }
        bytes.append(UInt8(ascii: close))
    }

    private mutating func breakLine() {
        guard isIndented else { return }
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { bytes.append(contentsOf: [UInt8(ascii: " "), UInt8(ascii: " ")]) }
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.utf8 where scalar >= 0x80 || scalar < 0x20 || JSONWriter.isSpecial(scalar) {
            writeEscaped(text)
            bytes.append(UInt8(ascii: "\""))
            return
        }
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"): true
        default: false
        }
    }

    private mutating func writeEscaped(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes.append(contentsOf: #"\""#.utf8)
            case "\\": bytes.append(contentsOf: #"\\"#.utf8)
            case "\n": bytes.append(contentsOf: #"\n"#.utf8)
            case "\r": bytes.append(contentsOf: #"\r"#.utf8)
            case "\t": bytes.append(contentsOf: #"\t"#.utf8)
            case "\u{8}": bytes.append(contentsOf: #"\b"#.utf8)
            case "\u{C}": bytes.append(contentsOf: #"\f"#.utf8)
            case "<", ">", "&", "\u{0}"..<"\u{20}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                bytes.append(contentsOf: #"\u"#.utf8)
                bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
                bytes.append(contentsOf: digits.utf8)
            default: bytes.append(contentsOf: String(scalar).utf8)
            }
        }
    }

    /// Go's form of a 32- or 64-bit number: the fewest digits, without an exponent between 1e-6 and 1e21.
    private func number(_ value: Double) -> String {
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int64(value)) }
        return value.description
    }
}
