/// The tags of YAML's own types.
enum Tag {
    static let prefix = "tag:yaml.org,2002:"

    /// The tag as people write it: `!!int`.
    static func short(_ tag: String) -> String {
        tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
    }
}

extension Scalar {
    /// The meaning under `tag`, nil where the text does not fit it.
    func value(tag: String?) -> ScalarValue? {
        guard let tag else { return style == .plain ? Self.plainValue(text) : .string(text) }
        let implied = { Self.plainValue(text, allowsTimestamp: false) }
        switch Tag.short(tag) {
        case "!!null":
            return implied() == .null ? .null : nil
        case "!!bool":
            if case .bool(let value) = implied() { return .bool(value) }
            return nil
        case "!!int":
            if case .int(let value) = implied() { return .int(value) }
            return nil
        case "!!float":
            switch implied() {
            case .int(let value): return .float(Double(value))
            case .float(let value): return .float(value)
            default: return nil
            }
        case "!!timestamp":
            return Timestamp.matches(text) ? .timestamp(text) : nil
        case "!!binary":
            return Base64.decode(text).map { .string(String(decoding: $0, as: UTF8.self)) }
        default:
            return .string(text)
        }
    }

    /// The meaning of a plain scalar.
    static func plainValue(_ text: String, allowsTimestamp: Bool = true) -> ScalarValue {
        // The first character decides for nearly every string, at the cost of a comparison.
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "~"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"), UInt8(ascii: "T"),
            UInt8(ascii: "f"), UInt8(ascii: "F"):
            return word(text)
        case UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            if allowsTimestamp, Timestamp.matches(text) { return .timestamp(text) }
            return number(text) ?? .string(text)
        default:
            return .string(text)
        }
    }

    private static func word(_ text: String) -> ScalarValue {
        switch text {
        case "~", "null", "Null", "NULL": .null
        case "true", "True", "TRUE": .bool(true)
        case "false", "False", "FALSE": .bool(false)
        default: .string(text)
        }
    }

    private static func number(_ text: String) -> ScalarValue? {
        switch text {
        case ".nan", ".NaN", ".NAN": return .float(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .float(.infinity)
        case "-.inf", "-.Inf", "-.INF": return .float(-.infinity)
        default: break
        }
        // Underscores separate digits, but a number that starts with a point has no place for them.
        let digits = text.hasPrefix(".") ? text : text.filter { $0 != "_" }
        return integer(digits).map { .int($0) } ?? float(digits).map { .float($0) }
    }

    private static func integer(_ text: String) -> Int128? {
        var digits = text[...]
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits.removeFirst() }
        let (radix, prefix) =
            switch digits.prefix(2) {
            case "0x", "0X": (16, 2)
            case "0o", "0O": (8, 2)
            case "0b", "0B": (2, 2)
            case let start where start.first == "0" && start.count == 2: (8, 1)
            default: (10, 0)
            }
        digits.removeFirst(prefix)
        // A second sign is none of the number's; the digits alone must parse.
        guard digits.first?.isHexDigit == true, let magnitude = Int128(digits, radix: radix) else { return nil }
        let limit = isNegative ? Int128(Int64.max) + 1 : Int128(UInt64.max)
        // Beyond an unsigned 64-bit integer, or signed when written with a sign, Go has floats only.
        guard magnitude <= (text.first == "+" ? Int128(Int64.max) : limit) else { return nil }
        return isNegative ? -magnitude : magnitude
    }

    private static func float(_ text: String) -> Double? {
        guard isFloat(text.utf8), let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// Whether the text is `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
    private static func isFloat(_ text: String.UTF8View) -> Bool {
        var rest = text[...]
        rest.skipSign()
        let whole = rest.skipDigits()
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            if rest.skipDigits() == 0 && whole == 0 { return false }
        } else if whole == 0 {
            return false
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            rest.skipSign()
            if rest.skipDigits() == 0 { return false }
        }
        return rest.isEmpty
    }
}

extension Substring.UTF8View {
    fileprivate mutating func skipSign() {
        if first == UInt8(ascii: "+") || first == UInt8(ascii: "-") { removeFirst() }
    }

    /// Skips ASCII digits and says how many.
    fileprivate mutating func skipDigits() -> Int {
        let digits = prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }.count
        removeFirst(digits)
        return digits
    }
}
