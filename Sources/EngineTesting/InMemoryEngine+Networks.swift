public import EngineAPI

extension InMemoryEngine {
    /// Lists networks.
    public func networks(matching filter: ObjectFilter) async throws -> [NetworkSummary] {
        try perform(.reading, { _ in "list networks" }) { state in
            state.networks.values.map(\.summary).filter { filter.matches(labels: $0.labels, names: [$0.name]) }
                .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        }
    }

    /// One network. Throws `.notFound`, and `.conflict` where a name is ambiguous.
    public func network(_ id: NetworkID) async throws -> NetworkSummary {
        try perform(.reading, { "inspect network \($0.name(of: id))" }) { try $0.findNetwork(id).summary }
    }

    /// Creates a network. Throws `.conflict` where the name is in use.
    public func createNetwork(_ spec: NetworkSpec) async throws -> NetworkID {
        try perform(.mutating, { _ in "create network \(spec.name)" }) { try $0.createNetwork(spec) }
    }

    /// Removes a network. Throws `.conflict` or `.unauthorized` where containers are still attached.
    public func removeNetwork(_ id: NetworkID) async throws {
        try perform(.mutating, { "remove network \($0.name(of: id))" }) { try $0.removeNetwork(id) }
    }

    /// Attaches a container to a network.
    public func connect(_ container: ContainerID, to network: NetworkID, _ attachment: NetworkAttachment) async throws {
        try perform(.mutating, { "connect \($0.name(of: container)) to \($0.name(of: network))" }) {
            try $0.connect(container, to: network, attachment)
        }
    }

    /// Detaches a container from a network.
    public func disconnect(_ container: ContainerID, from network: NetworkID, force: Bool) async throws {
        try perform(.mutating, { "disconnect \($0.name(of: container)) from \($0.name(of: network))" }) {
            try $0.disconnect(container, from: network)
        }
    }
}
