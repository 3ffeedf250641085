package import SinkAPI

/// Where records go.
package protocol LogSink: Sendable {
    /// Says which sources are going to write, before their first record.
    func register(_ sources: [LogSource])
    /// Takes records, in order; returns when the sink has room for more. Throws when it takes no more at all.
    func write(_ records: [LogRecord]) async throws
    /// Waits until the sink takes no more, which is noticed without a write, and says why; nil when cancelled before.
    func waitForFailure() async -> OutputFailure?
}

extension LogSource {
    /// The order in which sources are listed: by service, then replica.
    package static func precedes(_ left: LogSource, _ right: LogSource) -> Bool {
        (left.service, left.number, left.label) < (right.service, right.number, right.label)
    }
}
