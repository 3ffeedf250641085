import EngineAPI
import SinkAPI

/// Records for these tests.
enum Sample {
    static let web = LogSource(
        container: "0123456789abcdef0123", name: "shop-web-1", project: "shop", service: "web", number: 1,
        image: "nginx:1", labels: ["team": "café"])
    static let db = LogSource(container: "fedcba9876543210fedc", name: "db", service: "db")

    /// Of `web` and `db`, both streams, times that rise by a microsecond.
    static func record(_ sequence: UInt64, _ line: [UInt8]) -> LogRecord {
        LogRecord(
            source: sequence % 3 == 0 ? db : web, stream: sequence % 2 == 0 ? .stdout : .stderr,
            time: EngineTime(nanoseconds: 1_767_225_600_000_000_000 + Int64(sequence) * 1000), line: line[...],
            sequence: sequence, level: sequence % 5 == 0 ? nil : LogLevel(rawValue: UInt8(sequence % 8)))
    }

    static func batch(_ range: ClosedRange<UInt64>, line: (UInt64) -> String = { "line \($0)" }) -> RecordBatch {
        RecordBatch(epoch: "5f3c9a1e", records: range.map { record($0, Array(line($0).utf8)) }, range: range)
    }

    static func batch(lines: [[UInt8]]) -> RecordBatch {
        let records = lines.enumerated().map { record(UInt64($0.offset + 1), $0.element) }
        return RecordBatch(epoch: "5f3c9a1e", records: records, range: 1...UInt64(lines.count))
    }
}
