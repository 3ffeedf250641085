import ComposeModel
import EngineAPI

// What replacements left that were interrupted, or that failed and were kept as they stood.
extension UpPlanner {
    /// The name that a replacement was to get, where it has not got it yet.
    func missingName(of container: ObservedContainer) -> String? {
        guard let name = container.pendingReplacement?.finalName, name == finalName(of: container) else { return nil }
        return name
    }

    private func wantedName(of container: ObservedContainer) -> String { missingName(of: container) ?? container.name }

    /// The containers of a service that go, because another one is the replica. Of those that are to have the same name
    /// it is the oldest that runs, because that one serves; where none runs it is the oldest.
    func leftovers(among containers: [ObservedContainer]) -> [ObservedContainer] {
        guard containers.contains(where: { missingName(of: $0) != nil }) else { return [] }
        return Dictionary(grouping: containers, by: wantedName).values.flatMap { rivals in
            // Times are whole seconds, and the one that has the name was there before all others.
            let age = { (container: ObservedContainer) in
                (missingName(of: container) == nil ? 0 : 1, container.summary.created, container.name)
            }
            let oldestFirst = rivals.sorted { age($0) < age($1) }
            let replica = oldestFirst.first { $0.summary.state == .running } ?? oldestFirst.first
            return oldestFirst.filter { $0 != replica }
        }.sorted { $0.name < $1.name }
    }

    /// Whether a replica runs in the place of a predecessor that is still there, so that nothing tells whether it was
    /// found to be up.
    func isAdopted(_ container: ObservedContainer) -> Bool {
        guard !options.onlyStart, !options.withoutStart, container.summary.state == .running,
            let name = missingName(of: container)
        else { return false }
        return (present[container.service] ?? []).contains { $0 != container && wantedName(of: $0) == name }
    }

    /// Why such a container cannot stay; nil where it may.
    func adoptionObstacle(_ container: ObservedContainer, _ policy: UpOptions.Recreate) -> RecreateCause? {
        guard policy != .never, isAdopted(container), container.summary.health == .unhealthy else { return nil }
        return RecreateCause("was left by an interrupted replacement, and is unhealthy")
    }

    /// Adds what a container that is adopted has to pass, as a new one does when it is its turn; returns the last of it.
    mutating func planAdoption(
        of handle: ContainerHandle, _ container: ObservedContainer, _ service: Service,
        in update: inout RollingUpdate?
    ) -> OperationID {
        let end = addChecks(
            of: handle, service, number: container.number, in: update,
            needs: turn(in: &update, service), cause: "was left by an interrupted replacement")
        update?.ended(end)
        return end
    }
}
