import EngineAPI
package import LogSpool
package import SinkAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Ships what captures hand over to all sinks of a plan, through a spool on the disk.
///
/// Whoever opens it closes it. A process that ends without closing loses nothing that is durable: the next one goes on
/// where each sink was, with the same batches.
package actor Shipper {
    /// Older than this, what a sink has not acknowledged is a matter for people.
    static let longestAge = 60.0
    /// How often numbers are gathered.
    private static let measureInterval: Duration = .seconds(1)
    /// How long closing waits for what was taken to be durable; a full spool must not keep a process from ending.
    private static let closingTime: Duration = .seconds(5)
    /// How long a sink that is changed or given up has for the batches that are under way: a receiver that is well takes
    /// milliseconds, and who reloads waits for it.
    private static let changingTime: Duration = .seconds(5)

    /// What is durable; for captures, which look at its positions and tails.
    package nonisolated let spool: Spool
    private nonisolated let folder: String
    private nonisolated let bound: Int
    private nonisolated let context: ShippingContext
    private nonisolated let inlet: SpoolInlet
    private nonisolated let gauges: SpoolGauges
    private var running: [String: Running] = [:]
    /// Sinks that people were told to be behind.
    private var behind: Set<String> = []
    private var tasks: [Task<Void, Never>] = []

    private struct Running {
        let runner: SinkRunner
        let task: Task<Void, Never>
    }

    /// Opens the spool in `folder` and begins to ship. A sink that the spool knows and the plan does not is forgotten.
    ///
    /// - Throws: ``SpoolError``, ``SinkConfigurationError``; nothing runs then.
    package static func open(
        _ folder: String, plan: ShippingPlan, options: SpoolOptions = SpoolOptions(),
        files: any SpoolFiles = SystemFiles(),
        context: ShippingContext
    ) async throws -> Shipper {
        // Before anything else: a mistake in the plan leaves the spool as it is.
        let sinks = try plan.sinks.map { ($0, try context.make($0.location)) }
        let spool = try await Spool.open(folder, options: options, files: files)
        report(spool.report, of: folder, to: context)
        let shipper = Shipper(spool, folder, options, context)
        do {
            try await shipper.forget(allBut: plan)
            for (plan, sink) in sinks { try await shipper.begin(plan, sink) }
        } catch {
            await shipper.close()
            throw error
        }
        await shipper.start()
        return shipper
    }

    private static func report(_ opening: OpeningReport, of folder: String, to context: ShippingContext) {
        if let path = opening.indexSetAside { context.report(.indexSetAside(path: path)) }
        guard opening.damagedBytes > 0 || opening.lostRecords > 0 else { return }
        context.report(
            .spoolDamaged(bytes: opening.damagedBytes, records: opening.lostRecords, keptIn: folder + "/quarantine"))
    }

    private init(_ spool: Spool, _ folder: String, _ options: SpoolOptions, _ context: ShippingContext) {
        self.spool = spool
        self.folder = folder
        bound = options.bound
        self.context = context
        gauges = SpoolGauges(factory: context.metrics)
        inlet = SpoolInlet(spool, in: folder, bound: options.bound, context: context, metrics: gauges)
    }

    private func start() {
        tasks = [
            Task { [inlet] in await inlet.run() },
            Task { [weak self, clock = context.clock] in
                while !Task.isCancelled {
                    await self?.measure()
                    try? await clock.sleep(for: Shipper.measureInterval)
                }
            },
        ]
    }

    // MARK: Capture

    /// Takes records to be spooled, and up to where their containers are captured with them. Returns before they are
    /// durable, but waits while more than half a mebibyte is gathered, and so while the spool is full. What is taken in
    /// order becomes durable in order; a position never before its records.
    ///
    /// - Throws: `CancellationError`, ``SpoolError/closed(folder:)``; nothing was taken then.
    package nonisolated func append(_ records: [LogRecord], positions: [CapturePosition] = []) async throws {
        try await inlet.append(records, positions: positions)
    }

    /// Returns when everything that was taken before is durable, or the task is cancelled. Whoever looks at the spool's
    /// tails calls it first.
    package nonisolated func flush() async { await inlet.flush() }

    // MARK: Sinks

    /// Goes over to another plan. Sinks that are the same in both are not touched; changed ones go on where they were,
    /// and what was kept for those that are gone is given up. Not while it drains, closes or goes over to another one.
    ///
    /// - Throws: ``SinkConfigurationError``; everything goes on as it was then. ``SpoolError``; sinks that were reached by
    ///   then run by the new plan, the others do not run until a later reload succeeds.
    @discardableResult
    package func reload(_ plan: ShippingPlan) async throws -> PlanChanges {
        let changes = plan.changes(from: running.values.map(\.runner.plan))
        let sinks = try (changes.changed + changes.begun).map { plan in
            let sink = try context.make(plan.location)
            try plan.check(against: sink.limits)
            return (plan, sink)
        }
        let leaving = (changes.ended + changes.changed).compactMap { running[$0.name] }
        for sink in leaving {
            sink.runner.letFinish(within: Shipper.changingTime)
            sink.task.cancel()
        }
        for sink in changes.ended { await end(sink.name) }
        try await forget(allBut: plan)
        for (plan, sink) in sinks {
            await end(plan.name)
            try await begin(plan, sink)
        }
        return changes
    }

    private func begin(_ plan: SinkPlan, _ sink: any Sink) async throws {
        let registration = try await spool.register(plan.name, from: plan.start, whenFull: plan.whenFull)
        let runner = SinkRunner(
            plan, sink: sink, spool: spool, letters: DeadLetters(spool: folder, sink: plan.name), context: context)
        running[plan.name] = Running(runner: runner, task: Task { await runner.run(registration) })
    }

    private func end(_ name: String) async {
        guard let ended = running.removeValue(forKey: name) else { return }
        ended.task.cancel()
        await ended.task.value
        await ended.runner.shutDown()
        behind.remove(name)
    }

    /// Forgets the sinks that the spool knows and the plan does not.
    private func forget(allBut plan: ShippingPlan) async throws {
        let backlogs = await spool.metrics.backlogs
        for backlog in backlogs where !plan.sinks.contains(where: { $0.name == backlog.sink }) {
            try await spool.forget(backlog.sink)
            context.report(.forgotten(sink: backlog.sink, records: backlog.records))
        }
    }

    /// The records that a sink refused.
    package nonisolated func deadLetters(of sink: String) -> DeadLetters { DeadLetters(spool: folder, sink: sink) }

    // MARK: Draining

    /// Sends everything that was taken before, without waiting for batches to fill, and returns when every sink has
    /// acknowledged it, or the time is over, or the task is cancelled. From then on no batch waits.
    ///
    /// - Parameter limit: nil waits for as long as it takes.
    /// - Returns: how many records each sink has not acknowledged; empty where none is left.
    @discardableResult
    package func drain(within limit: Duration? = nil) async -> [String: UInt64] {
        let runners = running.values.map(\.runner)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [inlet, spool] in
                await inlet.flush()
                let last = await spool.metrics.last
                for runner in runners { runner.flush() }
                for runner in runners {
                    while !Task.isCancelled {
                        let seen = runner.progress.count
                        let backlog = await spool.metrics.backlogs.first { $0.sink == runner.plan.name }
                        guard let backlog, backlog.through < last else { break }
                        await runner.progress.wait(past: seen)
                    }
                }
            }
            if let limit { group.addTask { [clock = context.clock] in try? await clock.sleep(for: limit) } }
            await group.next()
            group.cancelAll()
        }
        let left = await spool.metrics.backlogs.filter { $0.records > 0 }.map { ($0.sink, $0.records) }
        return Dictionary(uniqueKeysWithValues: left)
    }

    // MARK: Status

    /// What it is at.
    package var status: ShippingStatus {
        get async { describe(await spool.metrics, now: context.now()) }
    }

    private func describe(_ metrics: SpoolMetrics, now: EngineTime) -> ShippingStatus {
        let sinks = running.values.map(\.runner).sorted { $0.plan.name < $1.plan.name }.map { runner in
            ShippingStatus.Sink(
                runner.plan, runner.account, metrics.backlogs.first { $0.sink == runner.plan.name },
                isBehind: behind.contains(runner.plan.name), now: now)
        }
        return ShippingStatus(
            process: getpid(), time: now.rfc3339, spool: ShippingStatus.Spool(metrics, bound: bound), sinks: sinks)
    }

    /// Shows the numbers to metrics, to other processes, and to people where a sink is behind.
    private func measure() async {
        let metrics = await spool.metrics
        let now = context.now()
        gauges.measure(metrics)
        for runner in running.values.map(\.runner) {
            let name = runner.plan.name
            if let backlog = metrics.backlogs.first(where: { $0.sink == name }) { runner.measure(backlog) }
            let age = runner.account.age(now: now)
            if age > Shipper.longestAge {
                if behind.insert(name).inserted { context.report(.behind(sink: name, seconds: Int(age))) }
            } else if behind.remove(name) != nil {
                context.report(.caughtUp(sink: name))
            }
        }
        let status = describe(metrics, now: now)
        // Where it cannot be written, the disk's own trouble is told elsewhere.
        try? await onBlockingThread { [folder] in try status.write(spool: folder) }
    }

    // MARK: Closing

    /// Makes durable what was taken, ends all sinks where they are, and closes the spool. What they have not acknowledged
    /// is delivered when it is opened again.
    package func close() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [inlet] in await inlet.flush() }
            group.addTask { [clock = context.clock] in try? await clock.sleep(for: Shipper.closingTime) }
            await group.next()
            group.cancelAll()
        }
        await halt()
        await spool.close()
    }

    /// Ends everything that runs, and nothing else: what a crash does.
    func halt() async {
        for task in tasks { task.cancel() }
        for sink in running.values { sink.task.cancel() }
        for task in tasks { await task.value }
        tasks = []
        for name in running.keys.sorted() { await end(name) }
    }
}
