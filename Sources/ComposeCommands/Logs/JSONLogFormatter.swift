import ComposeLogs
import LogSinks
import SinkAPI

/// Shows records as JSON objects, a line each. What is said about a container is for people and stays a text, which goes
/// elsewhere.
struct JSONLogFormatter: RecordFormatter {
    private var lines = JSONLines()

    mutating func register(_ source: LogSource) {}

    mutating func append(_ record: LogRecord, to output: inout [UInt8]) {
        guard record.flags.contains(.notice) else { return lines.append(record, to: &output) }
        output += record.line
        output.append(UInt8(ascii: "\n"))
    }

    mutating func append(notice: String, about source: LogSource, to output: inout [UInt8]) {
        output += "\(source.label) \(notice)\n".utf8
    }
}
