package import ComposeModel
package import ComposePlanner
package import EngineAPI

/// Looks at what the engine holds of a project: a few list calls at once, whatever the number of containers.
package struct Observer: Sendable {
    private let engine: any ContainerEngine

    package init(engine: any ContainerEngine) { self.engine = engine }

    /// What the engine holds under a project's labels.
    package func observe(project: String) async throws -> ObservedState {
        let filter = ObjectFilter(labels: ["\(ComposeLabels.project)=\(project)"])
        async let containers = engine.containers(matching: filter)
        async let networks = engine.networks(matching: filter)
        async let volumes = engine.volumes(matching: filter)
        return try await ObservedState(
            containers: containers.compactMap(ObservedContainer.init), networks: networks, volumes: volumes)
    }

    /// The same, and what else a plan for `project` must know: its images, and the networks and volumes that carry a
    /// name of its own without its label.
    package func observe(_ project: Project) async throws -> ObservedState {
        async let labelled = observe(project: project.name)
        async let images = images(of: project)
        var state = try await labelled
        state.images = try await images
        for network in project.networks.values.sorted(by: { $0.name < $1.name })
        where !state.networks.contains(where: { $0.name == network.name }) {
            state.networks += try await engine.networks(matching: ObjectFilter(names: [network.name]))
                .filter { $0.name == network.name }
            if network.isExternal, !state.networks.contains(where: { $0.name == network.name }) {
                // An external network may be named by its identifier.
                if let found = try await present({ try await engine.network(NetworkID(network.name)) }) {
                    state.networks.append(found)
                }
            }
        }
        for volume in project.volumes.values.sorted(by: { $0.name < $1.name })
        where !state.volumes.contains(where: { $0.name == volume.name }) {
            if let found = try await present({ try await engine.volume(volume.name) }) { state.volumes.append(found) }
        }
        return state
    }

    private func images(of project: Project) async throws -> [String: ImageDetails] {
        let references = Set(project.services.values.map { $0.image ?? "\(project.name)-\($0.name)" })
        return try await withThrowingTaskGroup(of: (String, ImageDetails?).self) { group in
            for reference in references {
                group.addTask { (reference, try await present { try await engine.image(reference) }) }
            }
            var images: [String: ImageDetails] = [:]
            for try await (reference, image) in group { images[reference] = image }
            return images
        }
    }
}

/// The object, nil where the engine does not know it.
private func present<Object>(_ find: () async throws -> Object) async throws -> Object? {
    do {
        return try await find()
    } catch let error as EngineError where error.code == .notFound {
        return nil
    }
}
