package import EngineAPI

/// Follows the engine's events across broken connections.
package struct EventFeed: Sendable {
    package enum Notice: Sendable {
        /// The events are followed from here on. What happened before, or while the connection was broken, is to be
        /// found by listing; it may be announced by an event as well.
        case opened
        case event(EngineEvent)
    }

    private let engine: any ContainerEngine
    private let filter: EventFilter
    private let clock: any Clock<Duration>

    package init(engine: any ContainerEngine, filter: EventFilter, clock: any Clock<Duration>) {
        self.engine = engine
        self.filter = filter
        self.clock = clock
    }

    /// Runs until cancelled, or until `take` answers false. Throws what the first connection, or `take` of its
    /// opening, throws; later an `EngineError` of either makes another connection, after `broken` was told why.
    package func run(
        broken: (any Error) async -> Void, _ take: (Notice) async throws -> Bool
    ) async throws {
        var backoff = Backoff()
        var wasOpened = false
        var last: EngineTime?
        // Events with the last time, which are replayed when the events are followed again from there.
        var recent: [EngineEvent] = []
        while true {
            do {
                let goesOn = try await engine.withEvents(matching: filter, since: last) { events in
                    guard try await take(.opened) else { return false }
                    wasOpened = true
                    backoff.reset()
                    for try await event in events {
                        if recent.contains(event) { continue }
                        if event.time != last { recent = [] }
                        recent.append(event)
                        last = event.time
                        guard try await take(.event(event)) else { return false }
                    }
                    return true
                }
                guard goesOn else { return }
            } catch {
                try Task.checkCancellation()
                guard wasOpened, error is EngineError else { throw error }
                await broken(error)
            }
            try await clock.sleep(for: backoff.next())
        }
    }
}
