import EngineAPI
import LogSpool
import SinkAPI

/// What tells a line from the others of its container: its stream, the engine's time, its bytes, and which part of an
/// endless line it is. Reading the line again gives the same.
enum LineIdentity {
    static func of(_ record: LogRecord, part: UInt32) -> UInt64 {
        let bytes = record.line.withUnsafeBytes(RecordIdentity.hash)
        let stream: UInt64 = record.stream == .stdout ? 0 : 1
        // Odd numbers without a pattern, the golden ratio's fraction and its square's: each fact moves all bits.
        var state = bytes ^ UInt64(bitPattern: record.time.nanoseconds) &* 0x9E37_79B9_7F4A_7C15
        state ^= (UInt64(part) << 1 | stream) &* 0xD1B5_4A32_D192_ED03
        state = (state ^ state >> 32) &* 0x9E37_79B9_7F4A_7C15
        return state ^ state >> 29
    }
}
