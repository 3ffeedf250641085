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

/// Takes signals over from the system's defaults; a process has one of these.
///
/// They are taken on a thread that is no part of the cooperative pool. A hangup that is ignored when this is made stays
/// ignored, which is what `nohup` asks for; the others are taken over even so. When this goes, the defaults are back.
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
        var sources: [any DispatchSourceSignal] = []
    }

    private let state = Mutex(State())

    package init(_ signals: Set<Signal>) {
        let queue = DispatchQueue(label: "gantry.signals")
        let taken = signals.filter { $0 != .hangup || !Signals.isIgnored($0) }
        for signal in taken {
            state.withLock { state in
                let source = DispatchSource.makeSignalSource(signal: signal.number, queue: queue)
                source.setEventHandler { [weak self] in
                    // The system merges signals that come quickly; Ctrl-C twice within that time is meant once.
                    self?.deliver(signal)
                }
                source.resume()
                state.sources.append(source)
            }
        }
    }

    deinit {
        let listeners = state.withLock { state in
            for source in state.sources { source.cancel() }
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

    /// Makes writing to a closed pipe an error rather than the process's silent end. To be called before anything is
    /// written. Programs that this process runs inherit it, unless whoever runs them resets it.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    private func deliver(_ signal: Signal) {
        let listeners = state.withLock { $0.listeners.values.filter { $0.signals.contains(signal) } }
        for listener in listeners { listener.continuation.yield(signal) }
    }

    private static func isIgnored(_ signal: Signal) -> Bool {
        var action = sigaction()
        guard sigaction(signal.number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
