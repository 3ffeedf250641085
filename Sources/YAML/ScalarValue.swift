/// What a scalar's text means.
public enum ScalarValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// From `Int64.min` to `UInt64.max`; integers beyond are floats.
    case int(Int128)
    case float(Double)
    case string(String)
    /// An unquoted date or time, as written.
    case timestamp(String)

    /// The value as Docker Compose prints it where a string is wanted: numbers in Go's shortest form (`%v`), null as
    /// the empty string.
    public var text: String {
        switch self {
        case .null: ""
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .float(let value): Self.text(of: value)
        case .string(let value), .timestamp(let value): value
        }
    }

    /// A number in Go's shortest form (`strconv.FormatFloat(value, 'g', -1, 64)`): the fewest digits that read back as
    /// the same number, with an exponent of at least two digits from 1e+06 up and below 1e-04.
    public static func text(of value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        let (digits, exponent) = shortestDigits(of: value.magnitude)
        let sign = value.sign == .minus ? "-" : ""
        if exponent < -4 || exponent >= 6 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let power = String(exponent.magnitude)
            return sign + digits.prefix(1) + fraction + (exponent < 0 ? "e-" : "e+") + (power.count < 2 ? "0" : "")
                + power
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        let whole = exponent + 1
        if digits.count <= whole { return sign + digits + String(repeating: "0", count: whole - digits.count) }
        return sign + digits.prefix(whole) + "." + digits.dropFirst(whole)
    }

    /// Significant digits without zeros at the ends, and the power of ten of the first one.
    ///
    /// Swift's description of a number has the shortest digits already; only their arrangement differs from Go's.
    private static func shortestDigits(of value: Double) -> (digits: String, exponent: Int) {
        guard value != 0 else { return ("0", 0) }
        let parts = value.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let all = mantissa.joined()
        let significant = all.drop { $0 == "0" }
        let exponent = power + mantissa[0].count - 1 - (all.count - significant.count)
        let trailing = significant.reversed().prefix { $0 == "0" }.count
        return (String(significant.dropLast(trailing)), exponent)
    }
}

extension Scalar {
    /// What the text means under an explicit tag, or without one: only plain scalars are anything but strings.
    ///
    /// Follows go-yaml, the library Docker Compose reads its files with: YAML 1.2's core schema, and from 1.1 leading-0
    /// octals, `0b`, underscores in numbers and timestamps. `yes`, `no`, `on` and `off` are strings. A tag that is not
    /// YAML's own makes a string of any text; so does one that the text does not fit, which a parsed file cannot hold.
    public func resolved(tag: String?) -> ScalarValue { value(tag: tag) ?? .string(text) }
}

extension Node {
    /// What a scalar means, nil for a sequence or mapping.
    public var scalarValue: ScalarValue? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar.resolved(tag: tag)
    }
}
