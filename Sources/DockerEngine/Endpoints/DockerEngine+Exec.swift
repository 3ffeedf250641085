public import EngineAPI

extension DockerEngine {
    /// Prepares a process in a running container.
    public func createExec(_ spec: ExecSpec, in id: ContainerID) async throws -> ExecID {
        let request = post("\(path(id))/exec", json: ExecCreateBody(spec))
        return ExecID(try await transport.value(CreatedBody.self, of: request).id)
    }

    /// Starts a prepared process and connects to it.
    public func withExec<Result: Sendable>(
        _ id: ExecID, terminal: Bool,
        _ body: (ProcessConnection) async throws -> Result
    ) async throws -> Result {
        var request = post("\(path(id))/start", json: ExecStartBody(terminal: terminal))
        request.deadline = transport.configuration.stream
        request.takesOver = true
        request.acceptedStatuses = [101]
        return try await transport.withResponse(to: request) { response in
            try await body(response.process(terminal ? .raw : .multiplexed))
        }
    }

    /// How a started process stands.
    public func exec(_ id: ExecID) async throws -> ExecDetails {
        try await transport.value(ExecInspectBody.self, of: get("\(path(id))/json")).details
    }

    private func path(_ id: ExecID) -> String { "/exec/\(URLText.component(id.rawValue))" }
}
