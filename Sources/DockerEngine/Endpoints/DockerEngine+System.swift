public import EngineAPI

extension DockerEngine {
    /// Asks whether the engine answers; one round trip.
    public func ping() async throws -> EnginePing { try await transport.ping() }

    /// The engine's version and platform.
    public func version() async throws -> EngineVersion {
        try await transport.value(VersionBody.self, of: get("/version")).engineVersion
    }

    /// The engine's identity and set-up.
    public func info() async throws -> EngineInfo {
        try await transport.value(InfoBody.self, of: get("/info")).info
    }

    /// Follows the engine's events.
    ///
    /// Engines answer a moment before they subscribe. Where engine and client share a clock, the engine therefore
    /// replays what happened since the call was made, which closes the gap; elsewhere it is a few microseconds long.
    public func withEvents<Result: Sendable>(
        matching filter: EventFilter, since: EngineTime?,
        _ body: (EngineStream<EngineEvent>) async throws -> Result
    ) async throws -> Result {
        let begin = since ?? (transport.address.sharesClock ? EngineTime.now() : nil)
        var request = get("/events", query: begin.map { [("since", $0.unixParameter)] } ?? [])
        request.query += JSONText.filters(["type": filter.types, "label": filter.labels])
        request.deadline = transport.configuration.stream
        return try await transport.withResponse(to: request) { response in
            try await body(response.stream(JSONSequenceDecoder(EventBody.self) { $0.event }))
        }
    }
}
