package import ComposeModel
package import ComposePlanner
package import EngineAPI

/// Looks at what the engine holds of a project: a few list calls at once, whatever the number of containers.
package struct Observer: Sendable {
    private let engine: any ContainerEngine
    private let client: ClientFolder?

    /// - Parameter client: where the user's Docker client is set up; nil looks at none.
    package init(engine: any ContainerEngine, client: ClientFolder? = nil) {
        self.engine = engine
        self.client = client
    }

    /// What the engine holds under a project's labels.
    package func observe(project: String) async throws -> ObservedState {
        let filter = ObjectFilter(labels: ["\(ComposeLabels.project)=\(project)"])
        async let containers = engine.containers(matching: filter)
        async let networks = engine.networks(matching: filter)
        async let volumes = engine.volumes(matching: filter)
        let found = try await containers
        return try await ObservedState(
            containers: found.compactMap(ObservedContainer.init),
            hookContainers: found.filter { $0.labels[ComposeLabels.hook] != nil }, networks: networks, volumes: volumes)
    }

    /// The same, and what else a plan for `project` must know: its images, the networks and volumes that carry a name of
    /// its own without its label, the engine's API, and files on this machine.
    ///
    /// - Parameter images: further images to look for, by identifier.
    package func observe(_ project: Project, images wanted: Set<ImageID> = []) async throws -> ObservedState {
        async let labelled = observe(project: project.name)
        async let images = images(of: project, and: wanted.map(\.rawValue))
        async let ping = engine.ping()
        var state = try await labelled
        state.images = try await images
        state.engine = try await ping
        for path in project.hostFilesToRead { state.hostFiles[path] = HostFile.found(at: path) }
        if let client { state.client = client.settings() }
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
        let labelledVolumes = Set(state.volumes.map(\.name))
        for volume in project.volumes.values.sorted(by: { $0.name < $1.name })
        where !labelledVolumes.contains(volume.name) {
            if let found = try await present({ try await engine.volume(volume.name) }) { state.volumes.append(found) }
        }
        state.networkUsers = try await users(of: project.outdatedNetworks(among: state.networks), project.name)
        for volume in project.changedVolumes(among: state.volumes) {
            state.volumeUsers[volume.name] = try await engine.containers(
                matching: ObjectFilter(volumes: [volume.name])
            ).map { ResourceUser($0) }
        }
        return state
    }

    /// Who is attached to each network, and how the project's own containers are.
    private func users(of networks: [NetworkSummary], _ project: String) async throws -> [NetworkID: [ResourceUser]] {
        var users: [NetworkID: [ResourceUser]] = [:]
        for network in networks {
            users[network.id] = []
            for container in try await engine.containers(matching: ObjectFilter(networks: [network.name])) {
                let isOwn = container.labels[ComposeLabels.project] == project
                let details = isOwn ? try await present { try await engine.container(container.id) } : nil
                users[network.id]?.append(
                    ResourceUser(container, attachment: details?.attachments[network.name]))
            }
        }
        return users
    }

    private func images(of project: Project, and more: [String]) async throws -> [String: ImageDetails] {
        let references = Set(more).union(
            project.services.values.flatMap { service in
                let mounted = service.volumes.filter { $0.kind == .image }.compactMap(\.source)
                return [service.image ?? "\(project.name)-\(service.name)"]
                    + service.hooks(.preStart).compactMap(\.image)
                    + mounted.filter { project.services[$0] == nil }
            })
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
