import ComposePlanner

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
