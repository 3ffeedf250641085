import Dispatch
import Glibc
import Synchronization

/// A signal that a foreground command acts on.
package enum Signal: Sendable, Hashable, CaseIterable {
    /// Ctrl-C.
    case interrupt
    /// What `kill` sends, and a service manager.
    case terminate
    /// The terminal has gone.
    case hangup
    /// The terminal has another size.
    case windowChange

    package var number: Int32 {
        switch self {
        case .interrupt: SIGINT
        case .terminate: SIGTERM
        case .hangup: SIGHUP
        case .windowChange: SIGWINCH
        }
    }

    /// The exit code of a command that ends because of the signal, as shells count: 130 for Ctrl-C.
    package var exitCode: Int { 128 + Int(number) }
}

/// Where the handler writes what it was called with; -1 where nobody takes signals.
private let handlerOutput = Atomic<Int32>(-1)

/// Takes signals over from the system's defaults; a process has at most one of these at a time.
///
/// From its making on no signal is lost. They are read on a thread that is no part of the cooperative pool. A hangup that
/// is ignored when this is made stays ignored, which is what `nohup` asks for; the others are taken over even so.
/// Programs that this process runs get the system's defaults. When this goes, what was before is back.
package final class Signals: Sendable {
    /// How many signals wait for a listener. Three end everything; of what else is sent the first say enough.
    private static let waitingSignals = 8

    private struct Listener {
        let signals: Set<Signal>
        let continuation: AsyncStream<Signal>.Continuation
    }

    private struct State {
        var listeners: [Int: Listener] = [:]
        var issued = 0
        var source: (any DispatchSourceRead)?
    }

    private let state = Mutex(State())
    private let before: [(Signal, sigaction)]

    package init(_ signals: Set<Signal>) {
        var ends: [Int32] = [-1, -1]
        // Where there is no descriptor left for a pipe the signals keep their defaults, which end the process.
        guard pipe(&ends) == 0 else {
            before = []
            return
        }
        let (input, output) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            // A handler must not wait; what does not fit is more than anyone reads.
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        handlerOutput.store(output, ordering: .sequentiallyConsistent)
        before = signals.compactMap(Signals.takeOver)
        state.withLock { state in
            let queue = DispatchQueue(label: "gantry.signals")
            let source = DispatchSource.makeReadSource(fileDescriptor: input, queue: queue)
            source.setEventHandler { [weak self] in
                var number: UInt8 = 0
                while read(input, &number, 1) == 1 { self?.deliver(Int32(number)) }
            }
            source.setCancelHandler {
                close(input)
                close(output)
            }
            source.resume()
            state.source = source
        }
    }

    deinit {
        for (signal, action) in before {
            var action = action
            sigaction(signal.number, &action, nil)
        }
        handlerOutput.store(-1, ordering: .sequentiallyConsistent)
        let listeners = state.withLock { state in
            state.source?.cancel()
            return state.listeners.values.map(\.continuation)
        }
        for listener in listeners { listener.finish() }
    }

    /// The signals that come from here on.
    package func stream(of signals: Set<Signal>) -> AsyncStream<Signal> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Signal.self, bufferingPolicy: .bufferingOldest(Signals.waitingSignals))
        let number = state.withLock { state in
            state.issued += 1
            state.listeners[state.issued] = Listener(signals: signals, continuation: continuation)
            return state.issued
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }

    /// Lets Ctrl-C end this process from here on, where whoever started it had that ignored.
    ///
    /// Shells without job control start what is in the background so. It is not heeded, as Docker Compose does not heed
    /// it either: a script that sends SIGINT to `up &` means to end it, and it would be lost until this process listens.
    package static func heedInterrupts() {
        var action = sigaction()
        guard sigaction(SIGINT, nil, &action) == 0, isIgnored(action) else { return }
        signal(SIGINT, SIG_DFL)
    }

    /// Makes writing to a closed pipe an error rather than the process's silent end. To be called before anything is
    /// written. Programs that this process runs inherit it, unless whoever runs them resets it.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    private func deliver(_ number: Int32) {
        guard let signal = Signal.allCases.first(where: { $0.number == number }) else { return }
        let listeners = state.withLock { $0.listeners.values.filter { $0.signals.contains(signal) } }
        for listener in listeners { listener.continuation.yield(signal) }
    }

    /// - Returns: the signal with what was done about it before; nil where it is left alone.
    private static func takeOver(_ signal: Signal) -> (Signal, sigaction)? {
        var old = sigaction()
        guard sigaction(signal.number, nil, &old) == 0, signal != .hangup || !isIgnored(old) else { return nil }
        var new = sigaction()
        // In a handler only what `signal-safety(7)` lists is allowed: `write` is.
        new.__sigaction_handler.sa_handler = { number in
            let error = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(handlerOutput.load(ordering: .sequentiallyConsistent), &byte, 1)
            errno = error
        }
        new.sa_flags = SA_RESTART
        return sigaction(signal.number, &new, nil) == 0 ? (signal, old) : nil
    }

    private static func isIgnored(_ action: sigaction) -> Bool {
        unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
