public import EngineAPI

// Logs and attachments.
extension InMemoryEngine {
    /// As the protocol has it. With `follow` the stream ends with the run that goes on, and at once where the container
    /// does not run, as Docker's does.
    public func withLogs<Result: Sendable>(
        of id: ContainerID,
        _ options: LogOptions,
        _ body: (EngineStream<[OutputFrame]>) async throws -> Result
    ) async throws -> Result {
        let (_, stream) = try open("logs", id) { output, isRunning in
            OutputReader(of: output, follows: options.follow && isRunning, options)
        }
        return try await body(stream)
    }

    /// As the protocol has it. The output ends with the run that goes on, or with the next where the container does not
    /// run.
    public func withAttachment<Result: Sendable>(
        to id: ContainerID,
        input: Bool,
        _ body: (ProcessConnection) async throws -> Result
    ) async throws -> Result {
        let (container, stream) = try open("attach", id) { output, isRunning in
            OutputReader(attachedTo: output, lastRun: output.begunRuns + (isRunning ? 0 : 1))
        }
        let connection = ProcessConnection(
            output: stream,
            write: { [self] bytes in
                try Task.checkCancellation()
                if isCrashed { throw SimulatedCrash() }
                guard input else {
                    throw EngineError(
                        .invalidRequest, call: "attach \(id)", message: "the connection was opened without input")
                }
                control { $0.containers[container]?.input += bytes }
            },
            closeInput: {})
        return try await body(connection)
    }

    private func open(
        _ verb: String, _ id: ContainerID,
        _ reader: @escaping @Sendable (ContainerOutput, _ isRunning: Bool) -> OutputReader
    ) throws -> (ContainerID, EngineStream<[OutputFrame]>) {
        let cuts = cuts
        let (container, begun) = try perform(.reading, { "\(verb) \($0.name(of: id))" }) { state in
            let container = try state.find(id)
            let isRunning = container.state == .running || container.state == .paused
            return (container.id, reader(state.outputs[container.id] ?? ContainerOutput(), isRunning))
        }
        let cursor = Cursor(begun)
        let stream = EngineStream<[OutputFrame]> { [self] in
            try await poll(since: cuts) { state in
                guard let output = state.outputs[container] else { return .done(nil) }
                return try cursor.move { try $0.next(from: output) }
            }
        }
        return (container, stream)
    }
}
