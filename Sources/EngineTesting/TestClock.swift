import Synchronization

/// A clock that stands still until a test moves it, so that code with deadlines is tested without waiting.
///
/// In the manual mode ``advance(by:)`` moves it; ``waitForSleepers(_:)`` tells when the code under test has gone to
/// sleep. In the automatic mode it jumps to the earliest deadline as soon as a given number of tasks sleep.
public final class TestClock: Clock, Sendable {
    /// An instant, counted from the clock's making.
    public struct Instant: InstantProtocol, CustomStringConvertible {
        /// The time since the clock was made.
        public let offset: Duration

        /// Makes an instant.
        public init(offset: Duration) { self.offset = offset }
        /// The instant that is `duration` later.
        public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        /// How much later the other instant is.
        public func duration(to other: Instant) -> Duration { other.offset - offset }
        /// Orders by time.
        public static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
        /// The time since the clock was made.
        public var description: String { "\(offset)" }
    }

    private struct Sleeper {
        var deadline: Instant
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        var count: Int
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var sleepers: [Int: Sleeper] = [:]
        var watchers: [Int: Watcher] = [:]
        var issued = 0

        mutating func newNumber() -> Int {
            issued += 1
            return issued
        }

        /// Moves the clock, never back, and takes out those whose deadline has come, earliest first.
        mutating func advance(to instant: Instant) -> [CheckedContinuation<Void, any Error>] {
            now = max(now, instant)
            let due = sleepers.filter { $0.value.deadline <= now }
            for number in due.keys { sleepers[number] = nil }
            return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }.map(\.value.continuation)
        }

        mutating func satisfiedWatchers() -> [CheckedContinuation<Void, any Error>] {
            let satisfied = watchers.filter { $0.value.count <= sleepers.count }
            for number in satisfied.keys { watchers[number] = nil }
            return satisfied.sorted { $0.key < $1.key }.map(\.value.continuation)
        }
    }

    private let state = Mutex(State())
    private let automaticCount: Int?

    /// Makes a clock at zero that only ``advance(by:)`` moves.
    public init() { automaticCount = nil }

    /// Makes a clock at zero that jumps to the earliest deadline whenever `count` tasks sleep on it. `count` is the
    /// number of tasks that sleep when nothing else can go on: 1 for a retry loop, 2 for such a loop under a deadline.
    public init(advancingWhenSleeping count: Int) { automaticCount = max(1, count) }

    /// The instant at which the clock stands.
    public var now: Instant { state.withLock { $0.now } }
    /// The clock knows no smallest step.
    public var minimumResolution: Duration { .zero }
    /// How many tasks sleep.
    public var sleepers: Int { state.withLock { $0.sleepers.count } }

    /// Moves the clock on and wakes those whose deadline has come, earliest first. It moves in one step: a task that is
    /// woken and sleeps again counts from the new instant.
    public func advance(by duration: Duration) {
        let due = state.withLock { $0.advance(to: $0.now.advanced(by: duration)) }
        for continuation in due { continuation.resume() }
    }

    /// Returns when at least `count` tasks sleep. Throws `CancellationError` when its task is cancelled.
    public func waitForSleepers(_ count: Int) async throws {
        let number = state.withLock { $0.newNumber() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let satisfied = state.withLock { state in
                    state.watchers[number] = Watcher(count: count, continuation: continuation)
                    return state.satisfiedWatchers()
                }
                for continuation in satisfied { continuation.resume() }
                // A cancellation from before the registration found nothing to cancel.
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
    }

    /// Returns when the clock stands at `deadline` or later. Throws `CancellationError` when its task is cancelled.
    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        try Task.checkCancellation()
        let number = state.withLock { $0.newNumber() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let resumed = state.withLock { state -> [CheckedContinuation<Void, any Error>] in
                    if deadline <= state.now { return [continuation] }
                    state.sleepers[number] = Sleeper(deadline: deadline, continuation: continuation)
                    return state.satisfiedWatchers() + automaticallyDue(&state)
                }
                for continuation in resumed { continuation.resume() }
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
    }

    private func automaticallyDue(_ state: inout State) -> [CheckedContinuation<Void, any Error>] {
        guard let automaticCount, state.sleepers.count >= automaticCount,
            let earliest = state.sleepers.values.map(\.deadline).min()
        else { return [] }
        return state.advance(to: earliest)
    }

    private func cancel(_ number: Int) {
        let continuation = state.withLock { state in
            state.sleepers.removeValue(forKey: number)?.continuation
                ?? state.watchers.removeValue(forKey: number)?.continuation
        }
        continuation?.resume(throwing: CancellationError())
    }
}
