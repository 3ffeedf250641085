import ComposeSupervisor
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Ctrl-C and its like while a command works.
enum Interruption {
    /// Runs `body`; the first signal cancels it, so that what it began can be taken back, and the second ends the
    /// process at once, which the journal survives.
    ///
    /// - Throws: what `body` throws; after a signal a `CommandExit` with the signal's exit code in place of a
    ///   `CancellationError`.
    static func scope<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let signals = Signals([.interrupt, .terminate, .hangup])
        let received = FirstSignal()
        // Awaited below, so it does not outlive the scope; a task of its own, because a signal cancels it alone.
        let work = Task { try await body() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var isRepeated = false
                for await signal in signals.stream(of: [.interrupt, .terminate, .hangup]) {
                    if isRepeated { _exit(Int32(signal.exitCode)) }
                    isRepeated = true
                    received.signal.withLock { $0 = signal }
                    work.cancel()
                }
            }
            defer { group.cancelAll() }
            do {
                return try await work.value
            } catch is CancellationError {
                guard let signal = received.signal.withLock({ $0 }) else { throw CancellationError() }
                throw CommandExit(rawValue: Int32(signal.exitCode))
            }
        }
    }
}

/// The signal that ended a scope; an object, because a task of the scope writes what the scope reads.
private final class FirstSignal: Sendable {
    let signal = Mutex<Signal?>(nil)
}
