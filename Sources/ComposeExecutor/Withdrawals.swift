import ComposePlanner
import ComposeState
import EngineAPI
import Synchronization

/// The replicas of one run that are left as they were, because their update failed and the plan tolerates that.
final class Withdrawals: Sendable {
    /// Takes a replica's replacement back; returns the failure that led to it where something of it is left.
    typealias Work = Task<(any Error)?, Never>

    let plan: Plan
    private let works = Mutex<[Replica: Work]>([:])

    init(plan: Plan) { self.plan = plan }

    var replicas: Set<Replica> { works.withLock { Set($0.keys) } }

    /// What takes back the replica that an operation is a part of; nil where it goes on.
    func work(for operation: Operation) -> Work? {
        works.withLock { works in operation.update.flatMap { works[$0.replica] } }
    }

    /// The same for an operation that has failed, where it is begun now if the plan has that.
    func work(
        after operation: Operation, _ takeBack: @escaping @Sendable (Replica) async -> (any Error)?
    ) -> Work? {
        works.withLock { works in
            if let replica = operation.update?.replica, let work = works[replica] { return work }
            guard let replica = plan.replicaWithdrawn(onFailureOf: operation, after: Set(works.keys)) else {
                return nil
            }
            let work = Work { await takeBack(replica) }
            works[replica] = work
            return work
        }
    }
}

extension Executor {
    /// Does one operation. One that is a part of a replica's replacement may fail where the plan tolerates that: then the
    /// replica is as it was before this returns, and what else belongs to its replacement is left out.
    func perform(_ operation: Operation, _ run: TransactionRun, _ withdrawals: Withdrawals) async throws {
        if let work = withdrawals.work(for: operation) {
            if let failure = await work.value { throw failure }
            return
        }
        do {
            try await run.perform(operation)
        } catch {
            guard Executor.isOfReplica(error), !operation.isOptional,
                let work = withdrawals.work(
                    after: operation,
                    {
                        await self.withdraw($0, of: withdrawals.plan, because: error, at: operation, run)
                    })
            else { throw error }
            if let failure = await work.value { throw failure }
        }
    }

    /// Whether an error tells of the replica, rather than of an engine or a state that cannot be relied on.
    private static func isOfReplica(_ error: any Error) -> Bool {
        if let error = error as? EngineError { return !error.isAmbiguous && error.code != .unreachable }
        return error is ReadinessFailure || error is HookFailure
    }

    /// Takes the replacement of one replica back, so that its predecessor serves again.
    ///
    /// - Returns: `failure` where that could not be done completely, so that the whole transaction has to be taken back.
    private func withdraw(
        _ replica: Replica, of plan: Plan, because failure: any Error, at operation: Operation, _ run: TransactionRun
    ) async -> (any Error)? {
        let operations = plan.operations(of: replica)
        guard let id = run.id, let transaction = try? await journal.account(of: id) else { return failure }
        let name = operations.lazy.compactMap(\.action.container).first?.name ?? "\(replica.service)-\(replica.number)"
        let reason = FailureText.sentence(failure, for: operation)
        let report = await report(on: operation, after: failure, run)
        let rollback = Rollback(executor: self, transaction: transaction, of: Set(operations.map(\.id)))
        guard await rollback.run().leftovers.isEmpty else { return failure }
        var (what, end) = ("added", "It is gone again")
        for case .removeContainer(.existing, _) in operations.map(\.action) {
            (what, end) = ("updated", "It is as it was before")
        }
        for case .stopContainer(.existing, _) in operations.map(\.action) { end = "It runs as before" }
        let account = ApplyFailure(
            operation: operation, reason: reason, container: report, isCancelled: false, undone: 0, leftovers: [],
            hookOutput: (failure as? HookFailure)?.output ?? [])
        try? await journal.keep(FailureReport(account, of: transaction, in: scope, withdrawn: name))
        observer.report(
            .withdrawn(
                "\(name) was not \(what): \(reason)\(reason.hasSuffix(".") ? "" : ".") \(end). "
                    + "`gantry report` shows more."))
        return nil
    }
}
