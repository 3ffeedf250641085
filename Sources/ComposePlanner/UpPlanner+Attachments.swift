import ComposeModel
import EngineAPI

// How containers are attached to networks, and by which names they know others.
extension UpPlanner {
    func addNetworks(to spec: inout ContainerSpec, _ service: Service, containerName: String) {
        let links = links(of: service)
        if let mode = service.networkMode {
            spec.networkMode = mode
            spec.macAddress = service.macAddress
            spec.links = links
            return
        }
        let memberships = primaryFirst(service)
        spec.networks = memberships.compactMap { key, membership in
            guard let network = project.networks[key] else { return nil }
            var options = membership?.driverOptions ?? [:]
            if let name = membership?.interfaceName { options[UpPlanner.interfaceNameOption] = name }
            return NetworkAttachment(
                network: network.name, aliases: [containerName, service.name] + (membership?.aliases ?? []),
                ipv4Address: membership?.ipv4Address, ipv6Address: membership?.ipv6Address,
                linkLocalAddresses: membership?.linkLocalAddresses ?? [], macAddress: membership?.macAddress,
                driverOptions: options, links: links,
                gatewayPriority: membership?.gatewayPriority.flatMap { $0 == 0 ? nil : $0 })
        }
        if let address = service.macAddress, !spec.networks.isEmpty, spec.networks[0].macAddress == nil {
            spec.networks[0].macAddress = address
        }
        spec.networkMode = spec.networks.first?.network ?? "none"
    }

    /// The driver option by which bridges name the interface.
    private static let interfaceNameOption = "com.docker.network.endpoint.ifname"

    /// By falling priority, then by name.
    private func primaryFirst(_ service: Service) -> [(key: String, value: NetworkMembership?)] {
        service.networks.sorted {
            let (left, right) = ($0.value?.priority ?? 0, $1.value?.priority ?? 0)
            return left == right ? $0.key < $1.key : left > right
        }
    }

    /// `container:alias` for each replica that a link leads to; it is found by its number too.
    private func links(of service: Service) -> [String] {
        let own = service.links.flatMap { link -> [String] in
            let parts = link.split(separator: ":", maxSplits: 1).map(String.init)
            guard let name = parts.first else { return [] }
            return (replicas[name] ?? []).flatMap { replica in
                [parts.last ?? name, "\(name)-\(replica.number)", "\(project.name)-\(name)-\(replica.number)"]
                    .map { "\(replica.handle.name):\($0)" }
            }
        }
        return own + service.externalLinks.map { $0.contains(":") ? $0 : "\($0):\($0)" }
    }

    /// Says which attachments contradict each other or the engine.
    mutating func judgeNetworks(_ service: Service) {
        let memberships = primaryFirst(service)
        if let address = service.macAddress, let (key, membership) = memberships.first,
            let other = membership?.macAddress, other.lowercased() != address.lowercased()
        {
            problems.append(
                "Service \(service.name): mac_address and networks.\(key).mac_address differ, and the container has one "
                    + "address there. Remove one of them.")
        }
        for (index, (key, membership)) in memberships.enumerated() {
            let path = "networks.\(key)"
            if index > 0, membership?.macAddress != nil { need(.multipleNetworks, "\(path).mac_address", service) }
            if membership?.gatewayPriority ?? 0 != 0 { need(.gatewayPriority, "\(path).gw_priority", service) }
            guard let name = membership?.interfaceName else { continue }
            need(.interfaceName, "\(path).interface_name", service)
            if let other = membership?.driverOptions[UpPlanner.interfaceNameOption], other != name {
                notices.append(
                    "Service \(service.name): \(path).driver_opts names the interface \(other), and interface_name "
                        + "\(name); the latter holds.")
            }
        }
    }
}
