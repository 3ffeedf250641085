import ComposeExecutor
import ComposeLogs
import ComposeModel
import ComposePlanner
import EngineAPI
import SinkAPI

// Carrying out what was decided.
extension Supervisor {
    /// Does at once what changes nothing that others could be at.
    ///
    /// - Parameter wanted: whether those that are started after a delay were wanted when it began.
    /// - Returns: what has to wait its turn.
    func carryOut(_ actions: [SupervisionAccount.Action], _ wanted: [ContainerID: Bool]) async throws -> [Act] {
        var acts: [Act] = []
        for action in actions {
            switch action {
            case .takeOver(let source): try await takeOver(source)
            case .say(let source, let text, let detail): await say(source, text, detail)
            case .start(let source, let cause):
                acts.append(.start(source, cause: cause, evenUnwanted: wanted[source.container] == false))
            case .restart(let source, let cause): acts.append(.restart(source, cause: cause))
            case .stop(let source, let cause): acts.append(.stop(source, cause: cause))
            case .repair: acts.append(.repair)
            }
        }
        return acts
    }

    private func takeOver(_ source: LogSource) async throws {
        do {
            if isComingUp, let policy = try await engine.container(source.container).restartPolicy {
                noteTakeover(of: source.container, from: policy)
            }
            try await engine.updateContainer(source.container, restartPolicy: RestartTakeover.policy)
        } catch let error as EngineError {
            // One that has gone needs nothing, and after a broken connection everything is looked at again.
            guard error.code != .notFound, !error.isConnectionFailure else { return }
            say(source, "is restarted by the engine, without the delay and window that its file asks for: \(error)")
        }
    }

    /// Carries out one change and reports its end.
    func perform(_ act: Act, resting: Set<ContainerID>) async {
        do {
            switch act {
            case .start(let source, _, let evenUnwanted):
                try await start(source, ifWanted: evenUnwanted ? nil : source.container)
            case .restart(let source, let cause):
                say(source, "\(cause).")
                try await stop(source)
                try await start(source)
            case .stop(let source, _): try await stop(source)
            case .repair: try await repair(resting)
            case .reload: try await reload(resting)
            }
            await inbox.send(.acted(act, .done))
        } catch is TakenDown {
            await inbox.send(.acted(act, .takenDown))
        } catch is NotWanted {
            await inbox.send(.acted(act, .unwanted))
        } catch {
            await inbox.send(.acted(act, .failed))
        }
    }

    private func stop(_ source: LogSource) async throws {
        guard let left = await stopper.stop([source.container], releasing: false).first else { return }
        say(source, "could not be stopped: \(left.reason)")
        throw NotStopped()
    }

    private func start(_ source: LogSource, ifWanted wanted: ContainerID? = nil) async throws {
        if isComingUp {
            // The project is the transaction's, which waits for this.
            guard mayStart else { throw NotWanted() }
            return try await engine.startContainer(source.container)
        }
        var options = UpOptions()
        options.services = [source.service]
        options.onlyStart = true
        options.withoutDependencies = true
        try await target.apply(project, options, command: "start", ifWanted: wanted) {
            $0.only(source.container)
        }
    }

    /// Brings back what is missing. What others have changed meanwhile is left as they have it.
    private func repair(_ resting: Set<ContainerID>) async throws {
        let project = project
        var options = UpOptions()
        options.recreate = .never
        try await target.apply(project, options, command: "supervise", ifWanted: nil) { observed in
            try observed.checkThere(project.name)
            return observed.leaving(resting)
        }
    }

    private func reload(_ resting: Set<ContainerID>) async throws {
        say(nil, "The files are read again.")
        do {
            let project = try await target.reload()
            guard project.name == self.project.name else {
                throw SupervisionProblem(
                    "The files name the project \(project.name) now; it has been \(self.project.name).")
            }
            let rules = try SupervisionRules(project)
            var options = UpOptions()
            // What rests would be waited for in vain.
            options.wait = resting.isEmpty
            try await target.apply(project, options, command: "supervise", ifWanted: nil) { $0.leaving(resting) }
            await inbox.send(.reloaded(project, rules))
            say(nil, "The files are in force.")
        } catch let error as CancellationError {
            throw error
        } catch {
            if let problem = error as? SupervisionProblem { say(nil, problem.description) }
            say(nil, "What the files say now is not in force; the project is kept as it was.")
        }
    }
}

/// A container was not stopped, which has been said.
private struct NotStopped: Error {}
