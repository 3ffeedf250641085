import ComposeLogs
import EngineAPI
import SinkAPI

extension AttachedRun {
    /// Keeps the account of the run's containers, and carries out what follows from it, until the run is over.
    func coordinate(_ keeping: Keeping?, _ onAbort: @escaping @Sendable (ContainerExit) async -> Void) async {
        var account = AttachAccount(options: options, isKept: keeping.map { !$0.isLasting } ?? false)
        account.isHeld = keeping?.isLasting ?? false
        var failure: (any Error)?
        await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await self.watchEvents(saysBreaks: keeping == nil) }
            group.addTask {
                if let failure = await self.sink.waitForFailure() { await self.inbox.send(.failed(failure)) }
            }
            var hasAborted = false
            var isLooking = false
            do {
                while !account.isOver, let message = await inbox.next() {
                    var gates: [Gate] = []
                    for step in try await steps(after: message, &account) {
                        switch step {
                        case .attach(let source, let isNew, let gate):
                            sink.register([source])
                            if let gate { gates.append(gate) }
                            group.addTask { await self.attach(source, isNew: isNew, gate) }
                        case .follow(let source, let point):
                            sink.register([source])
                            group.addTask { await self.follow(source, point) }
                        case .announce(let source, let code, let restarts):
                            try await sink.write(notice: AttachedRun.notice(code, restarts: restarts), about: source)
                        }
                    }
                    if case .found = message {
                        group.addTask { [gates] in
                            for gate in gates { await gate.wait() }
                            self.didOpen()
                        }
                    }
                    if case .looked = message { isLooking = false }
                    if account.isQuiet, !account.isOver, !isLooking {
                        isLooking = true
                        group.addTask { [starts = account.starts] in await self.look(starts) }
                    }
                    if let cause = account.abortCause, !hasAborted {
                        hasAborted = true
                        group.addTask { await onAbort(cause) }
                    }
                }
            } catch {
                failure = error
            }
            // Not before the children are cancelled would they stop sending.
            inbox.finish()
        }
        finish(account.exits, failure)
    }

    private func steps(after message: Message, _ account: inout AttachAccount) async throws -> [AttachAccount.Step] {
        switch message {
        case .found(let containers):
            let steps = try await steps(afterEndsOf: account.missedEnds(containers), &account)
            if account.isNew {
                didFindRunning(Set(containers.filter(\.state.isRunning).map(\.source.container)))
            }
            return steps + account.found(containers)
        case .event(let event): return try await steps(after: event, &account)
        case .willStart(let source, let gate): return account.willStart(source, gate)
        case .willStartHook(let source, let gate): return account.willStartHook(source, gate)
        case .attachmentEnded(let source, let point, let isBroken):
            return account.attachmentEnded(source, at: point, isBroken: isBroken)
        case .streamEnded(let source, let point):
            return account.streamEnded(source, at: point, isBroken: false)
        case .applied: account.applied(await listIfReachable())
        case .hold: account.isHeld = true
        case .kept(let leftEnded): account.kept(leftEnded)
        case .detach:
            let containers = await listIfReachable()
            // The engine may have said that one was stopped before it said that it would not start it again.
            let ended = containers.isEmpty ? [] : account.missedEnds(containers).filter(account.isRestarting)
            let steps = try await steps(afterEndsOf: ended, &account)
            account.detach(containers)
            return steps
        case .looked(let containers, let starts):
            guard let containers, starts == account.starts else { break }
            return account.looked(at: containers)
        case .failed(let error): throw error
        }
        return []
    }

    /// Takes note of ends that no event has told of.
    private func steps(afterEndsOf sources: [LogSource], _ account: inout AttachAccount) async throws -> [AttachAccount
        .Step]
    {
        var steps: [AttachAccount.Step] = []
        for source in sources {
            let details = try await details(of: source)
            steps += account.died(
                source, code: details?.exitCode, restarts: false, at: details?.finishedAt, run: details?.startedAt,
                isFound: true)
        }
        return steps
    }

    private func steps(after event: EngineEvent, _ account: inout AttachAccount) async throws -> [AttachAccount.Step] {
        guard let source = selection.source(of: event) else { return [] }
        account.happened(event.action)
        switch event.action {
        case "start": return account.started(source)
        case "die":
            // Only the engine knows whether it is going to start the container again.
            let details = try await details(of: source)
            return account.died(
                source, code: event.attributes["exitCode"].flatMap(Int.init),
                restarts: details?.state.isRunning ?? false, at: event.time, run: details?.startedAt)
        case "stop" where account.isRestarting(source):
            // No process ended, as none ran yet again.
            guard let details = try await details(of: source), !details.state.isRunning else { return [] }
            return account.died(
                source, code: details.exitCode, restarts: false, at: details.finishedAt, run: details.startedAt)
        case "destroy": return account.destroyed(source)
        default: return []
        }
    }

    /// nil where the container has gone. Asks until the engine answers.
    private func details(of source: LogSource) async throws -> ContainerDetails? {
        var backoff = Backoff()
        while true {
            do {
                return try await engine.container(source.container)
            } catch let error as EngineError where error.code == .notFound {
                return nil
            } catch let error as EngineError where error.isConnectionFailure {
                try await clock.sleep(for: backoff.next())
            }
        }
    }

    /// The project's containers; none where the engine does not answer, which is found again when its events are
    /// followed again.
    private func listIfReachable() async -> [(source: LogSource, state: ContainerState)] {
        (try? await selection.list(on: engine)) ?? []
    }

    private func look(_ starts: Int) async {
        guard (try? await clock.sleep(for: Succession.grace)) != nil else { return }
        await inbox.send(.looked(try? await selection.list(on: engine), starts: starts))
    }

    private func watchEvents(saysBreaks: Bool) async {
        do {
            try await EventFeed(engine: engine, filter: selection.events, clock: clock).run { error in
                // A keeper says it too.
                if saysBreaks { warn("The connection to the engine broke (\(error)); trying again.") }
            } _: { notice in
                switch notice {
                case .opened: await inbox.send(.found(try await selection.list(on: engine)))
                case .event(let event): await inbox.send(.event(event))
                }
            }
        } catch {
            await inbox.send(.failed(error))
        }
    }

    private func attach(_ source: LogSource, isNew: Bool, _ gate: Gate?) async {
        defer { gate?.open() }
        var seen = AttachedOutput(isNew: isNew)
        var isBroken = false
        do {
            try await engine.withAttachment(to: source.container, input: false) { connection in
                gate?.open()
                var assembler = LineAssembler(source: source, hasTimes: false)
                for try await frames in connection.output {
                    let records = assembler.take(frames)
                    try await sink.write(records)
                    seen.count(records)
                }
                try await sink.write(assembler.finish())
            }
        } catch let error as EngineError {
            isBroken = error.isConnectionFailure
            if error.code != .notFound, !isBroken { warn("Cannot show the output of \(source.label): \(error)") }
        } catch is CancellationError {
            return
        } catch {
            await inbox.send(.failed(error))
            return
        }
        await inbox.send(.attachmentEnded(source, seen.resumePoint, isBroken: isBroken))
    }

    private func follow(_ source: LogSource, _ beginning: ResumePoint) async {
        var point = beginning
        do {
            _ = try await LogFollower(engine: engine, sink: sink, clock: clock).follow(source, from: &point)
        } catch let error as EngineError {
            warn("Cannot show the output of \(source.label): \(error)")
        } catch is CancellationError {
            return
        } catch {
            await inbox.send(.failed(error))
            return
        }
        await inbox.send(.streamEnded(source, point))
    }

    private static func notice(_ code: Int?, restarts: Bool) -> String {
        guard let code else { return "has gone" }
        return "exited with code \(code)" + (restarts ? " (restarting)" : "")
    }
}

/// What was seen of an output without times, so that reading can go on from what the engine keeps.
private struct AttachedOutput {
    private let isNew: Bool
    private var lines: [OutputStream: Int] = [:]
    private var last = EngineTime.now()

    init(isNew: Bool) { self.isNew = isNew }

    mutating func count(_ records: [LogRecord]) {
        if isNew {
            for record in records { lines[record.stream, default: 0] += 1 }
        } else if !records.isEmpty {
            last = .now()
        }
    }

    /// Of a container that never ran before everything is counted. Of another one only our own clock tells where the
    /// reading stood, which comes near enough where the engine is on the same host.
    var resumePoint: ResumePoint { isNew ? ResumePoint(skipping: lines) : ResumePoint(floor: last) }
}
