import Synchronization

/// Which segments there are and what of them is durable: what the writer tells its readers, who wait here for more.
final class SegmentCatalog: Sendable {
    /// More damaged parts than anybody looks at one by one; further ones are counted again where they are met again.
    static let mostDamage = 1000

    struct Contents: Sendable {
        /// Oldest first; the last one may be written to.
        var segments: [SegmentSummary]
        /// The sequence after the last durable line.
        var end: UInt64
        /// What is before it was dropped to make room, as far as it is not there.
        var droppedEnd: UInt64 = 0
        /// Where sinks go on whose backlog was dropped.
        var evictions: [String: UInt64] = [:]
        /// Rises when a segment is removed and when cursors have moved.
        var revision = 0
        var isClosed = false
        var damage: [SpoolDamage] = []
        var damagedBytes = 0
        var lostRecords: UInt64 = 0

        var bytes: Int { segments.reduce(0) { $0 + $1.bytes } }

        /// The segment that has the line at `position`, or the first one behind it.
        func segment(for position: UInt64) -> SegmentSummary? { segments.first { $0.end > position } }

        /// Durable bytes from `position` on, estimated within a segment by its lines' mean size.
        func bytes(from position: UInt64) -> Int {
            segments.reduce(0) { sum, segment in
                guard segment.end > max(position, segment.first) else { return sum }
                let share = Double(segment.end - max(position, segment.first)) / Double(segment.end - segment.first)
                return sum + Int(Double(segment.bytes) * share)
            }
        }
    }

    private struct Waiter {
        let number: Int
        let isOver: @Sendable (Contents) -> Bool
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var contents: Contents
        var waiters: [Waiter] = []
        var issued = 0
    }

    private let state: Mutex<State>

    init(_ contents: Contents) { state = Mutex(State(contents: contents)) }

    func read<Value>(_ body: (Contents) -> Value) -> Value { state.withLock { body($0.contents) } }

    /// Changes the contents and wakes whom it concerns.
    func change(_ body: (inout Contents) -> Void) {
        let woken = state.withLock { state -> [Waiter] in
            body(&state.contents)
            let contents = state.contents
            let woken = state.waiters.filter { $0.isOver(contents) }
            if !woken.isEmpty { state.waiters.removeAll { waiter in woken.contains { $0.number == waiter.number } } }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Waits until the contents are as `isOver` wants them.
    ///
    /// - Throws: `CancellationError` when cancelled meanwhile.
    func wait(until isOver: @escaping @Sendable (Contents) -> Bool) async throws {
        let number = state.withLock { state in
            state.issued += 1
            return state.issued
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let answer = state.withLock { state -> Result<Void, any Error>? in
                    if isOver(state.contents) { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiters.append(Waiter(number: number, isOver: isOver, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
                return state.waiters.remove(at: index)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }
}

extension SegmentCatalog.Contents {
    /// Takes note of a segment that was begun, or of which more is durable now.
    mutating func update(_ segment: SegmentSummary) {
        if let last = segments.last, last.name == segment.name {
            segments[segments.count - 1] = segment
        } else {
            segments.append(segment)
        }
        end = segment.end
    }

    /// Counts a damaged part that a reader met, unless it is known already.
    mutating func note(_ found: SpoolDamage) {
        guard !damage.contains(where: { $0.segment == found.segment && $0.bytes.overlaps(found.bytes) }) else { return }
        damagedBytes += found.bytes.count
        lostRecords += found.records
        if damage.count < SegmentCatalog.mostDamage { damage.append(found) }
    }
}
