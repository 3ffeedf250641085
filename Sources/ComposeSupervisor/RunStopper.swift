package import ComposeExecutor
package import ComposeModel
import ComposePlanner
package import EngineAPI

/// Stops what a run started, and nothing else.
package struct RunStopper: Sendable {
    /// How often it looks whether other runs have ended: they take seconds, and two of them end at a time seldom.
    private static let look: Duration = .milliseconds(200)

    private let engine: any ContainerEngine
    private let executor: Executor
    private let project: String
    private let declared: Project?
    private let grace: Int?
    private let run: String?

    /// - Parameters:
    ///   - declared: the project as its file has it, nil where there is none.
    ///   - grace: seconds before a stop kills; nil leaves the containers' own.
    ///   - run: by what identifier the run holds services; nil where it holds none.
    package init(
        engine: any ContainerEngine, executor: Executor, project: String, declared: Project? = nil, grace: Int?,
        run: String? = nil
    ) {
        self.engine = engine
        self.executor = executor
        self.project = project
        self.declared = declared
        self.grace = grace
        self.run = run
    }

    /// Ends the run: stops what it started and nobody else needs, as ``ComposePlanner/HoldSet`` has it, each container
    /// after those that depend on it and after its `pre_stop` hooks.
    ///
    /// What only other runs need that are ending too, it stops when they have stopped theirs.
    ///
    /// - Returns: what could not be stopped, and what stays because others need it.
    package func end(_ started: Set<ContainerID>) async -> [Leftover] {
        await stopping {
            // Before others are looked at: of two that end at a time one must see that the other does.
            if let run { await executor.release(run) }
            var left: [Leftover] = []
            while true {
                let (release, observed) = try await release(of: started)
                await executor.leave(release.heirs)
                if !release.ending.isEmpty { left += try await stop(release.ending, of: observed) }
                guard !release.passing.isEmpty else {
                    let staying = release.staying.sorted { $0.key < $1.key }
                    return left + staying.map { Leftover(what: $0, reason: $1, isInUse: true) }
                }
                try await Task.sleep(for: RunStopper.look)
            }
        }
    }

    /// Stops those of `containers` that run, each after those that depend on it and after its `pre_stop` hooks.
    ///
    /// - Parameter releasing: whether nobody holds them afterwards, rather than who held them before.
    /// - Returns: what could not be stopped.
    package func stop(_ containers: Set<ContainerID>, releasing: Bool = true) async -> [Leftover] {
        await stopping { try await stop(containers, of: try await observe(), releasing: releasing) }
    }

    private func stopping(_ body: () async throws -> [Leftover]) async -> [Leftover] {
        do {
            return try await body()
        } catch { return [Leftover(what: "the containers of this run", reason: String(describing: error))] }
    }

    private func observe() async throws -> ObservedState {
        var observed = try await Observer(engine: engine).observe(project: project)
        observed.holds = (try? await executor.holds()) ?? HoldSet()
        return observed
    }

    private func release(of started: Set<ContainerID>) async throws -> (RunRelease, ObservedState) {
        let observed = try await observe()
        return (observed.holds.release(of: run, started: started, among: observed.containers), observed)
    }

    private func stop(
        _ containers: Set<ContainerID>, of observed: ObservedState, releasing: Bool = true
    ) async throws -> [Leftover] {
        var observed = observed
        observed.containers.removeAll { !containers.contains($0.id) }
        var options = DownOptions()
        options.stopGrace = grace
        var plan = DownPlanner.stop(project, project: declared, observed: observed, options: options)
        if !releasing { plan.holds = HoldChange() }
        return await executor.carryOut(plan)
    }

    /// Kills what ``end(_:)`` stops.
    package func killEnding(_ started: Set<ContainerID>) async {
        var (ending, staying) = (started, Set<ContainerID>())
        if let (release, observed) = try? await release(of: started) {
            ending.formUnion(release.ending)
            staying = Set(observed.containers.filter { release.staying[$0.service] != nil }.map(\.id))
        }
        await kill(ending.subtracting(staying))
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
