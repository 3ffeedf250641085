import ComposeLogs
import EngineAPI
import LogProcessing
import LogShipping
import LogSinks
import LogSpool
import SinkAPI

/// Captures what a setup selects and ships it, until it is told to end.
actor ShippingRun {
    /// What it needs of the world.
    struct Surroundings: Sendable {
        var engine: any ContainerEngine
        var context: ShippingContext
        /// Where numbers are kept, where they are served.
        var registry: PrometheusRegistry?
        var clock: any Clock<Duration> = ContinuousClock()
        /// Where other commands ask for the last lines of containers that they are about to remove; nil: nowhere.
        var tailFolder: String?
        /// Is told what people should know; must return at once.
        var say: @Sendable (String) -> Void
    }

    private let surroundings: Surroundings
    private let shipper: Shipper
    private let metrics: MetricsListener?
    private var tails: TailListener?
    /// Takes what containers send themselves.
    private var forwarding: Task<Void, Never>?
    private(set) var setup: ShippingSetup
    /// What captures at the moment.
    private var capture: LogCapture?
    /// Is sent to when captures have to be begun anew.
    private let renewals = BoundedQueue<Void>(capacity: 1)
    private var isFollowing = false
    /// Are sent to when what captures does what the setup says, or nothing captures any more.
    private var renewalWaiters: [BoundedQueue<Void>] = []

    /// How long a capture that ends because other steps are wanted has to come to a position. An engine that does not
    /// answer must not keep a correction from taking effect.
    private static let renewalLimit: Duration = .seconds(10)

    /// Opens the spool and begins to ship what is in it.
    ///
    /// - Throws: `SpoolError`, `SinkConfigurationError`, `MetricsListener.Failure`; nothing runs then.
    static func open(_ setup: ShippingSetup, spool folder: String, _ surroundings: Surroundings) async throws
        -> ShippingRun
    {
        var options = SpoolOptions()
        if let bound = setup.declaration.bound { options.bound = bound }
        // A container that sends its output waits for each line to be durable.
        if setup.logSocket != nil { options.commitInterval = .zero }
        let shipper = try await Shipper.open(
            folder, plan: setup.declaration.plan, options: options, context: surroundings.context)
        do {
            let run = ShippingRun(setup, shipper, try await listen(setup, surroundings), surroundings)
            try await run.takeForwarded(beside: folder)
            await run.openTails()
            StartupCode.release()
            return run
        } catch {
            await shipper.close()
            throw error
        }
    }

    private static func listen(_ setup: ShippingSetup, _ surroundings: Surroundings) async throws -> MetricsListener? {
        guard let metrics = setup.declaration.metrics, let registry = surroundings.registry else { return nil }
        let listener = try await MetricsListener(
            registry, host: metrics.address, port: metrics.port, token: metrics.token)
        surroundings.say("Metrics are served at http://\(metrics.address):\(listener.port)/metrics.")
        return listener
    }

    private init(
        _ setup: ShippingSetup, _ shipper: Shipper, _ metrics: MetricsListener?, _ surroundings: Surroundings
    ) {
        self.setup = setup
        self.shipper = shipper
        self.metrics = metrics
        self.surroundings = surroundings
    }

    /// Takes what containers send themselves, where some do.
    private func takeForwarded(beside folder: String) async throws {
        guard let path = setup.logSocket else { return }
        let capture = try ForwardCapture(
            store: ForwardedRecords(spool: shipper.spool), folder: "\(folder)/partial",
            stages: setup.declaration.plan.stages(saying: surroundings.say)
        ) { [selection = setup.selection, engine = surroundings.engine] container in
            guard !selection.keptLabels.isEmpty else { return [:] }
            return selection.kept(of: (try? await engine.container(container).labels) ?? [:])
        }
        let listener = try await ForwardListener(path: path, warn: surroundings.say) { try await capture.take($0) }
        forwarding = Task { try? await listener.run() }
    }

    private func openTails() async {
        guard let folder = surroundings.tailFolder else { return }
        do {
            tails = try await TailListener(in: folder) { [weak self] in await self?.collectTail(of: $0) ?? false }
        } catch {
            surroundings.say("Other commands do not wait for the last lines of containers that they remove: \(error)")
        }
    }

    private func collectTail(of container: ContainerID) async -> Bool {
        await capture?.collectTail(of: container) ?? false
    }

    // MARK: Capture

    /// Captures until the task is cancelled.
    ///
    /// - Throws: `EngineError` where the engine could not be reached at all.
    func follow() async throws {
        isFollowing = true
        defer {
            isFollowing = false
            tellRenewed()
        }
        while true {
            let followed = setup
            let capture = capture(of: followed, follows: true)
            tellRenewed()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await capture.run() }
                group.addTask { [renewals] in _ = await renewals.next() }
                defer { group.cancelAll() }
                try await group.next()
            }
            try Task.checkCancellation()
            // Lines are known again by what the spool has of them, which other steps would make of them no more.
            try await collect(followed, within: Self.renewalLimit)
        }
    }

    private func tellRenewed() {
        for waiter in renewalWaiters { waiter.offer(()) }
        renewalWaiters = []
    }

    /// Captures what the containers that are there have written until now.
    ///
    /// - Parameter limit: nil waits for as long as it takes, also for an engine that does not answer.
    func collect(within limit: Duration? = nil) async throws { try await collect(setup, within: limit) }

    private func collect(_ setup: ShippingSetup, within limit: Duration?) async throws {
        let capture = capture(of: setup, follows: false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await capture.run() }
            group.addTask { await capture.collectAll() }
            if let limit { group.addTask { [clock = surroundings.clock] in try await clock.sleep(for: limit) } }
            defer { group.cancelAll() }
            try await group.next()
        }
        try Task.checkCancellation()
    }

    private func capture(of setup: ShippingSetup, follows: Bool) -> LogCapture {
        let plan = setup.declaration.plan
        let say = surroundings.say
        var options = CaptureOptions(stages: plan.stages(saying: say))
        options.follows = follows
        let longest = plan.processing.compactMap(\.multiline?.timeout).max() ?? .zero
        options.holdTime = max(options.holdTime, longest * 2)
        let capture = LogCapture(
            engine: surroundings.engine, store: ShippedRecords(shipper: shipper), selection: setup.selection,
            options: options, clock: surroundings.clock, warn: say)
        self.capture = capture
        return capture
    }

    // MARK: Changes

    /// Goes over to another setup; what is the same in both is not touched. What is written after it has returned is
    /// captured as the new setup says.
    ///
    /// - Throws: `SpoolError`, `SinkConfigurationError`.
    func adopt(_ new: ShippingSetup) async throws {
        guard new != setup else { return surroundings.say("Nothing that concerns shipping has changed.") }
        let old = setup
        let changes = try await shipper.reload(new.declaration.plan)
        setup = new
        if isFollowing, new.needsNewCapture(after: old) {
            let isRenewed = BoundedQueue<Void>(capacity: 1)
            renewalWaiters.append(isRenewed)
            renewals.offer(())
            _ = await isRenewed.next()
        }
        let parts = [
            ("begun", changes.begun), ("changed", changes.changed), ("ended", changes.ended),
        ].filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.map(\.name).sorted().joined(separator: ", "))" }
        surroundings.say(
            "The declaration was read again. Sinks \(parts.isEmpty ? "as before" : parts.joined(separator: "; ")).")
        let (before, now) = (old.declaration, new.declaration)
        if old.logSocket != new.logSocket {
            surroundings.say("What it says of output that containers send takes effect when this is started again.")
        }
        if (before.bound, before.folder) != (now.bound, now.folder) || before.metrics != now.metrics {
            surroundings.say("What it says of the spool and of metrics takes effect when this is started again.")
        }
    }

    // MARK: The end

    /// Sends what is left, for as long as `limit`, and closes the spool.
    ///
    /// - Returns: how many records each sink has not acknowledged.
    func end(drainingFor limit: Duration) async -> [String: UInt64] {
        await tails?.close()
        forwarding?.cancel()
        await forwarding?.value
        let left = await shipper.drain(within: limit)
        await metrics?.close()
        await shipper.close()
        return left
    }
}

extension ShippingPlan {
    /// The steps that a stream's records go through, for captures.
    fileprivate func stages(
        saying say: @escaping @Sendable (String) -> Void
    ) -> @Sendable (LogSource, OutputStream) -> [any RecordStage] {
        { source, _ in
            do {
                return [try stages(for: source)]
            } catch {
                // To spool lines as they are could show what was to be hidden.
                say("The lines of \(source.label) are left out: \(error).")
                return [NoRecords()]
            }
        }
    }
}

/// Lets nothing pass.
private struct NoRecords: RecordStage {
    mutating func take(_ records: [LogRecord], into out: inout [LogRecord]) {}
}
