import ComposePlanner
import EngineAPI

/// What a container's present state means for someone who waits for it.
enum ReadinessDecision: Equatable {
    case ready
    case pending
    /// It will not happen; a sentence without the container's name.
    case failed(String)

    /// How often a container may have been restarted while someone waits, before that counts as failing: often enough
    /// for a dependency that comes up late, seldom enough to end within seconds.
    static let restartLimit = 5

    /// - Parameters:
    ///   - hasSettled: whether the container has been watched for as long as it is to stay up.
    ///   - restarts: how often it has been restarted since the wait began.
    ///   - rule: when a supervisor starts it again; nil where nobody but the engine does.
    init(
        _ details: ContainerDetails, for readiness: Readiness, hasSettled: Bool, restarts: Int,
        restartedBy rule: RestartRule? = nil
    ) {
        let hasCheck = details.health != .none
        let isTolerated = readiness.allowsRestarts(hasCheck: hasCheck, isSupervised: rule != nil)
        switch details.state {
        case .exited where rule?.follows(details) == true && isTolerated:
            let limit = min(rule?.attempts ?? ReadinessDecision.restartLimit, ReadinessDecision.restartLimit)
            let isReady = details.exitCode == 0 && readiness != .healthy
            self = isReady ? .ready : restarts < limit ? .pending : .looping(details, restarts)
        case .exited, .dead, .removing:
            self = .exited(details, for: readiness)
        case .restarting:
            self = isTolerated && restarts < ReadinessDecision.restartLimit ? .pending : .looping(details, restarts)
        case .created:
            self = .pending
        case .paused:
            self = .failed("is paused")
        case .running:
            if restarts >= ReadinessDecision.restartLimit || !isTolerated && restarts > 0 {
                self = .looping(details, restarts)
            } else {
                self = .running(details, for: readiness, hasSettled: hasSettled)
            }
        }
    }

    private static func exited(_ details: ContainerDetails, for readiness: Readiness) -> ReadinessDecision {
        if !details.failure.isEmpty { return .failed("could not start: \(details.failure)") }
        let memory = details.outOfMemory ? ", because memory ran out" : ""
        switch readiness {
        case .completed, .up:
            return details.exitCode == 0 ? .ready : .failed("exited with code \(details.exitCode)\(memory)")
        case .healthy:
            return .failed("exited with code \(details.exitCode)\(memory) before it was healthy")
        case .steady:
            return .failed("did not stay up: it exited with code \(details.exitCode)\(memory)")
        }
    }

    private static func running(
        _ details: ContainerDetails, for readiness: Readiness, hasSettled: Bool
    ) -> ReadinessDecision {
        switch (readiness, details.health) {
        case (.completed, _): .pending
        case (.healthy, .none):
            .failed("has no healthcheck, so it can never be healthy: give it one, or depend on service_started")
        case (_, .unhealthy): .failed("is unhealthy")
        case (.steady, _), (.up, .none): hasSettled ? .ready : .pending
        case (_, .healthy): .ready
        case (_, .starting): .pending
        }
    }

    private static func looping(_ details: ContainerDetails, _ restarts: Int) -> ReadinessDecision {
        .failed(loop(details, restarts))
    }

    /// What is said of a container that ends again and again.
    static func loop(_ details: ContainerDetails, _ restarts: Int) -> String {
        let count = restarts == 1 ? " (restarted once)" : restarts > 1 ? " (restarted \(restarts) times)" : ""
        // While it runs the engine shows no code of the run before.
        let code = details.state == .running && details.exitCode == 0 ? "" : " with code \(details.exitCode)"
        return "keeps exiting\(code)\(count)"
    }
}

extension RestartRule {
    /// Whether a container that has ended is started again, unless that has been done too often.
    fileprivate func follows(_ details: ContainerDetails) -> Bool {
        details.failure.isEmpty && (always || details.exitCode != 0)
    }
}

extension Readiness {
    /// Whether what is waited for may come about after a restart.
    fileprivate func allowsRestarts(hasCheck: Bool, isSupervised: Bool) -> Bool {
        switch self {
        case .healthy, .completed: true
        case .up: hasCheck || isSupervised
        case .steady: false
        }
    }
}
