import Synchronization

/// What a process wrote so far, and a way to wait for more.
final class Transcript: Sendable {
    enum Channel: Sendable { case output, error }

    private struct State {
        var output: [UInt8] = []
        var error: [UInt8] = []
        var isOver = false
        var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextWatcher = 0
    }

    private let state = Mutex(State())

    /// No scenario prints nearly as much; a runaway process must not fill the memory.
    private static let limit = 32 << 20

    var output: String { state.withLock { String(decoding: $0.output, as: UTF8.self) } }
    var error: String { state.withLock { String(decoding: $0.error, as: UTF8.self) } }

    func append(_ bytes: some Collection<UInt8>, to channel: Channel) throws {
        let watchers = try state.withLock { state in
            guard state.output.count + state.error.count + bytes.count <= Transcript.limit else {
                throw TranscriptOverflow()
            }
            switch channel {
            case .output: state.output += bytes
            case .error: state.error += bytes
            }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.yield() }
    }

    func finish() {
        let watchers = state.withLock { state in
            state.isOver = true
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.yield() }
    }

    /// Returns as soon as `condition` holds for what was written.
    ///
    /// - Throws: ``NeverWritten`` when the process has ended, or the task is cancelled, and it does not hold.
    func wait(for what: String, _ condition: (Transcript) -> Bool) async throws {
        // What comes between a look and the next one is one change, so one buffered mark suffices.
        let (changes, watcher) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let key = state.withLock { state in
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = watcher
            return state.nextWatcher
        }
        defer { _ = state.withLock { $0.watchers.removeValue(forKey: key) } }
        var iterator = changes.makeAsyncIterator()
        while true {
            let isOver = state.withLock { $0.isOver }
            if condition(self) { return }
            guard !isOver, await iterator.next() != nil else {
                throw NeverWritten(what: what, output: output, error: error)
            }
        }
    }
}

struct NeverWritten: Error, CustomStringConvertible {
    let what: String
    let output: String
    let error: String
    var description: String { "the command never wrote \(what)\n--- stdout\n\(output)\n--- stderr\n\(error)" }
}

struct TranscriptOverflow: Error, CustomStringConvertible {
    var description: String { "the command wrote more than a scenario ever reads" }
}
