import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import Synchronization

/// Takes an uncommitted transaction back, in reverse order; every step may be repeated.
///
/// What the transaction made is found by its label, so it does not matter whether an outcome was recorded.
struct Rollback: Sendable {
    let executor: Executor
    let transaction: JournaledTransaction
    /// The operations that are taken back while the others go on; nil where all are, which ends the transaction.
    let parts: Set<OperationID>?
    /// The hooks that failed in containers that were started again.
    private let failedHooks = FailedHooks()

    init(executor: Executor, transaction: JournaledTransaction, of parts: Set<OperationID>? = nil) {
        self.executor = executor
        self.transaction = transaction
        self.parts = parts
    }

    /// - Returns: how many operations were taken back, and what could not be.
    func run() async -> (undone: Int, leftovers: [Leftover]) {
        var made: MadeObjects
        do {
            made = try await MadeObjects.find(transaction.id, on: executor.engine)
        } catch {
            return (0, [Leftover(what: "the whole transaction", reason: String(describing: error))])
        }
        let starts = await lateStarts()
        let scheduler = OperationScheduler(parallel: executor.limits.parallel, policy: .carryOn)
        var failures: [OperationScheduler.Failure] = []
        var count = 0
        for pass in Pass.allCases {
            // Only what removes needs all that the transaction made, and what starts again should not wait for it.
            // What replaced a network must be found before the network can be made again.
            if pass == (retiresNetworks ? .restore : .remove) { failures += await awaitLate(&made, starts: starts) }
            let undos = undos(in: pass)
            let rollings = pass == .start ? rollings : []
            count += undos.count + rollings.map { $0.replicas.joined().count }.reduce(0, +)
            let rolled = RolledFailures()
            failures += await scheduler.run(operations(for: pass)) { [made] operation in
                for rolling in rollings where rolling.place == operation.id {
                    rolled.add(await takeBack(rolling, made))
                }
                guard let (operation, undo) = undos[operation.id] else { return }
                try await takeBack(operation, undo, made)
            }
            failures += rolled.all
        }
        // What someone else removed cannot be brought back by trying again.
        let isOver = failures.allSatisfy { ($0.error as? EngineError)?.code == .notFound }
        if isOver, parts == nil { try? await executor.journal.end(transaction.id) }
        let fallen = await fallen(besides: Set(failures.compactMap(\.operation.action.container)))
        return (count - failures.count, failures.map(leftover) + failedHooks.leftovers + fallen)
    }

    /// The containers that were started again and have failed since: they are not as they were, and nothing that could be
    /// tried again would change that.
    ///
    /// - Parameter failed: those that could not even be started, which is told already.
    private func fallen(besides failed: Set<ContainerHandle>) async -> [Leftover] {
        var leftovers: [Leftover] = []
        for operation in prepared.filter(\.isBegun).map(\.operation) {
            guard case .start(let id)? = operation.undo, let container = operation.action.container,
                !failed.contains(container), let details = try? await executor.engine.container(id),
                !details.state.isRunning, details.exitCode != 0
            else { continue }
            leftovers.append(
                Leftover(
                    what: "container \(details.name)",
                    reason: "was started again, and exited with code \(details.exitCode). "
                        + "`docker logs \(details.name)` shows why."))
        }
        return leftovers
    }

    /// The order of taking back: a container that starts again needs its host ports, its networks, and what it depends
    /// on, so all that the transaction started has stopped by then. What it made goes last, to keep the interruption short.
    private enum Pass: CaseIterable {
        case stop, restore, start, remove

        /// - Parameter restoring: whether networks are to be restored, in whose place others were made.
        func covers(_ undo: Undo, restoring: Bool) -> Bool {
            switch undo {
            case .stop: self == .stop
            case .restoreNetwork: self == .restore
            case .start: self == .start
            case .removeNetwork: self == (restoring ? .restore : .remove)
            case .removeContainer, .removeVolume: self == .remove
            }
        }
    }

    /// What a pass takes back, by the operation at whose turn it does.
    private func undos(in pass: Pass) -> [OperationID: (Operation, Undo)] {
        var restarts: [ContainerID: JournaledTransaction.Step] = [:]
        for step in prepared {
            if case .startContainer(.existing(let id, _)) = step.operation.action { restarts[id] = step }
        }
        var undos: [OperationID: (Operation, Undo)] = [:]
        for step in prepared where parts != nil || !step.operation.isRolledBackInTurn {
            guard let undo = step.operation.undo, pass.covers(undo, restoring: retiresNetworks) else { continue }
            var (place, isBegun) = (step.operation.id, step.isBegun)
            if case .start(let id) = undo, let restart = restarts[id] {
                // One that was stopped and started with what it depends on starts again after that, and also when an
                // earlier attempt had started it already: this one has just stopped it.
                place = restart.operation.id
                isBegun = isBegun || restart.isBegun
            }
            if isBegun { undos[place] = (step.operation, undo) }
        }
        return undos
    }

    var prepared: [JournaledTransaction.Step] {
        transaction.steps.filter { !$0.isFinish && parts?.contains($0.operation.id) != false }
    }

    /// Starting follows the plan's own order, dependencies first; stopping and removing follow it backwards.
    private func operations(for pass: Pass) -> [Operation] {
        let operations = prepared.map(\.operation)
        if pass == .start { return operations }
        var dependents: [OperationID: [OperationID]] = [:]
        for operation in operations {
            for need in operation.needs { dependents[need, default: []].append(operation.id) }
        }
        return operations.map { $0.needing(dependents[$0.id] ?? []) }
    }

