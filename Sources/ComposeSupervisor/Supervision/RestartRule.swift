package import ComposeModel

/// When the supervisor starts an ended container again, for services whose `deploy.restart_policy` asks for what no
/// engine does: a `delay` or a `window`.
package struct RestartRule: Sendable, Equatable {
    /// Whether an end with code 0 is followed by a start too.
    package var always: Bool
    package var delay: Duration
    /// How long a container must run after a restart for it to have succeeded; nil counts every restart, as engines do.
    package var window: Duration?
    /// How many restarts may fail; nil is without limit.
    package var attempts: Int?

    package init(always: Bool, delay: Duration = .zero, window: Duration? = nil, attempts: Int? = nil) {
        self.always = always
        self.delay = delay
        self.window = window
        self.attempts = attempts
    }

    /// nil where the engine does all that is asked for.
    package init?(_ service: Service) {
        guard let policy = service.deploy?.restartPolicy, policy.delay != nil || policy.window != nil else {
            return nil
        }
        switch policy.condition {
        case "any": always = true
        case "on-failure": always = false
        // Without a condition containers are not restarted, as with Docker Compose.
        default: return nil
        }
        delay = max(policy.delay?.duration ?? .zero, .zero)
        window = policy.window.flatMap { $0.nanoseconds > 0 ? $0.duration : nil }
        attempts = policy.maximumAttempts.flatMap { $0 > 0 ? $0 : nil }
    }
}

/// The restarts of one container under a rule.
///
/// As the Compose Specification has it, `max_attempts` counts restarts that failed: those after which the container did
/// not run for `window`. Restarts that succeeded in between do not take failed ones back; a long stable run does.
struct RestartSeries: Equatable {
    enum Decision: Equatable {
        case restart(after: Duration)
        /// It has ended as it should.
        case done
        /// So many restarts have failed.
        case giveUp(failed: Int)
    }

    private var failed = 0
    private var restartedAt: Duration?

    mutating func restarted(now: Duration) { restartedAt = now }

    mutating func ended(code: Int, _ rule: RestartRule, now: Duration) -> Decision {
        if let restartedAt {
            let run = now - restartedAt
            if run >= max(rule.window ?? .zero, UnhealthySeries.stableTime) {
                failed = 0
            } else if rule.window.map({ run < $0 }) ?? true {
                failed += 1
            }
        }
        restartedAt = nil
        guard rule.always || code != 0 else { return .done }
        if let attempts = rule.attempts, failed >= attempts { return .giveUp(failed: failed) }
        return .restart(after: rule.delay)
    }
}
