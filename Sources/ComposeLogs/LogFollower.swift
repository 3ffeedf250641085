package import EngineAPI

/// Reads a container's kept output and what it writes after that, until it stops running.
package struct LogFollower: Sendable {
    private let engine: any ContainerEngine
    private let sink: any LogSink
    private let clock: any Clock<Duration>

    package init(engine: any ContainerEngine, sink: any LogSink, clock: any Clock<Duration>) {
        self.engine = engine
        self.sink = sink
        self.clock = clock
    }

    /// Follows `source` from `point` on, across broken connections.
    ///
    /// - Returns: when the container does not run any more or is gone; `point` then is where the next reading begins.
    /// - Throws: what the engine refuses, as where the container's log driver cannot be read; what the sink throws.
    package func follow(_ source: LogSource, from point: inout ResumePoint) async throws {
        var backoff = Backoff()
        while true {
            let before = point
            let isWhole = try await readUnlessBroken(source, &point)
            do {
                let details = try await engine.container(source.container)
                if isWhole { point.endRun(at: details.finishedAt ?? details.startedAt) }
                guard details.state == .running || details.state == .paused || !isWhole else { return }
            } catch let error as EngineError where error.code == .notFound {
                return
            } catch let error as EngineError where error.isConnectionFailure {
                // Tried again below.
            }
            if point != before { backoff.reset() }
            // Where the container was restarted, its next lines are there already.
            if !isWhole || point == before { try await clock.sleep(for: backoff.next()) }
        }
    }

    /// False where the connection broke, so that there may be more.
    private func readUnlessBroken(_ source: LogSource, _ point: inout ResumePoint) async throws -> Bool {
        do {
            try await read(source, &point, follow: true)
            return true
        } catch let error as EngineError where error.code == .notFound {
            return true
        } catch let error as EngineError where error.isConnectionFailure {
            return false
        }
    }

    /// Reads from `point` to the end of what there is.
    package func read(_ source: LogSource, _ point: inout ResumePoint, follow: Bool) async throws {
        point.begin()
        var resumed = point
        defer { point = resumed }
        try await engine.withLogs(of: source.container, point.options(follow: follow)) { stream in
            var assembler = LineAssembler(source: source, hasTimes: true)
            for try await frames in stream {
                try await deliver(assembler.take(frames), &resumed)
            }
            try await deliver(assembler.finish(), &resumed)
        }
    }

    private func deliver(_ records: [LogRecord], _ point: inout ResumePoint) async throws {
        let new = records.filter { point.admits($0) }
        if !new.isEmpty { try await sink.write(new) }
    }
}

extension EngineError {
    /// Whether the engine could not be reached, rather than refused.
    package var isConnectionFailure: Bool { code == .disconnected || code == .unreachable || code == .timedOut }
}
