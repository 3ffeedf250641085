package import ComposePlanner
package import ComposeState
import EngineAPI

extension Executor {
    /// The project's transactions that an interrupted command left open.
    package func interrupted() async throws -> [JournaledTransaction] { try await journal.unfinished(in: scope) }

    /// What ends the project's interrupted replacements of which the journal knows nothing, because it was lost.
    ///
    /// The caller must hold the project's lock. A command that runs with another state folder is taken for interrupted
    /// all the same, so nothing but a person's wish may lead here.
    package func planRecovery() async throws -> Plan {
        let observed = try await Observer(engine: engine).observe(project: scope.project)
        let known = try await journal.unfinished(in: scope).map(\.id.rawValue)
        var ended: [ContainerID: EngineTime] = [:]
        for container in RecoveryPlanner.predecessors(in: observed) {
            ended[container.id] = try await engine.container(container.id).finishedAt
        }
        return RecoveryPlanner.plan(scope.project, observed: observed, known: Set(known), ended: ended)
    }
}
