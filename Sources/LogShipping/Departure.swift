import Synchronization

/// When a batch that is not full leaves: when its oldest record has waited long enough, or when nothing is to wait any more.
final class Departure: Sendable {
    private struct State {
        var isFlushing = false
        var due = Signal()
    }

    private let clock: any Clock<Duration>
    private let state = Mutex(State())

    init(clock: any Clock<Duration>) { self.clock = clock }

    /// A batch begins to wait. It is due when the signal is raised.
    ///
    /// - Returns: also what to cancel when it has left.
    func begin(_ age: Duration) -> (due: Signal, timer: Task<Void, Never>?) {
        let due = Signal()
        let isFlushing = state.withLock { state in
            state.due = due
            return state.isFlushing
        }
        if isFlushing || age <= .zero {
            due.raise()
            return (due, nil)
        }
        let clock = clock
        return (due, Task { if (try? await clock.sleep(for: age)) != nil { due.raise() } })
    }

    /// From now on no batch waits.
    func flush() {
        let due = state.withLock { state in
            state.isFlushing = true
            return state.due
        }
        due.raise()
    }
}
