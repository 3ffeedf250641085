import ComposePlanner
import ComposeState
import EngineAPI

/// Takes an uncommitted transaction back, in reverse order; every step may be repeated.
///
/// What the transaction made is found by its label, so it does not matter whether an outcome was recorded.
struct Rollback: Sendable {
    let executor: Executor
    let transaction: JournaledTransaction

    /// - Returns: how many operations were taken back, and what could not be.
    func run() async -> (undone: Int, leftovers: [Leftover]) {
        let made: MadeObjects
        do {
            made = try await MadeObjects.find(transaction.id, on: executor.engine)
        } catch {
            return (0, [Leftover(what: "the whole transaction", reason: String(describing: error))])
        }
        let steps = Dictionary(uniqueKeysWithValues: prepared.map { ($0.operation.id, $0) })
        let failures = await OperationScheduler(parallel: executor.limits.parallel, policy: .carryOn)
            .run(reversedOperations) { operation in
                guard let step = steps[operation.id], step.progress == .intended || step.progress == .done,
                    let undo = step.operation.undo
                else { return }
                try await takeBack(step.operation, undo, made)
            }
        let isOver = failures.allSatisfy { ($0.error as? EngineError)?.code == .notFound }
        if isOver { try? await executor.journal.end(transaction.id) }
        let undone = steps.values.filter { $0.progress != .pending && $0.operation.undo != nil }.count - failures.count
        return (undone, failures.map(leftover))
    }

    private var prepared: [JournaledTransaction.Step] { transaction.steps.filter { !$0.isFinish } }

    /// The operations with their needs turned round: each waits for those that needed it. Numbers are turned round too,
    /// so that of several that may begin the last one does.
    private var reversedOperations: [Operation] {
        var dependents: [OperationID: [OperationID]] = [:]
        for step in prepared {
            for need in step.operation.needs { dependents[need, default: []].append(step.operation.id) }
        }
        return prepared.map(\.operation).map {
            Operation(
                id: $0.id, action: $0.action, cause: $0.cause, needs: dependents[$0.id] ?? [], service: $0.service)
        }
    }

    private func takeBack(_ operation: Operation, _ undo: Undo, _ made: MadeObjects) async throws {
        executor.observer.report(.undoing(operation, undo))
        do {
            try await call(operation, undo, made)
            try await executor.journal.undo(operation.id, in: transaction.id)
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
                    try await engine.removeContainer(id, force: true, anonymousVolumes: true)
                }
            }
        case .removeNetwork:
            for id in made.networks[operation.id] ?? [] {
                try await tolerateMissing { try await engine.removeNetwork(id) }
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
        case .start(let id):
            try await engine.startContainer(id)
        }
    }

    private func leftover(_ failure: OperationScheduler.Failure) -> Leftover {
        Leftover(what: failure.operation.action.description, reason: String(describing: failure.error))
    }
}

/// What carries a transaction's label, by the operation that made it.
private struct MadeObjects: Sendable {
    var containers: [OperationID: [ContainerID]] = [:]
    var networks: [OperationID: [NetworkID]] = [:]
    var volumes: Set<String> = []

    static func find(_ id: TransactionID, on engine: any ContainerEngine) async throws -> MadeObjects {
        let filter = ObjectFilter(labels: ["\(ComposeLabels.transaction)=\(id)"])
        var made = MadeObjects()
        for container in try await engine.containers(matching: filter) {
            made.containers[operation(container.labels), default: []].append(container.id)
        }
        for network in try await engine.networks(matching: filter) {
            made.networks[operation(network.labels), default: []].append(network.id)
        }
        made.volumes = Set(try await engine.volumes(matching: filter).map(\.name))
        return made
    }

    private static func operation(_ labels: [String: String]) -> OperationID {
        OperationID(labels[ComposeLabels.operation].flatMap(Int.init) ?? 0)
    }
}
