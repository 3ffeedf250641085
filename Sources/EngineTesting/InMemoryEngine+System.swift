public import EngineAPI

extension InMemoryEngine {
    /// Asks whether the engine answers, and which API it speaks.
    public func ping() async throws -> EnginePing {
        try perform(.reading, { _ in "ping" }) { [apiVersion] _ in
            EnginePing(apiVersion: apiVersion, newestAPIVersion: apiVersion)
        }
    }

    /// The engine's version and platform.
    public func version() async throws -> EngineVersion {
        try perform(.reading, { _ in "version" }) { [apiVersion] _ in
            EngineVersion(
                version: "memory", apiVersion: apiVersion.description, minimumAPIVersion: apiVersion.description,
                operatingSystem: "linux", architecture: "amd64")
        }
    }

    /// The engine's identity and set-up; slower than ``ping()``.
    public func info() async throws -> EngineInfo {
        try perform(.reading, { _ in "info" }) { _ in
            EngineInfo(
                id: "in-memory-engine", name: "memory", version: "memory", processors: 1, memory: 1 << 30,
                storageDriver: "memory", defaultLogDriver: "json-file")
        }
    }

    /// Follows the engine's events. The subscription is in force when `body` begins, so nothing that happens after is
    /// missed. `since` replays kept events from that instant.
    public func withEvents<Result: Sendable>(
        matching filter: EventFilter,
        since: EngineTime?,
        _ body: (EngineStream<EngineEvent>) async throws -> Result
    ) async throws -> Result {
        let cuts = cuts
        let cursor = try perform(.reading, { _ in "events" }) { state in
            guard let since else { return Cursor(state.events.end) }
            let replayed = state.events.elements.suffix(EngineState.replayedEvents).filter { $0.time >= since }
            return Cursor(state.events.end - replayed.count)
        }
        let stream = EngineStream<EngineEvent> { [self] in
            try await poll(since: cuts) { state in
                try cursor.move { position in
                    guard let events = state.events.suffix(from: position) else {
                        throw EngineError(
                            .disconnected, call: "events",
                            message: "the reader fell more than \(EngineState.bufferedEvents) events behind")
                    }
                    guard let index = events.firstIndex(where: filter.matches) else {
                        position += events.count
                        return .wait
                    }
                    position += index - events.startIndex + 1
                    return .done(events[index])
                }
            }
        }
        return try await body(stream)
    }
}

extension EventFilter {
    fileprivate func matches(_ event: EngineEvent) -> Bool {
        (types.isEmpty || types.contains(event.type))
            && labels.allSatisfy { hasLabel($0, in: event.attributes) }
    }
}
