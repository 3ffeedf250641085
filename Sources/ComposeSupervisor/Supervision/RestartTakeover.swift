import ComposeLogs
package import ComposeModel
import ComposePlanner
package import EngineAPI
import SinkAPI

/// Leaves restarting to a supervisor, and gives it back to the engine.
///
/// While a supervisor runs, the engine's own policy for the services with a ``RestartRule`` is not to restart. A
/// supervisor that was killed leaves it so; the next `supervise`, `up` or `start` puts it right.
package enum RestartTakeover {
    /// The policy of a container that is the supervisor's.
    package static let policy = RestartPolicySpec(name: "no")

    /// Gives the containers of a project the policies that its file declares, where they have others.
    ///
    /// Costs nothing for a project in which no service has a ``RestartRule``. Throws what the engine's calls throw.
    package static func restore(_ project: Project, on engine: any ContainerEngine) async throws {
        let declared = project.services.compactMapValues { RestartRule($0)?.enginePolicy }
        guard !declared.isEmpty else { return }
        let selection = LogSelection.project(project.name, services: Set(declared.keys))
        for (source, _) in try await selection.list(on: engine) {
            guard let policy = declared[source.service] else { continue }
            do {
                guard try await engine.container(source.container).restartPolicy != policy else { continue }
                try await engine.updateContainer(source.container, restartPolicy: policy)
            } catch let error as EngineError where error.code == .notFound || error.code == .unsupported {
                continue
            }
        }
    }
}

extension RestartRule {
    /// What the engine can do of it.
    var enginePolicy: RestartPolicySpec {
        RestartPolicySpec(name: always ? "always" : "on-failure", maximumRetries: attempts ?? 0)
    }
}
