import EngineAPI

/// How a time is written.
enum TimeForm: String, CaseIterable, Sendable {
    /// RFC 3339 in UTC with nine digits, as the engine writes it.
    case rfc3339
    /// Seconds since 1970 with nine digits after the point.
    case unix
    /// Whole milliseconds, microseconds, nanoseconds since 1970.
    case unixMilliseconds = "unix_ms"
    case unixMicroseconds = "unix_us"
    case unixNanoseconds = "unix_ns"

    /// Whether it is written in quotes where numbers stand without.
    var isText: Bool { self == .rfc3339 }
}

/// Writes times; the calendar is asked once a day.
struct TimeText {
    /// `2026-05-01T`, of the day below.
    private var date: [UInt8] = []
    private var day: Int64?

    private static let nanosecondsPerDay: Int64 = 86_400_000_000_000

    /// Appends a time in this form, without quotes.
    mutating func append(_ time: EngineTime, as form: TimeForm, to out: inout [UInt8]) {
        let nanoseconds = time.nanoseconds
        switch form {
        case .rfc3339: appendRFC3339(nanoseconds, to: &out)
        case .unix:
            Digits.append(floored(nanoseconds, 1_000_000_000), to: &out)
            out.append(UInt8(ascii: "."))
            let fraction = nanoseconds - floored(nanoseconds, 1_000_000_000) * 1_000_000_000
            Digits.append(UInt64(fraction), width: 9, to: &out)
        case .unixMilliseconds: Digits.append(floored(nanoseconds, 1_000_000), to: &out)
        case .unixMicroseconds: Digits.append(floored(nanoseconds, 1000), to: &out)
        case .unixNanoseconds: Digits.append(nanoseconds, to: &out)
        }
    }

    private func floored(_ value: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private mutating func appendRFC3339(_ nanoseconds: Int64, to out: inout [UInt8]) {
        let current = floored(nanoseconds, TimeText.nanosecondsPerDay)
        if current != day {
            date = Array(EngineTime(nanoseconds: nanoseconds).rfc3339.utf8.prefix(11))
            day = current
        }
        let ofDay = UInt64(bitPattern: nanoseconds &- current &* TimeText.nanosecondsPerDay)
        let (second, fraction) = ofDay.quotientAndRemainder(dividingBy: 1_000_000_000)
        out.append(contentsOf: date)
        Digits.append(second / 3600, width: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        Digits.append(second / 60 % 60, width: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        Digits.append(second % 60, width: 2, to: &out)
        out.append(UInt8(ascii: "."))
        Digits.append(fraction, width: 9, to: &out)
        out.append(UInt8(ascii: "Z"))
    }
}
