import ComposePlanner
import EngineAPI
import Synchronization

/// Waits for containers, driven by the engine's events.
///
/// While a container with a healthcheck starts, its check is also run here, with a short back-off, until it succeeds
/// once: a service whose check runs every 30 seconds is ready when it is ready. Only success is taken early; failure is
/// the engine's word.
struct ReadinessWaiter: Sendable {
    let engine: any ContainerEngine
    let hub: EventHub
    let probes: ProbeRunner
    let clock: any Clock<Duration>
    let deadline: Duration

    /// How long a container without a healthcheck is watched before it counts as up: a wrong command or a missing file
    /// shows within a second.
    static let settlingTime: Duration = .seconds(1)

    private enum Outcome {
        case ready
        case failed(String)
        case late
    }

    /// Returns when `id` is ready. Throws ``ReadinessFailure`` when it will not be, or when the deadline passes.
    ///
    /// - Parameter rule: when a supervisor starts it again while it is waited for.
    func wait(
        for id: ContainerID, name: String, _ readiness: Readiness, restartedBy rule: RestartRule? = nil
    ) async throws {
        let first = try await engine.container(id)
        let runs = SeenRuns()
        let decide: @Sendable (ContainerDetails, Bool) -> ReadinessDecision = { details, hasSettled in
            // The engine does not count the starts of others.
            let restarts = rule == nil ? details.restartCount - first.restartCount : runs.count(with: details) - 1
            return ReadinessDecision(
                details, for: readiness, hasSettled: hasSettled, restarts: restarts, restartedBy: rule)
        }
        if case .steady = readiness, first.health == .none, first.state == .exited, first.exitCode == 0 {
            // A job that was done before is as good as one that stays.
            return
        }
        switch decide(first, false) {
        case .ready: return
        case .failed(let reason): throw ReadinessFailure(container: id, name: name, reason: reason)
        case .pending: break
        }
        let outcome = try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask { try await watch(id) { decide($0, false) } }
            if first.health != .none, readiness == .healthy || readiness == .up, let check = first.healthCheck {
                group.addTask { try await probes.succeed(check, in: id) ? .ready : nil }
            }
            let time = readiness.settlingTime(hasCheck: first.health != .none)
            if let time {
                group.addTask {
                    // What cannot be run from here is left to the engine.
                    if let check = first.healthCheck { _ = try await probes.succeed(check, in: id) }
                    try await clock.sleep(for: time)
                    return switch decide(try await engine.container(id), true) {
                    case .ready: .ready
                    case .failed(let reason): .failed(reason)
                    case .pending: nil
                    }
                }
            }
            group.addTask { [deadline] in
                try await clock.sleep(for: deadline + (time ?? .zero))
                return .late
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            throw CancellationError()
        }
        switch outcome {
        case .ready: return
        case .failed(let reason): throw ReadinessFailure(container: id, name: name, reason: reason)
        case .late:
            throw ReadinessFailure(
                container: id, name: name,
                reason: "was not \(readiness.adjective(hasCheck: first.health != .none)) within "
                    + "\(deadline.components.seconds) seconds",
                isLate: true, probeOutput: await probes.lastOutput(of: id))
        }
    }

    private func watch(
        _ id: ContainerID, _ decide: @Sendable (ContainerDetails) -> ReadinessDecision
    ) async throws -> Outcome? {
        for await _ in hub.signals(for: id) {
            do {
                switch decide(try await engine.container(id)) {
                case .ready: return .ready
                case .failed(let reason): return .failed(reason)
                case .pending: continue
                }
            } catch let error as EngineError where error.code == .notFound {
                return .failed("was removed by someone else")
            }
        }
        try Task.checkCancellation()
        return nil
    }
}

/// The runs of a container that a wait has seen.
private final class SeenRuns: Sendable {
    private let starts = Mutex<Set<EngineTime?>>([])

    /// How many they are with this one.
    func count(with details: ContainerDetails) -> Int {
        starts.withLock { starts in
            starts.insert(details.startedAt)
            return starts.count
        }
    }
}

/// Why a container is not ready.
struct ReadinessFailure: Error, CustomStringConvertible {
    let container: ContainerID
    let name: String
    let reason: String
    /// Whether the deadline passed, rather than the container failing.
    var isLate = false
    /// What the container's healthcheck printed last when it was run here, later than the engine's own run of it.
    var probeOutput: String?
    var description: String { "\(name) \(reason)" }
}

extension Readiness {
    /// How long a container is watched before it counts as ready; nil where its state or its healthcheck tells at once.
    fileprivate func settlingTime(hasCheck: Bool) -> Duration? {
        switch self {
        case .steady(let time): time
        case .up: hasCheck ? nil : ReadinessWaiter.settlingTime
        case .healthy, .completed: nil
        }
    }

    fileprivate func adjective(hasCheck: Bool) -> String {
        switch self {
        case .healthy: "healthy"
        case .completed: "completed"
        case .up, .steady: hasCheck ? "healthy" : "up"
        }
    }
}
