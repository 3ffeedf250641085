package import ComposeExecutor
package import ComposeModel
import ComposePlanner
package import EngineAPI

/// Stops what a run started, and nothing else.
package struct RunStopper: Sendable {
    private let engine: any ContainerEngine
    private let executor: Executor
    private let project: String
    private let declared: Project?
    private let grace: Int?

    /// - Parameters:
    ///   - declared: the project as its file has it, nil where there is none.
    ///   - grace: seconds before a stop kills; nil leaves the containers' own.
    package init(
        engine: any ContainerEngine, executor: Executor, project: String, declared: Project? = nil, grace: Int?
    ) {
        self.engine = engine
        self.executor = executor
        self.project = project
        self.declared = declared
        self.grace = grace
    }

    /// Stops those of `containers` that run, each after those that depend on it and after its `pre_stop` hooks.
    ///
    /// - Returns: what could not be stopped.
    package func stop(_ containers: Set<ContainerID>) async -> [Leftover] {
        do {
            var observed = try await Observer(engine: engine).observe(project: project)
            observed.holds = (try? await executor.holds()) ?? HoldSet()
            observed.containers.removeAll { !containers.contains($0.id) }
            var options = DownOptions()
            options.stopGrace = grace
            return await executor.carryOut(
                DownPlanner.stop(project, project: declared, observed: observed, options: options))
        } catch { return [Leftover(what: "the containers of this run", reason: String(describing: error))] }
    }

    /// Kills those of `containers` that run, all at once.
    package func kill(_ containers: Set<ContainerID>) async {
        await withDiscardingTaskGroup { group in
            for id in containers {
                // Refused where it does not run; what else could not be killed is found by whoever waits for it.
                group.addTask { try? await engine.killContainer(id, signal: "SIGKILL") }
            }
        }
    }
}
