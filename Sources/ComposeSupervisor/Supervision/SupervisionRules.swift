package import ComposeModel
import ComposePlanner

/// What a project's files say about keeping it up, by service.
package struct SupervisionRules: Sendable, Equatable {
    struct Rule: Sendable, Equatable {
        var unhealthy: UnhealthyPolicy?
        var restart: RestartRule?
        /// The services that restart with this one, and what they then wait for.
        var dependents: [String: Dependency.Condition] = [:]
        /// The signals that a person stops it with.
        var stopSignals = SupervisionRules.usualStopSignals
    }

    /// What ends a process that is told to stop, by name and number as engines' events have it.
    private static let usualStopSignals: Set<String> = [
        "SIGTERM", "15", "SIGKILL", "9", "SIGINT", "2", "SIGQUIT", "3",
    ]

    private var rules: [String: Rule] = [:]

    /// - Throws: ``SupervisionProblem`` for a setting that means nothing.
    package init(_ project: Project) throws(SupervisionProblem) {
        for (name, service) in project.services {
            rules[name, default: Rule()].unhealthy = try UnhealthyPolicy(service)
            rules[name, default: Rule()].restart = RestartRule(service)
            if let signal = service.stopSignal { rules[name, default: Rule()].stopSignals.insert(signal) }
            for (needed, dependency) in service.dependencies
            where dependency.restart && project.services[needed] != nil {
                rules[needed, default: Rule()].dependents[name] = dependency.condition
            }
        }
    }

    /// Whether any service asks for what no engine does.
    package var areNeeded: Bool {
        rules.values.contains { $0.unhealthy != nil || $0.restart != nil || !$0.dependents.isEmpty }
    }

    /// nil for a service that the project does not have.
    subscript(service: String) -> Rule? { rules[service] }

    /// The services whose containers the engine leaves to the supervisor.
    package var takenOver: Set<String> { Set(rules.filter { $0.value.restart != nil }.keys) }
}
