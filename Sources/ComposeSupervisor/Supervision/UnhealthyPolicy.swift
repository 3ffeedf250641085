package import ComposeModel

/// What is done when a service's container becomes unhealthy: `x-gantry: {on_unhealthy: restart}`, or with a limit
/// `x-gantry: {on_unhealthy: {action: restart, attempts: 5}}`.
package struct UnhealthyPolicy: Sendable, Equatable {
    package enum Action: String, Sendable, CaseIterable {
        /// It is restarted, after a while that grows.
        case restart
        /// It is stopped, and stays so.
        case stop
        /// It is only said.
        case notify
    }

    /// How often a container is restarted for its health where the file does not say: enough for a dependency that
    /// comes back after a minute, few enough that a container that is beyond help is left for people to look at.
    package static let defaultAttempts = 5

    package var action: Action
    package var attempts: Int

    package init(_ action: Action, attempts: Int = defaultAttempts) {
        self.action = action
        self.attempts = attempts
    }

    /// The policy of a service, nil where it has none.
    ///
    /// - Throws: ``SupervisionProblem`` for what means nothing.
    package init?(_ service: Service) throws(SupervisionProblem) {
        guard let value = service.extensions["x-gantry"]?["on_unhealthy"], value != .null else { return nil }
        let place = "Service \(service.name): x-gantry.on_unhealthy"
        let actions = Action.allCases.map(\.rawValue).joined(separator: ", ")
        guard case .string(let text) = value["action"] ?? value, let action = Action(rawValue: text) else {
            throw SupervisionProblem("\(place) is none of \(actions).")
        }
        self.init(action)
        switch value["attempts"] {
        case nil: break
        case .int(let count)? where (1...Int64(Int32.max)).contains(count): attempts = Int(count)
        default: throw SupervisionProblem("\(place).attempts is not a number from 1 on.")
        }
    }
}

/// Why a project cannot be supervised as its files have it. A sentence.
package struct SupervisionProblem: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// The restarts of one container for its health.
struct UnhealthySeries: Equatable {
    /// Before the first restart: a moment, for a container that is only just overloaded.
    static let shortestDelay: Duration = .seconds(1)
    /// Before the seventh and those after it: seldom enough to leave a broken dependency in peace, often enough to be
    /// back a minute after it.
    static let longestDelay: Duration = .seconds(60)
    /// How long a container must be healthy, or a restarted one run, before its past is forgotten: longer than a loop of
    /// crashes with any usual delay, short enough that a bad day does not count the next one.
    static let stableTime: Duration = .seconds(600)

    enum Decision: Equatable {
        case restart(after: Duration, attempt: Int)
        /// The limit is reached.
        case giveUp
    }

    private var attempts = 0
    private var healthySince: Duration?

    mutating func becameHealthy(now: Duration) { healthySince = healthySince ?? now }

    mutating func becameUnhealthy(limit: Int, now: Duration) -> Decision {
        if let since = healthySince, now - since >= UnhealthySeries.stableTime { attempts = 0 }
        healthySince = nil
        guard attempts < limit else { return .giveUp }
        attempts += 1
        // Past this exponent the longest delay is in force anyway.
        let growth = 1 << min(attempts - 1, 16)
        return .restart(
            after: min(UnhealthySeries.shortestDelay * growth, UnhealthySeries.longestDelay), attempt: attempts)
    }
}
