import EngineAPI
import LogSpool
import SinkAPI

/// What a sink is sent in the place of records that the spool does not have any more.
enum GapNotice {
    /// Stands for all containers.
    static let container: ContainerID = "gantry-spool"

    /// - Parameters:
    ///   - before: the last record before the gap, as far as it is known.
    ///   - after: the first one behind it.
    /// - Returns: a notice at the gap's last position, which no record has.
    static func record(for gap: SpoolGap, before: LogRecord?, after: LogRecord?, now: EngineTime) -> LogRecord {
        let reason =
            switch gap.cause {
            case .dropped: "the spool was full and made room"
            case .damaged: "the spool's disk did not give them back"
            }
        let from = before.map { " from=\($0.time.rfc3339)" } ?? ""
        let to = after.map { " to=\($0.time.rfc3339)" } ?? ""
        let line = "log.gap\(from)\(to) lost=\(gap.count) reason=\"\(reason)\""
        // Nobody knows whose they were.
        let source = LogSource(
            container: container, name: "gantry", project: (after ?? before)?.source.project, service: "gantry")
        return LogRecord(
            source: source, stream: .stderr, time: (after ?? before)?.time ?? now, line: Array(line.utf8)[...],
            flags: .notice, sequence: gap.range.upperBound)
    }
}
