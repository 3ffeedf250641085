package import ComposeModel
package import ComposePlanner
package import EngineAPI

/// Carries out what a supervisor decides, as the project's only writer, and reads its files.
package protocol SupervisedProject: Sendable {
    /// Brings `project` up as a transaction; does nothing where all is as declared.
    ///
    /// - Parameters:
    ///   - command: what messages call it.
    ///   - wanted: a container that nobody may have told Gantry to stop, else ``NotWanted`` is thrown.
    ///   - adjust: makes of what there is what the plan is to see. What it throws is thrown before anything has changed.
    /// - Throws: where the project was taken back to how it was. The reason has been said.
    func apply(
        _ project: Project, _ options: UpOptions, command: String, ifWanted wanted: ContainerID?,
        adjust: @escaping @Sendable (ObservedState) throws -> ObservedState
    ) async throws
    /// Reads the files again. Throws where they are not valid; the reason has been said.
    func reload() async throws -> Project
    /// Whether nobody has told Gantry to stop a container, as far as is known.
    func isWanted(_ container: ContainerID) async -> Bool
}

/// Somebody has told Gantry to stop the container.
package struct NotWanted: Error {
    package init() {}
}

/// Somebody has taken the whole project down.
package struct TakenDown: Error {}

extension ObservedState {
    /// As a plan is to see it that leaves alone what rests on purpose: those containers count as being restarted, so that
    /// it neither starts them nor looks whether they are connected.
    func leaving(_ resting: Set<ContainerID>) -> ObservedState {
        var seen = self
        seen.containers = containers.map { container in
            guard resting.contains(container.id), !container.summary.state.isRunning else { return container }
            var summary = container.summary
            summary.state = .restarting
            return ObservedContainer(summary) ?? container
        }
        return seen
    }

    /// With one container alone.
    func only(_ id: ContainerID) -> ObservedState {
        var seen = self
        seen.containers = containers.filter { $0.id == id }
        return seen
    }

    /// Throws ``TakenDown`` where nothing at all is left of the project, its networks included; single containers that
    /// are missing are no such thing.
    func checkThere(_ project: String) throws {
        let hasContainer = containers.contains { !$0.isOneOff }
        let hasNetwork = networks.contains { $0.labels[ComposeLabels.project] == project }
        guard hasContainer || hasNetwork else { throw TakenDown() }
    }
}
