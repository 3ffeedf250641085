import ComposePlanner
package import ComposeState
import EngineAPI

/// A transaction that was interrupted, and how it was ended.
package struct RecoveredTransaction: Sendable {
    package let id: TransactionID
    /// The command that began it.
    package let command: String
    /// Whether it was past its commit, and so was finished rather than taken back.
    package let wasCommitted: Bool
    package let leftovers: [Leftover]
}

extension Executor {
    /// Ends what an interrupted command left open: before its commit it is taken back, after it finished.
    ///
    /// The caller must hold the project's lock, so that nothing that still runs is taken for interrupted.
    package func recover() async throws -> [RecoveredTransaction] {
        var recovered: [RecoveredTransaction] = []
        // The latest first: it began with what the earlier ones had left.
        for transaction in try await journal.unfinished(in: scope).reversed() {
            let leftovers = await shielded {
                transaction.isCommitted
                    ? await finish(transaction)
                    : await Rollback(executor: self, transaction: transaction).run().leftovers
            }
            recovered.append(
                RecoveredTransaction(
                    id: transaction.id, command: transaction.command, wasCommitted: transaction.isCommitted,
                    leftovers: leftovers))
        }
        return recovered
    }

    private func finish(_ transaction: JournaledTransaction) async -> [Leftover] {
        var made: [OperationID: ContainerID] = [:]
        for step in transaction.steps {
            if case .createContainer = step.operation.action, let id = step.result {
                made[step.operation.id] = ContainerID(id)
            }
        }
        let run = TransactionRun(executor: self, id: transaction.id, specs: [:], made: made)
        // What was undone is about replicas that were left as they were.
        let remaining = transaction.steps.filter { $0.isFinish && $0.progress != .done && $0.progress != .undone }
            .map(\.operation)
        let failures = await OperationScheduler(parallel: limits.parallel, policy: .carryOn)
            .run(remaining) { operation in
                do {
                    try await run.perform(operation, retryDelay: Executor.finishRetryDelay)
                } catch let error as EngineError where error.code == .notFound {
                    // Someone else removed it: there is nothing left to finish.
                }
            }
        if failures.isEmpty { try? await journal.end(transaction.id) }
        return failures.map(leftover)
    }
}
