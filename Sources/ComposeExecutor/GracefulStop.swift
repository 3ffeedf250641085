import ComposePlanner
import EngineAPI

/// A container that did not end within its grace period, so that the engine killed it.
package struct UnheededStop: Sendable, Equatable {
    package let container: String
    package let service: String
    package let grace: Duration
    /// The signal that was to end it.
    package let signal: String
    /// Whether an init of the engine's passed the signal on.
    package let hasInit: Bool

    package init(container: String, service: String, grace: Duration, signal: String, hasInit: Bool) {
        self.container = container
        self.service = service
        self.grace = grace
        self.signal = signal
        self.hasInit = hasInit
    }
}

/// Stops a container, and tells how long it may take and whether it had to be killed.
struct GracefulStop: Sendable {
    /// What ends sooner is not worth a look: most containers end at once.
    static let patience: Duration = .seconds(1)
    /// How long after the grace period the engine may need to kill: it acts at once, a busy one within seconds. One that
    /// takes longer does not come to it, as has been seen of a stop beside an earlier one whose caller had gone.
    static let overrun: Duration = .seconds(5)
    /// The engine's own where a container has none.
    private static let defaultGrace: Duration = .seconds(10)
    /// 128 and SIGKILL.
    private static let killedCode = 137

    let engine: any ContainerEngine
    let clock: any Clock<Duration>
    let observer: any ApplyObserver

    /// Returns when the container has ended: where the engine does not kill it after its grace period, it is killed.
    ///
    /// - Parameter grace: nil is the container's own.
    func stop(_ id: ContainerID, _ operation: Operation, name: String, grace: Duration?) async throws {
        let time = Stopwatch(clock)
        let (whole, elapsed) = try await withThrowingTaskGroup(of: Duration?.self) { group in
            group.addTask { await watch(id, operation, grace, time) }
            defer { group.cancelAll() }
            try await engine.stopContainer(id, timeout: grace)
            let elapsed = time.elapsed
            group.cancelAll()
            return (try await group.next() ?? nil, elapsed)
        }
        // A grace period of none is a wish to kill, and nothing to tell.
        guard let whole, whole > .zero, elapsed >= whole, let end = try? await engine.container(id),
            end.exitCode == GracefulStop.killedCode, !end.outOfMemory
        else { return }
        observer.report(
            .killed(
                operation,
                UnheededStop(
                    container: name, service: operation.service ?? name, grace: whole,
                    signal: GracefulStop.fullName(end.stopping.signal ?? "SIGTERM"), hasInit: end.stopping.hasInit)))
    }

    /// Tells of the grace period, and kills when it has long passed. It ends early when cancelled.
    ///
    /// - Returns: the grace period, nil where it was not asked for.
    private func watch(
        _ id: ContainerID, _ operation: Operation, _ grace: Duration?, _ time: Stopwatch
    ) async -> Duration? {
        try? await clock.sleep(for: GracefulStop.patience)
        if Task.isCancelled { return nil }
        guard let settings = try? await engine.container(id).stopping else { return nil }
        let whole = grace ?? settings.timeout ?? GracefulStop.defaultGrace
        // Less than none is without end.
        if whole < .zero { return nil }
        if whole > time.elapsed { observer.report(.graceBegan(operation, remaining: whole - time.elapsed)) }
        try? await clock.sleep(for: whole + GracefulStop.overrun - time.elapsed)
        // What it kills ends the stop too.
        if !Task.isCancelled { try? await engine.killContainer(id, signal: "SIGKILL") }
        return whole
    }

    /// `SIGINT` for `INT`, and a number as it is.
    private static func fullName(_ signal: String) -> String {
        signal.hasPrefix("SIG") || signal.allSatisfy(\.isNumber) ? signal : "SIG" + signal
    }
}

/// Measures on any clock.
struct Stopwatch: Sendable {
    private let read: @Sendable () -> Duration

    init<Time: Clock<Duration>>(_ clock: Time) {
        let start = clock.now
        read = { start.duration(to: clock.now) }
    }

    var elapsed: Duration { read() }
}
