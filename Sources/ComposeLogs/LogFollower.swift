package import EngineAPI
package import SinkAPI

/// Reads a container's kept output and what it writes after that, until it stops running.
package struct LogFollower: Sendable {
    private let engine: any ContainerEndpoints
    private let sink: any LogSink
    private let clock: any Clock<Duration>
    private let view: LogView

    package init(
        engine: any ContainerEndpoints, sink: any LogSink, clock: any Clock<Duration>, view: LogView = LogView()
    ) {
        self.engine = engine
        self.sink = sink
        self.clock = clock
        self.view = view
    }

    /// Follows `source` from `point` on, across broken connections, until the container does not run any more or is
    /// gone; `point` then is where the next reading begins.
    ///
    /// - Returns: whether the engine is about to start the container again.
    /// - Throws: what the engine refuses, as where the container's log driver cannot be read; what the sink throws.
    package func follow(_ source: LogSource, from point: inout ResumePoint) async throws -> Bool {
        var backoff = Backoff()
        var wasFollowed = false
        var sieve = view.query.map { LogSieve($0) }
        while true {
            let before = point
            do {
                let details = try await engine.container(source.container)
                if wasFollowed { point.endRun(at: details.finishedAt ?? details.startedAt) }
                // An engine may end a followed output before its last lines; what it keeps of a container that does
                // not run is whole, so only that is the last reading.
                let isRunning = details.state == .running || details.state == .paused
                wasFollowed = false
                try await read(source, &point, &sieve, follow: isRunning)
                guard isRunning else {
                    point.endRun(at: details.finishedAt ?? details.startedAt)
                    return details.state == .restarting
                }
                wasFollowed = true
                // Where the container was restarted, its next lines are there already.
                if point != before {
                    backoff.reset()
                    continue
                }
            } catch let error as EngineError where error.code == .notFound || error.code == .conflict {
                // It has gone, or is being removed.
                return false
            } catch let error as EngineError where error.isConnectionFailure {
                if point != before { backoff.reset() }
            }
            try await clock.sleep(for: backoff.next())
        }
    }

    /// Reads from `point` to the end of what there is.
    private func read(
        _ source: LogSource, _ point: inout ResumePoint, _ sieve: inout LogSieve?, follow: Bool
    ) async throws {
        point.begin()
        var resumed = point
        var sieved = sieve
        defer { (point, sieve) = (resumed, sieved) }
        try await engine.withLogs(of: source.container, point.options(follow: follow)) { stream in
            var assembler = LineAssembler(source: source, hasTimes: true, keepsReturns: view.isExact)
            for try await frames in stream {
                try await deliver(assembler.take(frames), &resumed, &sieved)
            }
            // An unfinished line of a followed output is read again as a whole.
            if !follow { try await deliver(assembler.finish(), &resumed, &sieved) }
        }
    }

    private func deliver(
        _ records: [LogRecord], _ point: inout ResumePoint, _ sieve: inout LogSieve?
    ) async throws {
        let new = records.filter { point.admits($0) }
        let shown = sieve?.take(new) ?? new
        if !shown.isEmpty { try await sink.write(shown) }
    }
}

extension EngineError {
    /// Whether the engine could not be reached, rather than refused.
    package var isConnectionFailure: Bool { code == .disconnected || code == .unreachable || code == .timedOut }
}
