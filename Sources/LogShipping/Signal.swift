import Synchronization

/// Something that happens any number of times, and who waits for it.
final class Signal: Sendable {
    private struct Waiter {
        let number: Int
        let past: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var count = 0
        var waiters: [Waiter] = []
        var issued = 0
    }

    private let state = Mutex(State())

    /// How often it has happened.
    var count: Int { state.withLock { $0.count } }

    func raise() {
        let woken = state.withLock { state in
            state.count += 1
            let woken = state.waiters.filter { $0.past < state.count }
            state.waiters.removeAll { $0.past < state.count }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Returns when it has happened more than `past` times, and when the task is cancelled.
    func wait(past: Int = 0) async {
        let number = state.withLock { state in
            state.issued += 1
            return state.issued
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.count > past || Task.isCancelled { return true }
                    state.waiters.append(Waiter(number: number, past: past, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume()
        }
    }
}