    func takeBack(_ operation: Operation, _ undo: Undo, _ made: MadeObjects) async throws {
        executor.observer.report(.undoing(operation, undo))
        do {
            try await call(operation, undo, made)
            // Without the record a later recovery takes it back once more, which changes nothing.
            try? await executor.journal.undo(operation.id, in: transaction.id)
            executor.observer.report(.undone(operation, undo))
        } catch {
            executor.observer.report(.undoFailed(operation, undo, reason: String(describing: error)))
            throw error
        }
    }

    private func call(_ operation: Operation, _ undo: Undo, _ made: MadeObjects) async throws {
        let engine = executor.engine
        switch undo {
        case .removeContainer:
            for id in made.containers[operation.id] ?? [] {
                try await tolerateMissing {
                    await executor.observer.willRemove(id)
                    try await engine.removeContainer(id, force: true, anonymousVolumes: true)
                }
            }
        case .removeNetwork:
            for id in made.networks[operation.id] ?? [] {
                try await tolerateMissing { try await engine.removeNetworkWithStrays(id) }
            }
        case .removeVolume(let name):
            guard made.volumes.contains(name) else { return }
            try await tolerateMissing { try await engine.removeVolume(name, force: false) }
        case .stop(.existing(let id, _)):
            try await tolerateMissing { try await engine.stopContainer(id, timeout: nil) }
        case .stop(.planned(let creation, _)):
            for id in made.containers[creation] ?? [] {
                try await tolerateMissing { try await engine.stopContainer(id, timeout: nil) }
            }
        case .restoreNetwork(let network):
            try await restore(network, isUnanswered: isUnanswered(operation.id))
        case .start(let id):
            if case .stopContainer(_, let grace) = operation.action, isUnanswered(operation.id) {
                // The engine may be stopping it still, and would take no notice of a start before it is done. Another
                // stop ends together with that one.
                try await engine.stopContainer(id, timeout: grace.map { .seconds($0) })
            }
            let before = try? await engine.container(id)
            let names = await takeNames(from: before, operation)
            try await engine.startContainer(id)
            if let before, !before.state.isRunning { await runHooks(in: before) }
            await settle(id)
            if !names.isEmpty { try await engine.giveNames(id, names) }
        }
    }

    /// Runs the hooks that follow a container's start, which was a new one. That it runs is all that was promised, so a
    /// hook that fails is only reported.
    private func runHooks(in container: ContainerDetails) async {
        let runner = HookRunner(
            engine: executor.engine, clock: executor.clock, deadline: Executor.Limits.settlingDeadline)
        let hooks = ContainerHooks.hooks(.postStart, labels: container.labels, service: nil)
        for (index, hook) in hooks.enumerated() {
            do {
                try await runner.run(ExecSpec(hook), in: container.id) { _ in }
            } catch {
                failedHooks.add(
                    Leftover(
                        what: "post_start hook \(index + 1) of \(container.name)",
                        reason: "failed when the container was started again, and is not tried again: "
                            + FailureText.plain(error), output: (error as? HookFailure)?.output ?? []))
                return
            }
        }
    }

    /// Waits until a container with a healthcheck is healthy again, so that what depends on it finds it serving. That it
    /// runs is all that was promised: whether it was healthy before is not known.
    private func settle(_ id: ContainerID) async {
        guard let details = try? await executor.engine.container(id), details.health != .none else { return }
        await wait(for: details, .healthy)
    }

    /// Waits until a container has stayed up for a while, or has not.
    func watch(_ id: ContainerID, for time: Duration) async {
        guard time > .zero, let details = try? await executor.engine.container(id) else { return }
        await wait(for: details, .steady(time))
    }

    private func wait(for container: ContainerDetails, _ readiness: Readiness) async {
        let hub = EventHub(engine: executor.engine, project: executor.scope.project)
        let waiter = ReadinessWaiter(
            engine: executor.engine, hub: hub, probes: ProbeRunner(engine: executor.engine, clock: executor.clock),
            clock: executor.clock, deadline: Executor.Limits.settlingDeadline)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await hub.run() }
            try? await waiter.wait(for: container.id, name: container.name, readiness)
            group.cancelAll()
        }
    }

    /// Whether the engine was asked and did not answer, so that it may still be at it.
    private func isUnanswered(_ operation: OperationID) -> Bool {
        transaction.steps.contains { $0.operation.id == operation && $0.progress == .intended }
    }

    private func leftover(_ failure: OperationScheduler.Failure) -> Leftover {
        Leftover(what: failure.operation.action.description, reason: String(describing: failure.error))
    }
}

/// Hooks that failed while a transaction was taken back.
private final class FailedHooks: Sendable {
    private let all = Mutex<[Leftover]>([])

    var leftovers: [Leftover] { all.withLock { $0 } }

    func add(_ leftover: Leftover) { all.withLock { $0.append(leftover) } }
}

/// What failed where a service's replicas are taken back in turn.
private final class RolledFailures: Sendable {
    private let failures = Mutex<[OperationScheduler.Failure]>([])

    var all: [OperationScheduler.Failure] { failures.withLock { $0 } }

    func add(_ more: [OperationScheduler.Failure]) { failures.withLock { $0 += more } }
}

extension JournaledTransaction.Step {
    /// Whether the engine was asked and what it did was not taken back.
    var isBegun: Bool { progress == .intended || progress == .done || progress == .failed }
}
