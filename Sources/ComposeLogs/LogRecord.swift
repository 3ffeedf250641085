package import EngineAPI

/// A container, as the source of log lines.
///
/// A class, so that a record names its source for the price of one reference.
package final class LogSource: Sendable, Equatable {
    package let container: ContainerID
    package let service: String
    /// The replica's number within its service.
    package let number: Int
    /// What a reader sees: the container's name without the project's, such as `web-1`.
    package let label: String

    package init(container: ContainerID, service: String, number: Int, label: String) {
        self.container = container
        self.service = service
        self.number = number
        self.label = label
    }

    /// Whether both are the same container.
    package static func == (left: LogSource, right: LogSource) -> Bool { left.container == right.container }

    /// The order in which sources are listed: by service, then replica.
    package static func precedes(_ left: LogSource, _ right: LogSource) -> Bool {
        (left.service, left.number, left.label) < (right.service, right.number, right.label)
    }
}

/// One line that a container wrote.
package struct LogRecord: Sendable, Equatable {
    package let source: LogSource
    package let stream: OutputStream
    /// The engine's time of the line's first byte; nil where the engine was not asked for times.
    package let time: EngineTime?
    /// The line's bytes as they were written, without the newline and without a carriage return before it.
    package let line: ArraySlice<UInt8>
    /// Whether the line goes on in the next record of this source and stream, because it is longer than
    /// ``LineAssembler/longestLine``.
    package let isPartial: Bool

    package init(
        source: LogSource, stream: OutputStream, time: EngineTime? = nil, line: ArraySlice<UInt8>,
        isPartial: Bool = false
    ) {
        self.source = source
        self.stream = stream
        self.time = time
        self.line = line
        self.isPartial = isPartial
    }
}

/// Where records go.
package protocol LogSink: Sendable {
    /// Says which sources are going to write, before their first record.
    func register(_ sources: [LogSource])
    /// Takes records, in order; returns when the sink has room for more. Throws when it takes no more at all.
    func write(_ records: [LogRecord]) async throws
    /// Waits until the sink takes no more, which is noticed without a write, and says why; nil when cancelled before.
    func waitForFailure() async -> OutputFailure?
}
