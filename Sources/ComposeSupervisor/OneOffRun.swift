import ComposeExecutor
package import ComposeLogs
package import ComposePlanner
package import EngineAPI

/// Runs a one-off container: `gantry run`.
package struct OneOffRun: Sendable {
    /// What follows on a signal, one after the other.
    package enum Answer: Sendable { case handOn, stop, kill, leave }

    private let engine: any ContainerEngine
    private let container: OneOff
    private let output: TerminalWriter
    private let announce: @Sendable (Answer) -> Void
    private let leave: @Sendable (_ exitCode: Int) -> Void

    /// - Parameters:
    ///   - output: takes what it writes, byte by byte.
    ///   - announce: is told what a signal brings about, so that it can be said; must return at once.
    ///   - leave: ends the process with this exit code, when nothing else helps.
    package init(
        engine: any ContainerEngine, container: OneOff, output: TerminalWriter,
        announce: @escaping @Sendable (Answer) -> Void = { _ in }, leave: @escaping @Sendable (_ exitCode: Int) -> Void
    ) {
        self.engine = engine
        self.container = container
        self.output = output
        self.announce = announce
        self.leave = leave
    }

    /// Creates and starts it. What fails leaves nothing behind.
    package func detached() async throws -> ContainerID {
        let id = try await create()
        do {
            try await start(id)
            return id
        } catch {
            await remove(id)
            throw error
        }
    }

    /// Runs it to its end, attached from before its start. The first of `signals` is handed to it, the second stops it,
    /// the third kills it, and the next one leaves it as it is.
    ///
    /// - Returns: its exit code.
    /// - Throws: `OutputFailure.closed` where nobody takes what it writes, after it was stopped. Any other error leaves
    ///   nothing of it, as far as the engine can be reached.
    package func attached(signals: AsyncStream<Signal>) async throws -> Int {
        let id = try await create()
        // Followed from before the start, so that neither output nor end is missed; once it has ended and is removed the
        // engine knows nothing of it any more.
        let filter = EventFilter(types: ["container"], labels: ["\(ComposeLabels.slug)=\(slug)"])
        do {
            return try await engine.withAttachment(to: id, input: false) { connection in
                try await engine.withEvents(matching: filter, since: nil) { events in
                    try await start(id)
                    return try await follow(id, connection.output, events, signals)
                }
            }
        } catch {
            try? await engine.stopContainer(id, timeout: nil)
            // A reader that has seen enough is a normal end.
            if error as? OutputFailure != .closed { await remove(id) }
            throw error
        }
    }

    /// Also for a task that is cancelled.
    private func remove(_ id: ContainerID) async {
        await Task { try? await engine.removeContainer(id, force: true, anonymousVolumes: true) }.value
    }

    private var slug: String { container.spec.labels[ComposeLabels.slug] ?? "" }

    private func create() async throws -> ContainerID {
        do {
            return try await engine.createContainer(container.spec, name: container.name)
        } catch let error as EngineError {
            throw NotRun(what: "create container \(container.name)", error: error)
        }
    }

    private func start(_ id: ContainerID) async throws {
        do {
            try await engine.upload(container.files, to: id)
            try await engine.startContainer(id)
        } catch let error as EngineError {
            throw NotRun(what: "start container \(container.name)", error: error)
        }
    }

    private func follow(
        _ id: ContainerID, _ frames: EngineStream<[OutputFrame]>, _ events: EngineStream<EngineEvent>,
        _ signals: AsyncStream<Signal>
    ) async throws -> Int {
        try await withThrowingTaskGroup(of: End.self) { group in
            group.addTask {
                try await show(frames)
                return .output
            }
            group.addTask { .process(code: try await exitCode(of: id, events)) }
            group.addTask {
                await pass(signals, to: id)
                return .watch
            }
            group.addTask {
                if let failure = await output.waitForFailure() { throw failure }
                return .watch
            }
            defer { group.cancelAll() }
            var code: Int?
            var isShown = false
            while let end = try await group.next() {
                switch end {
                case .output: isShown = true
                case .process(let exitCode): code = exitCode
                case .watch: break
                }
                if let code, isShown { return code }
            }
            throw CancellationError()
        }
    }

    /// What has come to its end.
    private enum End: Sendable {
        case output
        case process(code: Int)
        /// Something that only lasts as long as the others.
        case watch
    }

    private func show(_ frames: EngineStream<[OutputFrame]>) async throws {
        for try await batch in frames {
            for frame in batch { try await output.write(Array(frame.bytes), lines: 1, to: frame.stream) }
        }
        try await output.flush()
    }

    private func exitCode(of id: ContainerID, _ events: EngineStream<EngineEvent>) async throws -> Int {
        var code: Int?
        for try await event in events {
            if event.action == "die" { code = event.attributes["exitCode"].flatMap(Int.init) }
            guard let code else { continue }
            if container.spec.autoRemove {
                // Who runs the next one of this name expects it to be free.
                if event.action == "destroy" { return code }
            } else {
                // The engine tells of the end before its list does, and answers this when it does.
                return (try? await engine.container(id).exitCode) ?? code
            }
        }
        if let code { return code }
        return try await engine.waitContainer(id)
    }

    private func pass(_ signals: AsyncStream<Signal>, to id: ContainerID) async {
        await withDiscardingTaskGroup { group in
            var count = 0
            for await signal in signals where signal != .windowChange {
                count += 1
                switch count {
                case 1:
                    announce(.handOn)
                    // Refused where it does not run any more, and then its end is what is waited for.
                    group.addTask { try? await engine.killContainer(id, signal: signal.name) }
                case 2:
                    announce(.stop)
                    group.addTask { try? await engine.stopContainer(id, timeout: nil) }
                case 3:
                    announce(.kill)
                    group.addTask { try? await engine.killContainer(id, signal: "SIGKILL") }
                default:
                    announce(.leave)
                    leave(signal.exitCode)
                }
            }
        }
    }
}

extension Signal {
    /// As engines know it.
    fileprivate var name: String {
        switch self {
        case .interrupt: "SIGINT"
        case .terminate: "SIGTERM"
        case .hangup: "SIGHUP"
        case .windowChange: "SIGWINCH"
        }
    }
}

/// Why a one-off container does not run. Nothing of it is left.
package struct NotRun: Error, CustomStringConvertible {
    let what: String
    let error: EngineError
    package var description: String {
        "Could not \(what): \(error.message)" + (error.message.hasSuffix(".") ? "" : ".")
    }
}
