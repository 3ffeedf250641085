package import ComposeExecutor
import ComposeLogs
import Synchronization

/// An attached `up`, or `supervise`, from its first operation to its end, with signals obeyed: interrupted while it
/// applies, it takes the transaction back; later, it stops what it started, or all that it keeps.
package struct Foreground: Sendable {
    /// How it ended.
    package struct End: Sendable {
        /// The signal that ended it; nil where the containers ended by themselves.
        package let signal: Signal?
        /// The ends of monitored containers, oldest first.
        package let exits: AttachedRun.End
        /// The end for which the others were stopped.
        package let abortCause: ContainerExit?
        /// What was not tidied up, or not stopped.
        package let leftovers: [Leftover]

        /// The command's exit code, as Docker Compose has it: the signal's; where the run was aborted, that of the first
        /// container of `service` to end, else of the one that caused it; and 0 where the containers ended by themselves.
        package func exitCode(from service: String?) -> Int {
            if let signal { return signal.exitCode }
            guard let abortCause else { return 0 }
            return (service.flatMap { exits.firstExit(of: $0) } ?? abortCause).code ?? 1
        }
    }

    /// A signal came before everything was applied.
    package struct Interrupted: Error {
        package let signal: Signal
        /// What became of the application: an `ApplyFailure` that tells whether all of it was taken back.
        package let reason: any Error
    }

    private let run: AttachedRun
    private let keeping: AttachedRun.Keeping?
    private let stopper: RunStopper
    private let announce: @Sendable (StopSequence.Action) -> Void
    private let leave: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - keeping: who keeps the project once it is applied; nil is nobody.
    ///   - announce: is told what a signal brings about, so that it can be said; must return at once.
    ///   - leave: ends the process with an exit code, at once.
    package init(
        run: AttachedRun, keeping: AttachedRun.Keeping? = nil, stopper: RunStopper,
        announce: @escaping @Sendable (StopSequence.Action) -> Void, leave: @escaping @Sendable (Int) -> Void
    ) {
        self.run = run
        self.keeping = keeping
        self.stopper = stopper
        self.announce = announce
        self.leave = leave
    }

    /// Applies and attends until the end.
    ///
    /// - Parameters:
    ///   - signals: those that end the run.
    ///   - didApply: is called when everything is applied.
    /// - Throws: what ``AttachedRun/run(reportingTo:onAbort:_:)`` throws, and ``Interrupted`` in its place where a signal
    ///   had come before.
    package func run(
        signals: AsyncStream<Signal>, reportingTo observer: any ApplyObserver,
        didApply: @escaping @Sendable () -> Void = {},
        _ apply: @escaping @Sendable (any ApplyObserver) async throws -> [Leftover]
    ) async throws -> End {
        let interrupt = Interrupt()
        let applied = Gate()
        let leftovers = Mutex<[Leftover]>([])
        let cause = Mutex<ContainerExit?>(nil)
        let isStopping = Mutex(false)
        let isUp = Mutex(false)
        let driver = StopDriver { [run, keeping, stopper, announce] in
            announce(.stopGracefully)
            isStopping.withLock { $0 = true }
            await run.holdWhileStopping()
            interrupt.strike()
            await applied.wait()
            await run.endKeeping()
            let started = run.startedContainers
            let left: [Leftover]
            // What was not brought up was taken back to how it was.
            if let keeping, keeping.isLasting, isUp.withLock({ $0 }) {
                left = await stopper.stop(started.union(await keeping.supervisor.findContainers()))
            } else {
                left = await stopper.end(started)
            }
            leftovers.withLock { $0 += left }
            await run.detach()
        } kill: { [run, keeping, stopper, announce] in
            announce(.kill)
            if let keeping, keeping.isLasting {
                await stopper.kill(run.startedContainers.union(keeping.supervisor.containers))
            } else {
                await stopper.killEnding(run.startedContainers)
            }
        } leave: { [announce, leave] code in
            announce(.leave)
            leave(code)
        }
        return try await withThrowingTaskGroup(of: Signal?.self) { group in
            group.addTask { await driver.run(signals) }
            defer {
                // Where `apply` was not even begun, nobody is to wait for its end.
                applied.open()
                group.cancelAll()
            }
            let left: [Leftover]
            let end: AttachedRun.End
            do {
                (left, end) = try await run.run(keeping: keeping, reportingTo: observer) { exit in
                    cause.withLock { $0 = exit }
                    await driver.abort()
                } _: { observer in
                    defer { applied.open() }
                    let left = try await interrupt.interrupting { try await apply(observer) }
                    isUp.withLock { $0 = true }
                    keeping?.supervisor.noteUp()
                    didApply()
                    return left
                }
            } catch {
                applied.open()
                // Where the output closes while containers are being stopped, as when Ctrl-C ends all of a pipeline,
                // they are stopped nevertheless.
                if !(error is OutputFailure && isStopping.withLock { $0 }) { group.cancelAll() }
                guard let signal = try await group.next() ?? nil else { throw error }
                throw Interrupted(signal: signal, reason: error)
            }
            // What is being stopped beyond the monitored containers is let finish.
            if !isStopping.withLock({ $0 }) { group.cancelAll() }
            let signal = try await group.next() ?? nil
            return End(
                signal: signal, exits: end, abortCause: cause.withLock { $0 },
                leftovers: left + leftovers.withLock { $0 })
        }
    }
}

/// Cancels a piece of work when struck; what is struck before it begins is cancelled from its beginning.
final class Interrupt: Sendable {
    private let struck = BoundedQueue<Void>(capacity: 1)

    /// Ends what is being done, or is yet to begin.
    func strike() { struck.finish() }

    func interrupting<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask { [struck] in
                _ = await struck.next()
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
                group.cancelAll()
            }
            throw CancellationError()
        }
    }
}
