package import ComposeExecutor
import ComposeLogs
import EngineAPI
import Synchronization

/// `supervise` from its first operation to its end, with signals obeyed: interrupted while it brings the project up, it
/// takes that back; later, it stops what it keeps.
package struct SupervisedRun: Sendable {
    /// How it ended.
    package struct End: Sendable {
        /// The signal that ended it; nil where somebody took the project down.
        package let signal: Signal?
        /// What was not stopped.
        package let leftovers: [Leftover]
    }

    private let attached: AttachedRun
    private let supervisor: Supervisor
    private let stopper: RunStopper
    private let announce: @Sendable (StopSequence.Action) -> Void
    private let leave: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - attached: shows what the containers write.
    ///   - announce: is told what a signal brings about; must return at once.
    ///   - leave: ends the process with an exit code, at once.
    package init(
        attached: AttachedRun, supervisor: Supervisor, stopper: RunStopper,
        announce: @escaping @Sendable (StopSequence.Action) -> Void, leave: @escaping @Sendable (Int) -> Void
    ) {
        self.attached = attached
        self.supervisor = supervisor
        self.stopper = stopper
        self.announce = announce
        self.leave = leave
    }

    /// Brings up, keeps, and stops at the end.
    ///
    /// - Parameters:
    ///   - signals: those that end the run.
    ///   - reloads: those that have the files read again.
    ///   - bringUp: makes what is declared so.
    ///   - didBringUp: is called when it is.
    /// - Throws: what `bringUp` throws, and `Foreground.Interrupted` in its place where a signal had come before; what
    ///   keeping throws, after which containers run on.
    package func run(
        signals: AsyncStream<Signal>, reloads: AsyncStream<Signal>, reportingTo observer: any ApplyObserver,
        bringUp: @escaping @Sendable (any ApplyObserver) async throws -> Void,
        didBringUp: @escaping @Sendable () -> Void
    ) async throws -> End {
        let interrupt = Interrupt()
        let kept = Gate()
        let isUp = Mutex(false)
        let isStopping = Mutex(false)
        let leftovers = Mutex<[Leftover]>([])
        let driver = StopDriver { [attached, supervisor, stopper, announce] in
            announce(.stopGracefully)
            isStopping.withLock { $0 = true }
            interrupt.strike()
            await kept.wait()
            // What was not brought up was taken back to how it was.
            if isUp.withLock({ $0 }) {
                let left = await stopper.stop(await supervisor.findContainers())
                leftovers.withLock { $0 += left }
            }
            await attached.detach()
        } kill: { [supervisor, stopper, announce] in
            announce(.kill)
            await stopper.kill(supervisor.containers)
        } leave: { [announce, leave] code in
            announce(.leave)
            leave(code)
        }
        return try await withThrowingTaskGroup(of: Signal?.self) { group in
            group.addTask { await driver.run(signals) }
            defer {
                kept.open()
                group.cancelAll()
            }
            do {
                _ = try await attached.run(reportingTo: observer) { [attached, supervisor] observer in
                    defer { kept.open() }
                    // It lasts until it is told to end, though all containers may have ended.
                    await attached.holdWhileStopping()
                    try await interrupt.interrupting { try await bringUp(observer) }
                    isUp.withLock { $0 = true }
                    didBringUp()
                    do {
                        try await interrupt.interrupting { try await supervisor.run(reloads: reloads) }
                        await attached.detach()
                    } catch is CancellationError {
                        // The signal's own doing; what follows is the stop.
                    }
                }
            } catch {
                kept.open()
                if !isStopping.withLock({ $0 }) { group.cancelAll() }
                guard let signal = try await group.next() ?? nil else { throw error }
                throw Foreground.Interrupted(signal: signal, reason: error)
            }
            if !isStopping.withLock({ $0 }) { group.cancelAll() }
            return End(signal: try await group.next() ?? nil, leftovers: leftovers.withLock { $0 })
        }
    }
}
