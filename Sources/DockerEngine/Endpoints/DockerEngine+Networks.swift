public import EngineAPI

extension DockerEngine {
    /// Lists networks.
    public func networks(matching filter: ObjectFilter) async throws -> [NetworkSummary] {
        let filters = JSONText.filters(["label": filter.labels, "name": filter.names])
        return try await transport.value([NetworkBody].self, of: get("/networks", query: filters)).map(\.summary)
    }

    /// One network. Throws `.notFound`, and `.conflict` where a name is ambiguous.
    public func network(_ id: NetworkID) async throws -> NetworkSummary {
        try await transport.value(NetworkBody.self, of: get(path(id))).summary
    }

    /// Creates a network. Throws `.conflict` where the name is in use.
    public func createNetwork(_ spec: NetworkSpec) async throws -> NetworkID {
        let request = post("/networks/create", json: NetworkCreateBody(spec))
        if spec.enableIPv4 == false {
            try await transport.apiVersion().require(.enableIPv4, for: "a network without IPv4", call: request.call)
        }
        return NetworkID(try await transport.value(CreatedBody.self, of: request).id)
    }

    /// Removes a network.
    public func removeNetwork(_ id: NetworkID) async throws { try await transport.run(delete(path(id))) }

    /// Attaches a container to a network.
    public func connect(_ container: ContainerID, to network: NetworkID, _ attachment: NetworkAttachment) async throws {
        let version = try await transport.apiVersion()
        let body = ConnectBody(container: container.rawValue, endpoint: EndpointBody(attachment, in: version))
        let request = post("\(path(network))/connect", json: body)
        try attachment.requireSupport(in: version, call: request.call)
        try await transport.run(request)
    }

    /// Detaches a container from a network.
    public func disconnect(_ container: ContainerID, from network: NetworkID, force: Bool) async throws {
        let body = DisconnectBody(container: container.rawValue, force: force)
        try await transport.run(post("\(path(network))/disconnect", json: body))
    }

    private func path(_ id: NetworkID) -> String { "/networks/\(URLText.component(id.rawValue))" }
}
