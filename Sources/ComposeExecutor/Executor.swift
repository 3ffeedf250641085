package import ComposePlanner
package import ComposeState
package import EngineAPI

/// Applies plans so that each one either takes full effect or leaves the project as it was.
package struct Executor: Sendable {
    /// What bounds an application.
    package struct Limits: Sendable {
        /// Calls in flight at once. Six is what an engine on two cores gains from: four are not enough to keep it busy,
        /// and more only wait in its queue.
        package static let defaultParallel = 6
        /// How long a wait may last by default: longer than any migration known to us, shorter than a build server's
        /// own patience.
        package static let defaultReadinessDeadline: Duration = .seconds(1800)

        /// How long a container that runs again may take until it serves as before; what takes back goes on after that.
        package static let settlingDeadline: Duration = .seconds(30)

        package var parallel = defaultParallel
        package var readinessDeadline = defaultReadinessDeadline
        package init() {}
    }

    let engine: any ContainerEngine
    let journal: Journal
    let scope: JournalScope
    let limits: Limits
    let observer: any ApplyObserver
    let clock: any Clock<Duration>

    package init(
        engine: any ContainerEngine, journal: Journal, scope: JournalScope, limits: Limits = Limits(),
        observer: any ApplyObserver = SilentObserver(), clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.engine = engine
        self.journal = journal
        self.scope = scope
        self.limits = limits
        self.observer = observer
        self.clock = clock
    }

    /// Applies a plan as a transaction.
    ///
    /// - Parameters:
    ///   - command: what the user called it, for messages about an interrupted transaction.
    ///   - release: what the commit puts in force, kept with it; nil where it declares nothing.
    /// - Returns: what could not be tidied up after the commit; the project is as declared all the same.
    /// - Throws: ``ApplyFailure`` when the project was taken back to how it was, or as near as its leftovers tell, or
    ///   stands as it was when it failed, where the plan has that.
    package func apply(_ plan: Plan, command: String, releasing release: Release? = nil) async throws -> [Leftover] {
        if Task.isCancelled { throw ApplyFailure.interrupted }
        let id = try await shielded { try await journal.begin(plan, in: scope, command: command) }
        let run = TransactionRun(
            executor: self, id: id, specs: plan.specs, operations: plan.prepare, links: plan.links,
            restartRules: plan.restartRules)
        let withdrawals = Withdrawals(plan: plan)
        if let failure = await prepare(plan.prepare, run, withdrawals).first(where: { !$0.operation.isOptional }) {
            throw await end(
                failure.operation, failure.error, run, keptAs: plan.keeping(onFailureOf: failure.operation))
        }
        let rest = Set(plan.finish.map(\.id))
        let plan = plan.withdrawing(withdrawals.replicas)
        if let exit = await earlyExit(in: plan, run) {
            throw await end(exit.operation, exit.error, run, keptAs: plan.keeping(onFailureOf: exit.operation))
        }
        // Given up while the containers were watched.
        if Task.isCancelled, !plan.vitalStarts.isEmpty { throw await end(nil, CancellationError(), run) }
        do {
            // A recovery must not finish what is about replicas that stay as they were.
            for dropped in rest.subtracting(plan.finish.map(\.id)).sorted() {
                try await shielded { try await journal.undo(dropped, in: id) }
            }
            let release = release?.with(plan.members.compactMap(run.released))
            try await shielded { try await journal.commit(id, holding: plan.holds, releasing: release, in: scope) }
        } catch {
            // The journal may hold it all the same, and what it holds is what a recovery goes by.
            let isCommitted = try? await shielded { try await journal.transaction(id) }?.isCommitted
            if isCommitted != true { throw await end(nil, error, run) }
        }
        if release == nil {
            let started = Set(plan.members.compactMap(run.released).map(\.id))
            try? await shielded { try await journal.note(started, areWanted: true, in: scope) }
        }
        observer.report(.committed)
        return await shielded { await finish(plan.finish, run) }
    }

    /// Carries out a plan of which nothing is taken back (`stop`, `down`): all of it is tried, and it may be repeated.
    ///
    /// - Returns: what is left, with reasons. Cancelling leaves the rest undone and says so.
    package func carryOut(_ plan: Plan) async -> [Leftover] {
        let run = TransactionRun(executor: self, id: nil, specs: plan.specs)
        let failures = await OperationScheduler(parallel: limits.parallel, policy: .carryOn)
            .run(plan.finish) { try await run.perform($0) }
        // What was done is done, whether or not it can be noted.
        let ended = plan.endedContainers.union(plan.resting.map(\.rawValue))
        try? await shielded { try await journal.note(ended, areWanted: false, in: scope) }
        // What goes on although it was to end does so when this is repeated.
        var holds = plan.holds
        holds.held.subtract(failures.compactMap(\.operation.service))
        await hold(holds)
        return failures.map(leftover)
    }

    /// Which services of the project are up only because others depend on them.
    package func holds() async throws -> HoldSet { try await journal.holds(in: scope) }

    /// Records a change of the holds that no transaction's commit records. One that cannot be written is no failure:
    /// then more counts as running for others than does, until the next `up`.
    package func hold(_ change: HoldChange) async {
        if change.isEmpty { return }
        try? await shielded { try await journal.change(change, in: scope) }
    }

    /// Records a run in the foreground, which holds its services until ``end(_:)``; nil where that cannot be written.
    package func begin(_ run: RunHold) async -> LivingRun? { try? await journal.begin(run, in: scope) }

    /// The run is over.
    package func end(_ run: LivingRun?) async {
        guard let run else { return }
        try? await shielded { try await journal.end(run, in: scope) }
    }

    /// A run is about to end, and holds nothing any more.
    package func release(_ run: String) async {
        try? await shielded { try await journal.release(run, in: scope) }
    }

    /// Leaves services to runs that go on, by identifier.
    package func leave(_ heirs: [String: Set<String>]) async {
        if heirs.isEmpty { return }
        try? await shielded { try await journal.leave(heirs, in: scope) }
    }

    /// What was put in force last, as far as it is known.
    package func lastRelease() async throws -> Release? { try await journal.lastRelease(in: scope) }

    /// The images of the releases that are kept beside the next one.
    package func keptImages() async throws -> Set<ImageID> {
        Set(try await journal.keptImages(in: scope).map { ImageID($0) })
    }

    private func prepare(
        _ operations: [Operation], _ run: TransactionRun, _ withdrawals: Withdrawals
    ) async -> [OperationScheduler.Failure] {
        let scheduler = OperationScheduler(parallel: limits.parallel, policy: .stopAtFailure)
        guard operations.contains(where: \.action.isWait) else {
            return await scheduler.run(operations) { try await perform($0, run, withdrawals) }
        }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await run.hub.run() }
            let failures = await scheduler.run(operations) { try await perform($0, run, withdrawals) }
            group.cancelAll()
            return failures
        }
    }

    /// How long after a failure something that only goes forward is tried once more: long enough for the engine to be
    /// done with a container that it has just stopped, short enough to go unnoticed.
    static let finishRetryDelay: Duration = .milliseconds(500)

    private func finish(_ operations: [Operation], _ run: TransactionRun) async -> [Leftover] {
        let failures = await OperationScheduler(parallel: limits.parallel, policy: .carryOn)
            .run(operations) { try await run.perform($0, retryDelay: Executor.finishRetryDelay) }
        if failures.isEmpty, let id = run.id { try? await journal.end(id) }
        return failures.map(leftover)
    }

    /// Ends a transaction that is not to be committed: takes it back, or forgets it where everything is to stay. One that
    /// was interrupted is taken back in any case.
    private func end(
        _ operation: Operation?, _ error: any Error, _ run: TransactionRun, keptAs keeping: String? = nil
    ) async -> ApplyFailure {
        let isCancelled = isInterruption(error)
        let keeping = isCancelled ? nil : keeping
        let reason =
            isCancelled
            ? ApplyFailure.interrupted.reason
            : operation.map { FailureText.sentence(error, for: $0) } ?? "The commit could not be recorded: \(error)"
        return await shielded {
            let report = isCancelled ? nil : await report(on: operation, after: error, run)
            if keeping == nil { observer.report(.rollingBack(reason: reason)) }
            var undone = 0
            var leftovers: [Leftover] = []
            var account: JournaledTransaction?
            do {
                guard let id = run.id, let transaction = try await journal.account(of: id) else {
                    throw CancellationError()
                }
                account = transaction
                if keeping != nil {
                    try await journal.end(id)
                } else {
                    (undone, leftovers) = await Rollback(executor: self, transaction: transaction).run()
                }
            } catch {
                leftovers = [Leftover(what: "the transaction", reason: "The journal cannot be read: \(error)")]
            }
            let failure = ApplyFailure(
                operation: operation, reason: reason, container: report, isCancelled: isCancelled,
                undone: undone, leftovers: leftovers, hooksRan: run.hooksRan,
                hookOutput: (error as? HookFailure)?.output ?? [], keeping: keeping)
            if let account, !isCancelled || !leftovers.isEmpty {
                // A file that cannot be written has been told of, or takes the next command's report.
                try? await journal.keep(FailureReport(failure, of: account, in: scope))
            }
            return failure
        }
    }

    /// What the container that is to blame for a failure had to say.
    func report(on operation: Operation?, after error: any Error, _ run: TransactionRun) async -> ContainerReport? {
        guard let (id, name) = operation.flatMap(run.container) else { return nil }
        var report = await ContainerReport.collect(id, name: name, from: engine)
        if let output = (error as? ReadinessFailure)?.probeOutput { report?.probeOutput = output }
        return report
    }

    func leftover(_ failure: OperationScheduler.Failure) -> Leftover {
        if case .runHook(let container, _, _) = failure.operation.action, let error = failure.error as? HookFailure {
            return Leftover(
                what: failure.operation.action.hook ?? "",
                reason: "\(error), so the container goes on running. `docker stop \(container.name)` stops it without "
                    + "its hooks.", output: error.output)
        }
        if let use = failure.error as? StillInUse {
            switch failure.operation.action {
            case .removeNetwork(_, let name):
                return Leftover(what: "Network \(name)", reason: use.description, isInUse: true)
            case .removeVolume(let name):
                return Leftover(what: "Volume \(name)", reason: use.description, isInUse: true)
            default: break
            }
        }
        return Leftover(
            what: failure.operation.action.description,
            reason: isInterruption(failure.error)
                ? "was not done, because the command was interrupted" : FailureText.plain(failure.error))
    }
}

extension Plan {
    /// The containers that are there and that it stops or removes.
    fileprivate var endedContainers: Set<String> {
        Set(
            finish.compactMap { operation in
                switch operation.action {
                case .stopContainer(.existing(let id, _), _), .removeContainer(.existing(let id, _), _): id.rawValue
                default: nil
                }
            })
    }
}

/// Whether an error means that the user gave up: only where the calling task was really cancelled. From a task that goes
/// on it is a failure like any other.
func isInterruption(_ error: any Error) -> Bool { error is CancellationError && Task.isCancelled }
