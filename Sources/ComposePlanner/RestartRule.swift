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
