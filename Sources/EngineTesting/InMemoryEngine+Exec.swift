public import EngineAPI

extension InMemoryEngine {
    /// Prepares a process in a running container.
    public func createExec(_ spec: ExecSpec, in id: ContainerID) async throws -> ExecID {
        try perform(
            .executing, { "prepare exec \($0.name(of: id)) \(spec.command.joined(separator: " "))" }
        ) { try $0.createExec(spec, in: id) }
    }

    /// Runs the process to its end before `body` begins, unless it is endless; what is sent to it is dropped.
    public func withExec<Result: Sendable>(
        _ id: ExecID,
        terminal: Bool,
        _ body: (ProcessConnection) async throws -> Result
    ) async throws -> Result {
        let frames = try perform(.executing, { "exec \($0.describe(id))" }) { try $0.runExec(id) }
        let cuts = cuts
        let connection = ProcessConnection(
            output: stream(frames.isEmpty ? [] : [frames]) { [self] in
                try await poll(since: cuts) { state in
                    state.execs[id]?.isRunning == true ? .wait : .done(())
                }
            }, write: { _ in }, closeInput: {})
        return try await body(connection)
    }

    /// How a started process stands.
    public func exec(_ id: ExecID) async throws -> ExecDetails {
        try perform(.reading, { "inspect exec \($0.describe(id))" }) { state in
            let exec = try state.findExec(id)
            return ExecDetails(running: exec.isRunning, exitCode: exec.exitCode)
        }
    }

    /// A stream of what is known already, which ends when `end` returns.
    func stream<Element: Sendable>(
        _ elements: [Element], endingAfter end: @escaping @Sendable () async throws -> Void = {}
    ) -> EngineStream<Element> {
        let cursor = Cursor(0)
        return EngineStream { [self] in
            try Task.checkCancellation()
            if isCrashed { throw SimulatedCrash() }
            let next: Element? = try cursor.move { position in
                guard position < elements.count else { return nil }
                position += 1
                return elements[position - 1]
            }
            if next == nil { try await end() }
            return next
        }
    }
}

extension EngineState {
    fileprivate func describe(_ id: ExecID) -> String {
        guard let exec = execs[id] else { return id.rawValue }
        return "\(name(of: exec.container)) \(exec.command.joined(separator: " "))"
    }
}
