import ComposeExecutor
import ComposeLogs
import ComposePlanner
import ComposeSupervisor
import DockerEngine
import EngineAPI

/// Keeps the last output of containers that are removed, for `logs --previous`, and passes everything on.
///
/// A removal waits for it no longer than ``patience``, and whatever goes wrong is no failure of the removal.
struct OutputKeeping: PassingObserver {
    /// An idle engine gives the lines within some ten milliseconds; one that is too busy to is not kept from removing.
    private static let patience: Duration = .seconds(2)

    let next: any ApplyObserver
    let engine: any ContainerEngine
    let project: String
    let environment: [String: String]
    /// The engine's address, by which its projects are told from those of others.
    let address: String

    func willRemove(_ container: ContainerID) async {
        await next.willRemove(container)
        await withTaskGroup { group in
            group.addTask { try? await keep(container) }
            group.addTask { try? await Task.sleep(for: OutputKeeping.patience) }
            await group.next()
            group.cancelAll()
        }
    }

    private func keep(_ container: ContainerID) async throws {
        let details = try await engine.container(container)
        // Who called a one-off container has seen what it wrote.
        guard details.labels[ComposeLabels.oneOff] != "True", details.startedAt != nil,
            let source = LogSelection.project(project)
                .source(container, name: details.name, labels: details.labels)
        else { return }
        let folder = try StateDirectory(environment: environment).makeOutputFolder(engine: address, project: project)
        try await KeptOutput(folder: folder).keep(source, from: engine)
    }
}

extension CommandSession {
    /// What is kept of a project's removed containers.
    func keptOutput(of project: String) -> KeptOutput {
        let state = StateDirectory(environment: environment)
        return KeptOutput(folder: state.outputPath(engine: address.description, project: project))
    }
}
