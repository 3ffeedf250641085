/// A length of time as Compose writes it: Go's units (`1h2m3.5s`, `300ms`) plus days and weeks.
package struct ComposeDuration: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (left: ComposeDuration, right: ComposeDuration) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    package var duration: Duration { .nanoseconds(nanoseconds) }

    /// Parses `1w2d3h4m5s6ms7us8ns` in that or any order, with fractions and a sign; nil for anything else.
    /// A bare number has no unit and is refused, except `0`.
    package init?(_ text: String) {
        var rest = Substring(text)
        var isNegative = false
        if let sign = rest.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            rest.removeFirst()
        }
        if rest == "0" {
            nanoseconds = 0
            return
        }
        guard !rest.isEmpty else { return nil }
        var total: Double = 0
        var whole: Int64 = 0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest.dropFirst(unit.count)
            guard let scale = ComposeDuration.units[String(unit)], number != "." else { return nil }
            if let integer = Int64(number) {
                let (product, overflow) = integer.multipliedReportingOverflow(by: scale)
                let (sum, overflowed) = whole.addingReportingOverflow(product)
                guard !overflow, !overflowed else { return nil }
                whole = sum
            } else {
                guard let value = Double(number) else { return nil }
                total += value * Double(scale)
            }
        }
        guard let fraction = Int64(exactly: total.rounded()) else { return nil }
        let (sum, overflow) = whole.addingReportingOverflow(fraction)
        guard !overflow else { return nil }
        nanoseconds = isNegative ? -sum : sum
    }

    private static let units: [String: Int64] = [
        "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
        "h": 3_600_000_000_000, "d": 86_400_000_000_000, "w": 604_800_000_000_000,
    ]

    /// Go's form, which Compose prints and hashes: `1m30s`, `1.5s`, `300ms`, `0s`.
    package var description: String {
        if nanoseconds == 0 { return "0s" }
        let sign = nanoseconds < 0 ? "-" : ""
        let magnitude = nanoseconds.magnitude
        if magnitude < 1000 { return "\(sign)\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + decimal(magnitude, scale: 1000) + "µs" }
        if magnitude < 1_000_000_000 { return sign + decimal(magnitude, scale: 1_000_000) + "ms" }
        let minutes = magnitude / 60_000_000_000
        let seconds = decimal(magnitude % 60_000_000_000, scale: 1_000_000_000) + "s"
        if minutes == 0 { return sign + seconds }
        if minutes < 60 { return "\(sign)\(minutes)m\(seconds)" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }
}

private func decimal(_ value: UInt64, scale: UInt64) -> String {
    let fraction = value % scale
    if fraction == 0 { return String(value / scale) }
    var digits = String(fraction)
    digits = String(repeating: "0", count: String(scale).count - 1 - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(value / scale).\(digits)"
}
