import EngineAPI
import SinkAPI

@testable import LogProcessing

let web = LogSource(
    container: "0123456789abcdef", name: "shop-web-1", project: "shop", service: "web", labels: ["team": "a"])
let db = LogSource(container: "fedcba9876543210", name: "shop-db-1", project: "shop", service: "db")

/// A record at so many milliseconds.
func record(
    _ line: String, at milliseconds: Int = 0, _ stream: OutputStream = .stdout, flags: LogRecord.Flags = [],
    source: LogSource = web, sequence: UInt64 = 0, level: LogLevel? = nil
) -> LogRecord {
    LogRecord(
        source: source, stream: stream, time: EngineTime(nanoseconds: Int64(milliseconds) * 1_000_000),
        line: Array(line.utf8)[...], flags: flags, sequence: sequence, level: level)
}

extension LogRecord {
    var text: String { String(decoding: line, as: UTF8.self) }
}

extension RecordStage {
    /// What comes out of a stage for records that are handed over in parts of these sizes, in turn.
    func processed(_ records: [LogRecord], cut sizes: [Int] = [.max]) -> [LogRecord] {
        var (stage, out, rest, turn) = (self, [LogRecord](), records[...], 0)
        while !rest.isEmpty {
            stage.take(Array(rest.prefix(sizes[turn % sizes.count])), into: &out)
            rest = rest.dropFirst(sizes[turn % sizes.count])
            turn += 1
        }
        stage.flush(into: &out)
        return out
    }
}

/// The same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
