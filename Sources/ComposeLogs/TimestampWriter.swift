import EngineAPI

/// Writes times as engines do: RFC 3339 in UTC with nine digits. The text of the last second is kept, since neighbours
/// nearly always share it.
struct TimestampWriter {
    private static let digits = 9

    private var second: Int64?
    /// `2026-05-01T10:00:00.`
    private var text: ArraySlice<UInt8> = []

    mutating func append(_ time: EngineTime, to output: inout [UInt8]) {
        let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard remainder >= 0, quotient == second else {
            let whole = Array(time.rfc3339.utf8)
            second = remainder >= 0 ? quotient : nil
            text = whole.dropLast(TimestampWriter.digits + 1)
            output += whole
            return
        }
        output += text
        var divisor: Int64 = 100_000_000
        for _ in 0..<TimestampWriter.digits {
            output.append(UInt8(ascii: "0") + UInt8(remainder / divisor % 10))
            divisor /= 10
        }
        output.append(UInt8(ascii: "Z"))
    }
}
