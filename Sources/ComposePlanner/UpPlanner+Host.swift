import ComposeModel
import EngineAPI

// What of the host must be free or there.
extension UpPlanner {
    /// The fixed ports that containers get which start, without those that containers hold which stop before, and
    /// without those of which a problem tells already.
    func newHostPorts(_ services: [Service]) -> [HostPort] {
        if services.isEmpty { return [] }
        let freed = freedPorts
        return services.filter(isStarting).flatMap(fixedPorts).filter { port in
            // Which address it was is left to the engine: a port on all addresses is several.
            !refusedPorts.contains(port)
                && !freed.contains { $0.hostPort == port.number && $0.transport == port.transport }
        }
    }

    /// What new containers mount from the host and nobody makes where it is missing.
    func newHostPaths() -> [HostPath] {
        // The engine would make a folder of that name, and the host could have no socket there.
        let sockets = project.services.values.filter { $0.usesAPISocket && isStarting($0) }
            .map { HostPath(service: $0.name, path: APISocket.path) }.sorted { $0.service < $1.service }
        return sockets + hostPaths
    }

    /// Names those who want the same fixed port at the same time.
    mutating func refusePortConflicts(_ services: [Service]) {
        let holders = services.filter { service in
            isStarting(service)
                || (replicas[service.name] ?? []).contains { $0.observed?.summary.state.isRunning == true }
        }
        // By number, so that each service meets only those that may clash with it.
        var earlier: [Int: [(service: Service, port: HostPort)]] = [:]
        for service in holders {
            let count = replicas[service.name]?.count ?? 0
            let ports = fixedPorts(service)
            if count > 1, isStarting(service), let port = ports.first {
                refusedPorts.formUnion(ports)
                problems.append(
                    "Service \(service.name) cannot have \(count) replicas, because each of them wants \(port). Publish "
                        + "a range of ports, or leave the host port out.")
            }
            for port in ports {
                var named: Set<String> = []
                for (other, taken) in earlier[port.number] ?? [] where port.clashes(with: taken) {
                    guard isStarting(service) || isStarting(other), !follows(service, other), !follows(other, service),
                        named.insert(other.name).inserted
                    else { continue }
                    refusedPorts.formUnion([port, taken])
                    problems.append(
                        "Services \(other.name) and \(service.name) both want \(port). Choose another one for one of "
                            + "them under `ports`.")
                }
            }
            for port in ports { earlier[port.number, default: []].append((service, port)) }
        }
    }

    /// Whether one starts only when the other has ended, and has given its ports back.
    private func follows(_ service: Service, _ other: Service) -> Bool {
        service.dependencies[other.name]?.condition == .completed
    }

    private func isStarting(_ service: Service) -> Bool {
        (replicas[service.name] ?? []).contains { $0.start != nil }
    }

    private var freedPorts: [PortSummary] {
        var stopped: Set<ContainerID> = []
        for case .stopContainer(.existing(let id, _), _) in builder.prepare.map(\.action) { stopped.insert(id) }
        return observed.containers.filter { stopped.contains($0.id) }.flatMap(\.summary.ports)
    }

    /// Without ranges, of which the engine chooses a free port.
    private func fixedPorts(_ service: Service) -> [HostPort] {
        // In someone else's network, or the host's, nothing is published.
        let mode = service.networkMode ?? ""
        guard mode != "host", mode != "none", !mode.contains(":") else { return [] }
        return service.ports.compactMap { port in
            guard port.transport == "tcp" || port.transport == "udp",
                let ends = port.published?.split(separator: "-").map({ Int($0) }), let first = ends.first,
                ends.allSatisfy({ $0 == first }), let number = first, number > 0
            else { return nil }
            return HostPort(
                service: service.name, address: port.hostAddress ?? "", number: number, transport: port.transport)
        }
    }
}

extension HostPort: CustomStringConvertible {
    /// `host port 8080 (127.0.0.1)`; of the transports only `udp` is named.
    package var description: String {
        "host port \(number)" + (transport == "udp" ? "/udp" : "") + (address.isEmpty ? "" : " (\(address))")
    }

    /// Whether only one of both can be had.
    func clashes(with other: HostPort) -> Bool {
        guard number == other.number, transport == other.transport else { return false }
        return address == other.address || isWildcard(for: other) || other.isWildcard(for: self)
    }

    private func isWildcard(for other: HostPort) -> Bool {
        switch address {
        case "": true
        case "0.0.0.0": !other.isIPv6
        case "::": other.isIPv6
        default: false
        }
    }

    private var isIPv6: Bool { address.contains(":") }
}
