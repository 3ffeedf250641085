import ComposeLogs
import EngineAPI
import Synchronization

extension AttachedRun {
    /// Who keeps what a run has brought up.
    package struct Keeping: Sendable {
        package let supervisor: Supervisor
        /// An element for each time that the files are to be read again.
        package let reloads: AsyncStream<Signal>

        package init(_ supervisor: Supervisor, reloads: AsyncStream<Signal>) {
            self.supervisor = supervisor
            self.reloads = reloads
        }

        /// Whether the run lasts until it is told to end, though all containers may have ended.
        var isLasting: Bool { supervisor.isLasting }
    }

    /// Ends the keeping, so that nothing is started again: what has ended stays so. Returns when the engine has its
    /// restart policies back.
    package func endKeeping() async { await keepingTime.end() }

    /// Keeps what comes up and is up, until ``endKeeping()``.
    func keep(_ keeping: Keeping?) async {
        guard let keeping else { return }
        defer { keeping.supervisor.didEnd() }
        guard keepingTime.begin() else {
            await inbox.send(.kept(nil))
            return
        }
        var failure: (any Error)?
        var isOver = false
        do {
            try await keepingTime.interrupt.interrupting { [inbox] in
                try await keeping.supervisor.run(isComingUp: true, reloads: keeping.reloads) {
                    await inbox.send(.kept($0))
                }
            }
            isOver = true
        } catch is CancellationError {
            // That is how it ends.
        } catch { failure = error }
        do {
            if keeping.supervisor.isUp {
                try await RestartTakeover.restore(keeping.supervisor.project, on: engine)
            } else {
                await keeping.supervisor.giveBack()
            }
        } catch {
            warn("The engine has not got its restart policies back (\(error)); the next `gantry up` gives them back.")
        }
        await inbox.send(.kept(nil))
        keepingTime.finish()
        if let failure {
            if keeping.isLasting {
                await inbox.send(.failed(failure))
            } else {
                warn("Nothing is kept any more: \(failure)")
            }
        } else if isOver, keeping.isLasting {
            await detach()
        }
    }
}

/// When a run is kept: it begins at most once, and not at all where it has been ended before.
final class KeepingTime: Sendable {
    private enum Phase { case before, begun, never }

    let interrupt = Interrupt()
    private let phase = Mutex(Phase.before)
    private let done = Gate()

    func begin() -> Bool {
        phase.withLock { phase in
            if phase == .before { phase = .begun }
            return phase == .begun
        }
    }

    func finish() { done.open() }

    func end() async {
        let hasBegun = phase.withLock { phase in
            if phase == .before { phase = .never }
            return phase == .begun
        }
        interrupt.strike()
        if hasBegun { await done.wait() }
    }
}
