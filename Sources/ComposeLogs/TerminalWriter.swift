import Dispatch
package import EngineAPI
import Glibc
import Synchronization

/// Writes to the standard output and the standard error, on a thread of its own.
///
/// `write(2)` may take as long as the one who reads likes: a paused pager, a terminal under Ctrl-S. So nobody else
/// writes; others hand over bytes, which are kept in a ring of limited size and written together. Both outputs share the
/// ring, so that what goes to one terminal stays in order.
package final class TerminalWriter: Sendable {
    /// What happens where the ring is full.
    package enum Policy: Sendable {
        /// Who writes waits: nothing is lost.
        case wait
        /// The oldest is dropped, and a line says how much.
        case skip
    }

    /// Room for tens of thousands of lines, so that a burst does not make a terminal skip.
    package static let defaultCapacity = 4 << 20
    /// How much is put together for one `write(2)`: what a pipe holds. What is as long already is written as it is, without
    /// being copied.
    private static let longestWrite = 64 << 10

    /// How often ``waitForFailure()`` looks whether the reader has gone: soon for a person, and next to nothing to do.
    private static let lookInterval: Duration = .milliseconds(500)

    private struct Chunk {
        let bytes: [UInt8]
        let lines: Int
        let stream: OutputStream
    }

    private struct Waiter {
        let number: Int
        /// How many bytes may be left in the ring.
        let room: Int
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var chunks: [Chunk] = []
        /// Chunks before it are gone; taking from the front of an array moves all the others.
        var first = 0
        /// Bytes in the ring and in the write that is under way.
        var size = 0
        var skippedLines = 0
        var isWriting = false
        var failure: OutputFailure?
        var waiters: [Waiter] = []
        var issued = 0
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "gantry.terminal")
    private let output: Int32
    private let errors: Int32
    private let policy: Policy
    private let capacity: Int
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - output: the file descriptor of the standard output; it stays open.
    ///   - errors: that of the standard error.
    ///   - capacity: of the ring, in bytes.
    package init(
        output: Int32 = STDOUT_FILENO, errors: Int32 = STDERR_FILENO, policy: Policy,
        capacity: Int = TerminalWriter.defaultCapacity, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.output = output
        self.errors = errors
        self.policy = policy
        self.capacity = capacity
        self.clock = clock
    }

    /// Hands over whole lines. Under `.wait` it returns when the ring has room again, under `.skip` at once.
    ///
    /// - Parameter lines: how many lines `bytes` are, for saying how many were skipped.
    /// - Throws: ``OutputFailure`` when an earlier write failed, `CancellationError` when cancelled while it waits;
    ///   the bytes are written nevertheless.
    package func write(_ bytes: [UInt8], lines: Int, to stream: OutputStream) async throws {
        try put(Chunk(bytes: bytes, lines: lines, stream: stream))
        if policy == .wait { try await wait(untilAtMost: capacity) }
    }

    /// Returns when everything handed over has been written.
    package func flush() async throws { try await wait(untilAtMost: 0) }

    /// Why nothing more can be written, nil while it can.
    package var failure: OutputFailure? { state.withLock { $0.failure } }

    /// Waits until nothing more can be written to the standard output, be there something to write or not.
    ///
    /// - Returns: why; nil when the task is cancelled before.
    package func waitForFailure() async -> OutputFailure? {
        // A terminal that hangs up says so by a signal.
        let canClose = isatty(output) == 0
        repeat {
            if canClose, isReaderGone { finished(0, .closed) }
            if let failure { return failure }
        } while (try? await clock.sleep(for: TerminalWriter.lookInterval)) != nil
        return nil
    }

    private var isReaderGone: Bool {
        var request = pollfd(fd: output, events: 0, revents: 0)
        return poll(&request, 1, 0) == 1 && request.revents & Int16(POLLERR | POLLHUP) != 0
    }

    private func put(_ chunk: Chunk) throws {
        guard !chunk.bytes.isEmpty else { return }
        let begins = try state.withLock { state throws -> Bool in
            if let failure = state.failure { throw failure }
            state.chunks.append(chunk)
            state.size += chunk.bytes.count
            while policy == .skip, state.size > capacity, state.chunks.count - state.first > 1 {
                let dropped = state.chunks[state.first]
                state.first += 1
                state.size -= dropped.bytes.count
                state.skippedLines += dropped.lines
            }
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { queue.async { self.writeAll() } }
    }

    private func wait(untilAtMost room: Int) async throws {
        let number = state.withLock { state in
            state.issued += 1
            return state.issued
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let answer = state.withLock { state -> Result<Void, any Error>? in
                    if let failure = state.failure { return .failure(failure) }
                    if state.size <= room { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiters.append(Waiter(number: number, room: room, continuation: continuation))
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

    // MARK: On the queue

    private func writeAll() {
        while let (bytes, stream, size) = nextWrite() {
            let failure = write(bytes, to: stream == .stdout ? output : errors)
            finished(size, failure)
        }
    }

    /// What to write next: all chunks at the front that go to the same place, up to the longest write.
    private func nextWrite() -> (bytes: [UInt8], stream: OutputStream, size: Int)? {
        state.withLock { state in
            guard state.failure == nil, state.first < state.chunks.count else {
                state.isWriting = false
                return nil
            }
            let front = state.chunks[state.first]
            var bytes: [UInt8] = []
            var size = 0
            if state.skippedLines > 0 {
                let lines = state.skippedLines == 1 ? "line" : "lines"
                bytes = Array("-- skipped \(state.skippedLines) \(lines) --\n".utf8)
                state.skippedLines = 0
            }
            while state.first < state.chunks.count, state.chunks[state.first].stream == front.stream,
                size == 0 || size + state.chunks[state.first].bytes.count <= TerminalWriter.longestWrite
            {
                let chunk = state.chunks[state.first]
                state.first += 1
                size += chunk.bytes.count
                if bytes.isEmpty { bytes = chunk.bytes } else { bytes += chunk.bytes }
            }
            if state.first == state.chunks.count || state.first > 1024 {
                state.chunks.removeFirst(state.first)
                state.first = 0
            }
            return (bytes, front.stream, size)
        }
    }

    private func finished(_ size: Int, _ failure: OutputFailure?) {
        let (waiters, answer) = state.withLock { state -> ([Waiter], Result<Void, any Error>) in
            state.size -= size
            if let failure {
                state.failure = state.failure ?? failure
                state.chunks = []
                state.first = 0
                state.size = 0
            }
            let waiters = state.waiters.filter { failure != nil || state.size <= $0.room }
            state.waiters.removeAll { failure != nil || state.size <= $0.room }
            return (waiters, failure.map { .failure($0) } ?? .success(()))
        }
        for waiter in waiters { waiter.continuation.resume(with: answer) }
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) -> OutputFailure? {
        var position = 0
        while position < bytes.count {
            let written = bytes[position...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 {
                position += written
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Someone who shares the descriptor made it non-blocking.
                var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&request, 1, -1)
            case EPIPE: return .closed
            default: return .failed(errno: errno)
            }
        }
        return nil
    }
}
