import EngineAPI
import SinkAPI

/// Output that is gone before it was read.
struct LogGap: Equatable, Sendable {
    /// Of the last line that is known before it, in nanoseconds.
    let from: Int64
    /// Of the first line after it; nil where there is none.
    let to: Int64?
    /// How many lines in between were read nevertheless; where there are some, it is not known that any are missing.
    var read = 0
    let reason: String

    static let rotated = "the engine dropped its oldest output before it was read"
    static let unchecked =
        "the engine dropped its oldest output before it could be read again; what it had left out is gone"
    static let unattached = "the container ran already when it was attached to, and its log driver cannot be read"
    static let unmatched =
        "the attachment ended, and its last lines are not in what the engine keeps; lines may be missing or come twice"
    static let removed = "the container was removed before its output could be read to its end"

    /// The notice that takes the place of the lines.
    func record(of source: LogSource, on stream: OutputStream) -> LogRecord {
        let end = EngineTime(nanoseconds: to ?? max(from, EngineTime.now().nanoseconds))
        let text =
            "log.gap from=\(EngineTime(nanoseconds: from).rfc3339) to=\(end.rfc3339) read=\(read) reason=\"\(reason)\""
        return LogRecord(
            source: source, stream: stream, time: end, line: Array(text.utf8)[...], flags: .notice, level: .warning)
    }
}
