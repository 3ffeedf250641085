import ComposePlanner
import EngineAPI

// Containers that fail before the command ends which started them, though nothing waits for them.
extension Executor {
    /// How long after its last start a plan commits at the earliest. The engine tells of a process that fails at once
    /// about a tenth of a second later.
    static let shortestWatch: Duration = .milliseconds(200)

    /// How often a suspect is looked at: at least once in the 200 ms that the engine leaves it after its second fall.
    private static let suspectLooks = 5

    /// The first of a plan's vital starts whose container has ended with an error, or is in a crash loop.
    ///
    /// What has ended is seen by one call; further ones ask for those that the engine may have restarted, which the list
    /// does not tell. What the engine does not tell is no failure: the containers may be well.
    func earlyExit(in plan: Plan, _ run: TransactionRun) async -> (operation: Operation, error: EarlyExit)? {
        let vital = Set(plan.vitalStarts)
        let starts = plan.prepare.filter { vital.contains($0.id) }
        guard !starts.isEmpty else { return nil }
        if let elapsed = run.sinceLastStart, elapsed < Executor.shortestWatch {
            try? await clock.sleep(for: Executor.shortestWatch - elapsed)
        }
        let filter = ObjectFilter(labels: ["\(ComposeLabels.project)=\(plan.project)"])
        let suspects = Set(((try? await engine.containers(matching: filter)) ?? []).filter(\.mayHaveFailed).map(\.id))
        let watched = starts.filter { start in
            run.container(of: start).map { suspects.contains($0.0) || plan.mayRestart(startedBy: start) } ?? false
        }
        let failures = await OperationScheduler(parallel: limits.parallel, policy: .carryOn).run(watched) { start in
            guard let (id, name) = run.container(of: start), let reason = await failure(of: id) else { return }
            throw EarlyExit(name: name, reason: reason)
        }
        let first = failures.filter { $0.error is EarlyExit }.min { $0.operation.id < $1.operation.id }
        return first.flatMap { failure in (failure.error as? EarlyExit).map { (failure.operation, $0) } }
    }

    /// Why a container has failed since its start, nil where it has not. A start counts the restarts anew.
    private func failure(of id: ContainerID) async -> String? {
        guard let first = try? await engine.container(id) else { return nil }
        switch EarlyExitDecision(first) {
        case .well: return nil
        case .failed(let reason): return reason
        case .suspect:
            // It may have been too early for what it needs, or fall again. Only between two runs does the engine tell the
            // code, and one that ends well is meant to be repeated.
            var last = first
            for _ in 0..<Executor.suspectLooks where last.state != .restarting {
                try? await clock.sleep(for: ReadinessWaiter.settlingTime / Executor.suspectLooks)
                guard let details = try? await engine.container(id) else { return nil }
                last = details
            }
            return EarlyExitDecision(last, after: first).failure
        }
    }
}

/// What a container's state tells a command that has started it and is about to end.
enum EarlyExitDecision: Equatable {
    case well
    /// It runs, and has been restarted before: whether it stays is seen a moment later.
    case suspect
    /// A sentence without the container's name.
    case failed(String)

    /// - Parameter earlier: what it was like when it was suspected.
    init(_ details: ContainerDetails, after earlier: ContainerDetails? = nil) {
        let restarts = details.restartCount
        // Somebody else did that.
        if details.state == .paused {
            self = .well
            return
        }
        switch ReadinessDecision(details, for: .completed, hasSettled: false, restarts: 0) {
        case .failed(let reason): self = .failed(reason)
        case .ready: self = .well
        case .pending where details.state == .restarting:
            self = details.exitCode == 0 ? .well : .failed(ReadinessDecision.loop(details, restarts))
        case .pending:
            let isWell = restarts == 0 || details.state == .running && details.health == .healthy
            guard !isWell else {
                self = .well
                return
            }
            guard let earlier else {
                self = .suspect
                return
            }
            self = restarts > earlier.restartCount ? .failed(ReadinessDecision.loop(details, restarts)) : .well
        }
    }

    var failure: String? { if case .failed(let reason) = self { reason } else { nil } }
}

/// A container that failed before the command ended which had started it.
struct EarlyExit: Error, CustomStringConvertible {
    let name: String
    /// Without its name: `exited with code 3`.
    let reason: String
    var description: String { "\(name) \(reason)" }
}

extension ContainerSummary {
    /// Whether it is worth a closer look.
    fileprivate var mayHaveFailed: Bool {
        switch state {
        case .restarting, .dead: true
        case .exited: exitCode != 0
        case .created, .running, .paused, .removing: false
        }
    }
}

extension Plan {
    /// Whether the engine may restart the container that an operation starts, as far as the plan tells: it does not of one that it has not made.
    fileprivate func mayRestart(startedBy start: Operation) -> Bool {
        guard case .startContainer(let container) = start.action, let maker = container.maker,
            case .container(let spec)? = specs[maker]
        else { return true }
        return spec.restartPolicy.map { $0.name != "no" } ?? false
    }
}
