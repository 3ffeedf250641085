import EngineAPI

// Creating, finding, renaming and removing containers.
extension EngineState {
    /// A container by identifier, name, or the beginning of an identifier that only one container has.
    func find(_ id: ContainerID) throws(Refusal) -> Container {
        let text = id.rawValue.hasPrefix("/") ? String(id.rawValue.dropFirst()) : id.rawValue
        if let container = containers[ContainerID(text)] { return container }
        if let container = containers.values.first(where: { $0.name == text }) { return container }
        let candidates = text.isEmpty ? [] : containers.values.filter { $0.id.rawValue.hasPrefix(text) }
        if let only = candidates.first, candidates.count == 1 { return only }
        if candidates.count > 1 { throw .invalid("Multiple IDs found with provided prefix: \(text)") }
        throw .notFound("No such container: \(text)")
    }

    /// How a call's record names a container.
    func name(of id: ContainerID) -> String { (try? find(id))?.name ?? id.rawValue }

    /// Newest first, as the engine lists them.
    func list(_ filter: ObjectFilter) -> [ContainerSummary] {
        containers.values.sorted { $0.sequence > $1.sequence }.map(\.summary)
            .filter { container in
                filter.matches(labels: container.labels, names: container.names)
                    && (filter.networks.isEmpty || filter.networks.contains { container.networks[$0] != nil })
                    && (filter.volumes.isEmpty
                        || container.mounts.contains { $0.name.map(filter.volumes.contains) == true })
            }
    }

    func inCreationOrder() -> [ContainerID] { containers.values.sorted { $0.sequence < $1.sequence }.map(\.id) }

    func behavior(of container: Container) -> ContainerBehavior {
        containerScripts[container.name] ?? container.labels[EngineState.serviceLabel].flatMap { serviceScripts[$0] }
            ?? images[container.imageID]?.behavior ?? ContainerBehavior()
    }

    mutating func create(_ spec: ContainerSpec, name: String) throws -> ContainerID {
        for mount in spec.mounts where mount.type == "bind" && !mount.createSource {
            try requirePath(mount.source)
        }
        let image = try findImage(spec.image)
        let id = ContainerID(newIdentifier())
        let name = try acceptableName(name.isEmpty ? "unnamed-\(id.short)" : name)
        let endpoints = try endpoints(of: spec)
        var container = Container(
            id: id, sequence: outputs.count, name: name, spec: spec, imageID: image.details.id,
            labels: image.details.labels.merging(spec.labels) { $1 },
            healthCheck: healthCheck(of: spec, image: image.details), created: stamp(), mounts: [],
            endpoints: endpoints)
        container.restartPolicy = spec.restartPolicy
        try mountAll(of: spec, image: image.details, in: &container)
        containers[id] = container
        outputs[id] = ContainerOutput()
        record("create", on: container)
        return id
    }

    mutating func rename(_ id: ContainerID, to newName: String) throws {
        let container = try find(id)
        if container.name == newName {
            throw Refusal.invalid("Renaming a container with the same name as its current name")
        }
        let name = try acceptableName(newName)
        containers[container.id]?.name = name
        record("rename", on: try find(container.id), ["oldName": "/" + container.name])
    }

    mutating func remove(_ id: ContainerID, force: Bool, anonymousVolumes: Bool) throws {
        let container = try find(id)
        if container.state.isRunning {
            guard force else {
                let procedure = "top the container before attempting removal or force remove"
                let advice = container.state == .paused ? "Unpause and then s" + procedure : "S" + procedure
                throw Refusal.conflict(
                    "You cannot remove a \(container.state) container \(container.id). \(advice)")
            }
            try kill(container.id, signal: "SIGKILL")
        }
        // A container that removes itself went with the kill.
        if containers[container.id] != nil { destroy(container.id, anonymousVolumes: anonymousVolumes) }
    }

    mutating func destroy(_ id: ContainerID, anonymousVolumes: Bool) {
        guard let container = containers.removeValue(forKey: id) else { return }
        outputs[id]?.isRemoved = true
        if anonymousVolumes {
            for volume in container.anonymousVolumes.sorted() where users(ofVolume: volume).isEmpty {
                volumes[volume] = nil
                record("volume", "destroy", volume, ["driver": "local"])
            }
        }
        record("destroy", on: container)
    }

    private func acceptableName(_ name: String) throws(Refusal) -> String {
        let isAlphanumeric = { (byte: UInt8) in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        let bytes = Array(name.utf8)
        guard bytes.count > 1, isAlphanumeric(bytes[0]),
            bytes.allSatisfy({ isAlphanumeric($0) || "_.-".utf8.contains($0) })
        else {
            throw .invalid("Invalid container name (\(name)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        }
        if let owner = containers.values.first(where: { $0.name == name }) {
            throw .conflict(
                "Conflict. The container name \"/\(name)\" is already in use by container \"\(owner.id)\". "
                    + "You have to remove (or rename) that container to be able to reuse that name.")
        }
        return name
    }

    private func healthCheck(of spec: ContainerSpec, image: ImageDetails) -> HealthCheckSpec? {
        var check = spec.healthCheck ?? image.healthCheck
        if check?.test.isEmpty == true { check?.test = image.healthCheck?.test ?? [] }
        guard let test = check?.test, let kind = test.first, kind != "NONE" else { return nil }
        return check
    }

    private func endpoints(of spec: ContainerSpec) throws -> [String: Container.Endpoint] {
        var attachments = spec.networks
        let mode = spec.networkMode ?? "default"
        if mode.hasPrefix("container:") {
            _ = try find(ContainerID(String(mode.dropFirst("container:".count))))
            return [:]
        }
        if attachments.isEmpty { attachments = [NetworkAttachment(network: mode == "default" ? "bridge" : mode)] }
        var endpoints: [String: Container.Endpoint] = [:]
        for attachment in attachments {
            let network = try findNetwork(NetworkID(attachment.network)).summary
            endpoints[network.name] = Container.Endpoint(id: network.id, attachment: attachment)
        }
        return endpoints
    }
}
