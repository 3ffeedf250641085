package import EngineAPI
package import LogProcessing
package import SinkAPI

/// How containers' output is captured.
package struct CaptureOptions: Sendable {
    /// For containers that are there at first and of which nothing was captured before: what is older is left out. Nil
    /// takes all that the engine has kept.
    package var beginning: EngineTime?
    /// The steps that a stream's records go through before they are appended; called once for each stream of a source,
    /// and once more where an audit has found something.
    package var stages: @Sendable (LogSource, OutputStream) -> [any RecordStage]
    /// Whether containers are captured for as long as they are there; else each is read once, up to its present end, and
    /// what is held back then is taken for finished.
    package var follows = true
    /// How long a stream is silent before what its steps hold back is taken for finished. It has to be longer than the
    /// time in which lines are joined.
    package var holdTime: Duration = .seconds(2)
    /// How long the removal of a container waits for its last lines: an audit takes some seconds, and an engine or a
    /// disk in trouble must not keep a stack from being replaced.
    package var tailDeadline: Duration = .seconds(10)

    /// How long a start waits for the container to be attached to: many times what an engine takes to answer.
    package var attachDeadline: Duration = .seconds(5)

    package init(
        beginning: EngineTime? = nil,
        stages: @escaping @Sendable (LogSource, OutputStream) -> [any RecordStage] = { _, _ in [] }
    ) {
        self.beginning = beginning
        self.stages = stages
    }
}

/// What was done for a container so far, and how it stands.
package struct CaptureStatus: Sendable, Equatable {
    package enum Phase: String, Sendable {
        /// Its output is followed.
        case following
        /// It does not run, and all that it wrote is durable.
        case settled
        /// The engine does not answer, or what it keeps is being read.
        case reading
    }

    package let source: LogSource
    package var phase = Phase.reading
    /// Records that were handed to the store, notices included, and their lines' bytes.
    package var records = 0
    package var bytes = 0
    /// Lines that the engine gave again.
    package var duplicates = 0
    /// Lines that the engine had left out and that were found by reading again.
    package var repaired = 0
    /// Times that lines were lost for good; each has its notice.
    package var gaps = 0
    package var audits = 0
    /// How far the last line that was followed was behind our clock.
    package var lag: Duration = .zero
}
