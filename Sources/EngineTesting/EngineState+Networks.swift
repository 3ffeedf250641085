import EngineAPI

// Networks, and containers' endpoints in them.
extension EngineState {
    /// A network by identifier, name, or the beginning of an identifier.
    func findNetwork(_ id: NetworkID) throws(Refusal) -> Network {
        if let network = networks[id] { return network }
        let text = id.rawValue
        let named = networks.values.filter { $0.summary.name == text }
        if let network = named.first { return network }
        let candidates = text.isEmpty ? [] : networks.values.filter { $0.summary.id.rawValue.hasPrefix(text) }
        if let network = candidates.first, candidates.count == 1 { return network }
        throw .notFound("network \(text) not found")
    }

    func name(of id: NetworkID) -> String { (try? findNetwork(id))?.summary.name ?? id.rawValue }

    mutating func createNetwork(_ spec: NetworkSpec) throws -> NetworkID {
        if let existing = networks.values.first(where: { $0.summary.name == spec.name }) {
            throw existing.isBuiltIn
                ? Refusal.forbidden("operation is not permitted on predefined \(spec.name) network ")
                : Refusal.conflict("network with name \(spec.name) already exists")
        }
        let subnets = Set(spec.addressPools.compactMap(\.subnet))
        if networks.values.contains(where: {
            $0.summary.addressPools.contains { $0.subnet.map(subnets.contains) == true }
        }) {
            throw Refusal.forbidden("Pool overlaps with other one on this address space")
        }
        let id = NetworkID(newIdentifier())
        networks[id] = Network(
            summary: NetworkSummary(id: id, spec))
        recordNetwork("create", spec.name, id)
        return id
    }

    mutating func removeNetwork(_ id: NetworkID) throws {
        let network = try findNetwork(id)
        let (name, id) = (network.summary.name, network.summary.id)
        if network.isBuiltIn { throw Refusal.forbidden("\(name) is a pre-defined network and cannot be removed") }
        // A container that does not run has no endpoint, only the wish for one.
        if containers.values.contains(where: { $0.state.isRunning && $0.networks.values.contains(id) }) {
            throw Refusal.forbidden("error while removing network: network \(name) id \(id) has active endpoints")
        }
        networks[id] = nil
        recordNetwork("destroy", name, id)
    }

    mutating func connect(_ id: ContainerID, to network: NetworkID, _ attachment: NetworkAttachment) throws {
        let container = try find(id)
        let network = try findNetwork(network).summary
        if container.state.isRunning, container.endpoints[network.name] != nil {
            throw Refusal.forbidden("endpoint with name \(container.name) already exists in network \(network.name)")
        }
        containers[container.id]?.endpoints[network.name] = Container.Endpoint(id: network.id, attachment: attachment)
        if container.state.isRunning { recordNetwork("connect", network.name, network.id, container: container.id) }
    }

    mutating func disconnect(_ id: ContainerID, from network: NetworkID) throws {
        let container = try find(id)
        let network = try findNetwork(network).summary
        guard container.endpoints[network.name] != nil else {
            throw Refusal.failure("container \(container.id) is not connected to network \(network.name)")
        }
        containers[container.id]?.endpoints[network.name] = nil
        if container.state.isRunning {
            recordNetwork("disconnect", network.name, network.id, container: container.id)
        }
    }

    mutating func recordNetwork(_ action: String, _ name: String, _ id: NetworkID, container: ContainerID? = nil) {
        var attributes = ["name": name, "type": networks[id]?.summary.driver ?? "bridge"]
        attributes["container"] = container?.rawValue
        record("network", action, id.rawValue, attributes)
    }
}
