import EngineAPI

// Ports of the host.
extension EngineState {
    /// Where the engine begins to choose ports by itself, as Linux does for ephemeral ports.
    private static let firstEphemeralPort = 32_768

    /// What a container's start publishes; refuses where a port is taken.
    func allocatePorts(for container: Container) throws(Refusal) -> [PortSummary] {
        // What others hold matters only to one that asks for something.
        if container.spec.portBindings.isEmpty { return [] }
        let mode = container.spec.networkMode ?? ""
        guard mode != "host", !mode.hasPrefix("container:") else { return [] }
        var taken = Set(containers.values.filter { $0.state.isRunning }.flatMap(\.ports))
        var published: [PortSummary] = []
        for binding in container.spec.portBindings {
            let parts = binding.containerPort.split(separator: "/")
            guard let first = parts.first, let inside = Int(first) else {
                throw .invalid("invalid port specification: \"\(binding.containerPort)\"")
            }
            let transport = parts.count > 1 ? String(parts[1]) : "tcp"
            let address = binding.hostAddress.isEmpty ? "0.0.0.0" : binding.hostAddress
            let candidates = try hostPorts(binding.hostPort).lazy.map {
                PortSummary(hostAddress: address, containerPort: inside, hostPort: $0, transport: transport)
            }
            let other = taken.union(occupiedPorts)
            guard let port = candidates.first(where: { port in !other.contains { clash($0, port) } }) else {
                throw .failure(refusal(of: candidates.first, for: container, taken: taken))
            }
            taken.insert(port)
            published.append(port)
        }
        return published
    }

    private func hostPorts(_ text: String) throws(Refusal) -> ClosedRange<Int> {
        if text.isEmpty { return EngineState.firstEphemeralPort...65_535 }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let first = ends.first, let low = first, let last = ends.last, let high = last, low <= high else {
            throw .invalid("invalid port specification: \"\(text)\"")
        }
        return low...high
    }

    private func clash(_ one: PortSummary, _ other: PortSummary) -> Bool {
        one.hostPort == other.hostPort && one.transport == other.transport
            && (one.hostAddress == other.hostAddress || one.hostAddress == "0.0.0.0"
                || other.hostAddress == "0.0.0.0")
    }

    private func refusal(of port: PortSummary?, for container: Container, taken: Set<PortSummary>) -> String {
        guard let port, let number = port.hostPort else { return "all ports are allocated" }
        let address = "\(port.hostAddress ?? "0.0.0.0"):\(number)"
        let reason =
            taken.contains { clash($0, port) }
            ? "Bind for \(address) failed: port is already allocated"
            : "Error starting userland proxy: listen \(port.transport)4 \(address): bind: address already in use"
        return "driver failed programming external connectivity on endpoint \(container.name) (\(container.id)): "
            + reason
    }
}
