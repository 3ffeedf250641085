import EngineAPI

/// Reads the times that an engine puts before log lines.
///
/// Docker writes thirty bytes with nine fractional digits in UTC; Podman may write fewer digits and a numeric offset.
/// The minute of the last time is kept, since its neighbours nearly always share it.
struct TimestampReader {
    /// `2024-01-01T00:00:00.000000000Z`.
    static let fixedLength = 30
    /// The longest form there is: nine digits and a numeric offset.
    private static let longest = 35
    private static let minuteLength = 16

    /// The last one's text, two times eight bytes.
    private var minute: (UInt64, UInt64)?
    private var minuteNanoseconds: Int64 = 0

    /// The time at the beginning of `bytes`, and where the text after the following space begins; nil where `bytes` do
    /// not begin with a time and a space.
    mutating func read(_ bytes: ArraySlice<UInt8>) -> (time: EngineTime, end: Int)? {
        let fixed = bytes.withUnsafeBytes { readFixed($0) }
        if let fixed { return (fixed, bytes.startIndex + TimestampReader.fixedLength + 1) }
        guard let space = bytes.prefix(TimestampReader.longest + 1).firstIndex(of: UInt8(ascii: " ")),
            let time = EngineTime(rfc3339: bytes[..<space])
        else { return nil }
        return (time, space + 1)
    }

    /// The time at the beginning, where it has Docker's form and a space behind it.
    mutating func readFixed(_ text: UnsafeRawBufferPointer) -> EngineTime? {
        guard text.count > TimestampReader.fixedLength, text[30] == UInt8(ascii: " "), text[29] == UInt8(ascii: "Z"),
            text[16] == UInt8(ascii: ":"), text[19] == UInt8(ascii: "."),
            let seconds = TimestampReader.number(text, 17..<19), let fraction = TimestampReader.number(text, 20..<29)
        else { return nil }
        let prefix = (
            text.loadUnaligned(as: UInt64.self), text.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        )
        if minute.map({ $0 != prefix }) ?? true {
            let whole = Array(text[..<TimestampReader.minuteLength]) + Array(":00Z".utf8)
            guard let base = EngineTime(rfc3339: whole[...]) else { return nil }
            minute = prefix
            minuteNanoseconds = base.nanoseconds
        }
        return EngineTime(nanoseconds: minuteNanoseconds + seconds * 1_000_000_000 + fraction)
    }

    private static func number(_ text: UnsafeRawBufferPointer, _ place: Range<Int>) -> Int64? {
        var value: Int64 = 0
        for position in place {
            let digit = text[position] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }
}
