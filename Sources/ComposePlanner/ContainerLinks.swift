import ComposeModel
package import EngineAPI

/// What of a container names other containers of the project: shared namespaces and `volumes_from`.
///
/// The engine wants their identifiers, and Docker Compose hashes those in place of the services' names; so this part is
/// filled in when the other containers are there.
package struct ContainerLinks: Sendable, Equatable {
    let service: Service
    /// The containers referred to, by service.
    let targets: [String: ContainerHandle]
    /// The service's `config-hash` as it stands, where it has been computed already.
    var hash: String?

    /// Fills in a specification once each container's identifier can be told.
    package func resolve(
        _ spec: inout ContainerSpec, _ identifier: (ContainerHandle) throws -> ContainerID
    ) rethrows {
        // A hook's container is no replica of the service.
        let isReplica = spec.labels[ComposeLabels.hook] == nil
        guard service.refersToContainers else {
            if isReplica { spec.labels[ComposeLabels.configHash] = hash ?? ConfigHash.service(service) }
            return
        }
        let resolved = try service.resolvingReferences { try targets[$0].map(identifier) }
        if service.networkMode != nil { spec.networkMode = resolved.networkMode }
        // A container that is to replace another one does not have its name yet.
        for (service, target) in targets where self.service.legacyLinks.contains(service) {
            let id = try identifier(target).rawValue
            spec.links = spec.links.map { link in
                link.hasPrefix(target.name + ":") ? id + link.dropFirst(target.name.count) : link
            }
        }
        spec.isolation.ipc = resolved.isolation.ipc
        spec.isolation.pid = resolved.isolation.pid
        spec.volumesFrom = zip(resolved.volumesFrom, service.volumesFrom).map {
            $0 + ($1.hasSuffix(":ro") ? ":ro" : "")
        }
        if isReplica { spec.labels[ComposeLabels.configHash] = ConfigHash.service(resolved) }
    }
}

extension Service {
    /// The services whose containers this one's refer to, in ascending order.
    var references: [String] {
        guard refersToContainers else { return [] }
        let modes = [networkMode, isolation.ipc, isolation.pid].compactMap { $0.flatMap(Service.reference) }
        let volumes = volumesFrom.filter { !$0.hasPrefix("container:") }
            .compactMap { $0.split(separator: ":").first.map(String.init) }
        return Set(modes + volumes + legacyLinks).sorted()
    }

    /// The services that links of the engine's default bridge lead to. Their containers must be there first, and other
    /// ones need other links; in networks of the project a link is only a further name.
    var legacyLinks: [String] {
        networkMode == nil ? [] : links.compactMap { $0.split(separator: ":").first.map(String.init) }
    }

    /// The service with each reference to another one replaced by that one's container, where `identifier` tells it.
    func resolvingReferences(_ identifier: (String) throws -> ContainerID?) rethrows -> Service {
        guard refersToContainers else { return self }
        func resolved(_ mode: String?) throws -> String? {
            guard let name = mode.flatMap(Service.reference), let id = try identifier(name) else { return mode }
            return "container:\(id)"
        }
        var service = self
        service.networkMode = try resolved(networkMode)
        service.isolation.ipc = try resolved(isolation.ipc)
        service.isolation.pid = try resolved(isolation.pid)
        service.volumesFrom = try volumesFrom.map { entry in
            // Without the mode: Docker Compose drops it here, and with it the hash is another one.
            let parts = entry.split(separator: ":").map(String.init)
            if parts.count > 1, parts[0] == "container" { return parts[1] }
            return try parts.first.flatMap(identifier)?.rawValue ?? entry
        }
        return service
    }

    /// Whether it shares anything with other containers; most share nothing.
    var refersToContainers: Bool {
        networkMode != nil || isolation.ipc != nil || isolation.pid != nil || !volumesFrom.isEmpty
    }

    private static func reference(_ mode: String) -> String? {
        mode.hasPrefix("service:") ? String(mode.dropFirst("service:".count)) : nil
    }
}
