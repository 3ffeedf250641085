import ComposePlanner
import EngineAPI
import Synchronization

/// Tells those who wait for a container that something happened to it, from one subscription to the engine's events.
///
/// A signal only means "look again", so signals may be merged, and after a broken connection everyone looks again.
final class EventHub: Sendable {
    private struct State {
        var listeners: [ContainerID: [Int: AsyncStream<Void>.Continuation]] = [:]
        var nextListener = 0
    }

    private let state = Mutex(State())
    private let engine: any ContainerEngine
    private let project: String

    /// Between a broken subscription and the next attempt.
    private static let retryDelay: Duration = .milliseconds(250)
    /// How long the engine may be away before who waits looks all the same, and hears so: an engine that is restarted is
    /// back within some seconds.
    private static let longestOutage: Duration = .seconds(20)

    init(engine: any ContainerEngine, project: String) {
        self.engine = engine
        self.project = project
    }

    /// Follows the events until cancelled.
    func run() async {
        let filter = EventFilter(types: ["container"], labels: ["\(ComposeLabels.project)=\(project)"])
        let outage = Outage()
        while !Task.isCancelled {
            try? await engine.withEvents(matching: filter, since: nil) { events in
                outage.end()
                // What happened before the subscription was in force is seen by looking once more.
                self.signalAll()
                // What runs in a container beside its process, as checks do, changes nothing of it.
                for try await event in events where !event.action.hasPrefix("exec_") {
                    self.signal(ContainerID(event.actorID))
                }
            }
            if outage.duration > EventHub.longestOutage { signalAll() }
            try? await Task.sleep(for: EventHub.retryDelay)
        }
    }

    /// How long nobody has said what happens.
    private final class Outage: Sendable {
        private let begin = Mutex<ContinuousClock.Instant?>(nil)

        /// From the first time that it is asked for.
        var duration: Duration {
            begin.withLock { begin in
                let first = begin ?? .now
                begin = first
                return .now - first
            }
        }

        func end() { begin.withLock { $0 = nil } }
    }

    /// Signals for one container, the first at once. At most one is kept for a listener that is busy.
    func signals(for id: ContainerID) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let listener = state.withLock { state in
            state.nextListener += 1
            state.listeners[id, default: [:]][state.nextListener] = continuation
            return state.nextListener
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { state in
                state.listeners[id]?[listener] = nil
                if state.listeners[id]?.isEmpty == true { state.listeners[id] = nil }
            }
        }
        continuation.yield()
        return stream
    }

    private func signal(_ id: ContainerID) {
        let listeners = state.withLock { $0.listeners[id].map { Array($0.values) } ?? [] }
        for listener in listeners { listener.yield() }
    }

    private func signalAll() {
        let listeners = state.withLock { $0.listeners.values.flatMap(\.values) }
        for listener in listeners { listener.yield() }
    }
}
