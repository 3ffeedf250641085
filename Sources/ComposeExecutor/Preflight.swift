package import ComposePlanner
package import EngineAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Looks, before anything changes, for what the engine would refuse later: host ports and container names in use, and
/// missing files.
///
/// What cannot be told from here is left to the engine, so that nothing is refused that would work.
package struct Preflight: Sendable {
    private let isLocal: Bool
    private let engine: any ContainerEngine

    /// - Parameter isLocal: whether the engine runs on this machine and sees the same ports and files; otherwise only
    ///   names can be looked at from here.
    package init(isLocal: Bool, engine: any ContainerEngine) {
        self.isLocal = isLocal
        self.engine = engine
    }

    /// Throws ``ApplyFailure`` with a sentence for each thing that is wrong.
    package func check(_ plan: Plan) async throws {
        let problems = try await problems(of: plan)
        guard !problems.isEmpty else { return }
        throw ApplyFailure(
            operation: nil, reason: problems.joined(separator: "\n"), container: nil, isCancelled: false, undone: 0,
            leftovers: [])
    }

    /// A sentence for each thing that stands in a plan's way.
    package func problems(of plan: Plan) async throws -> [String] {
        let ports = isLocal ? plan.hostPorts.filter(\.isInUse) : []
        let names = plan.newContainers
        // All there are, in one call: their number is the engine's, not the project's.
        let containers = ports.isEmpty && names.isEmpty ? [] : try await engine.containers(matching: ObjectFilter())
        let paths = isLocal ? plan.hostPaths.filter(\.isMissing) : []
        let sockets = isLocal ? plan.logSockets.filter { !Preflight.isServed($0.value) } : [:]
        return sockets.sorted { $0.key < $1.key }.map { service, path in
            "Service \(service) cannot start: it sends its output to \(path), where nobody takes it. Start `gantry ship` "
                + "first, or run `gantry up` in the foreground."
        }
            + names.compactMap { service, name in
                containers.first { $0.names.contains(name) }.map { holder in
                    "Service \(service) cannot start: the container name \(name) is in use by \(holder.holderText). Remove or "
                        + "rename that container, or choose another `container_name`."
                }
            }
            + ports.map { port in
                let holder = containers.first { container in
                    container.ports.contains { $0.hostPort == port.number && $0.transport == port.transport }
                }
                let user = holder.map { " by \($0.name), \($0.holderText)" } ?? ""
                return
                    "Service \(port.service) cannot start: \(port) is in use\(user). Choose another one under `ports`, "
                    + "or stop what uses it; `ss -\(port.transport == "udp" ? "lunp" : "ltnp")` shows it."
            }
            + paths.map { path in
                "Service \(path.service) cannot start: \(path.path), which it mounts, does not exist. Create it, or "
                    + "correct the path."
            }
    }
}

extension Plan {
    /// The containers that are to come with names of their own, by service. What is there already under a name that the
    /// plan deals with is not looked at.
    fileprivate var newContainers: [(service: String, name: String)] {
        let known = Set(
            (prepare + finish).compactMap { operation -> String? in
                switch operation.action {
                case .stopContainer(.existing(_, let name), _), .removeContainer(.existing(_, let name), _),
                    .renameContainer(.existing(_, let name), _):
                    name
                default: nil
                }
            })
        return prepare.compactMap { operation in
            guard case .createContainer(let name) = operation.action, let service = operation.service, !name.isEmpty,
                !known.contains(name)
            else { return nil }
            return (service, name)
        }
    }
}

extension ContainerSummary {
    /// Whose it is, for people.
    fileprivate var holderText: String {
        guard let project = labels[ComposeLabels.project] else { return "a container of no project" }
        return "a container of project \(project)"
    }
}

extension Preflight {
    /// Whether somebody listens at a socket of this machine.
    private static func isServed(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        // The last byte is a zero.
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}

extension HostPath {
    /// Whether it is certainly not there; a folder that may not be searched hides it.
    fileprivate var isMissing: Bool { access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR) }
}

extension HostPort {
    /// Whether someone has it. Tried as the engine does it, and given back at once; a port that this user may not have,
    /// or an address that is not this machine's, is not in use.
    fileprivate var isInUse: Bool {
        address.contains(":") ? bindingFails(ipv6) : bindingFails(ipv4)
    }

    private var ipv4: sockaddr_in? {
        var socketAddress = sockaddr_in()
        socketAddress.sin_family = sa_family_t(AF_INET)
        socketAddress.sin_port = in_port_t(truncatingIfNeeded: number).bigEndian
        guard inet_pton(AF_INET, address.isEmpty ? "0.0.0.0" : address, &socketAddress.sin_addr) == 1 else {
            return nil
        }
        return socketAddress
    }

    private var ipv6: sockaddr_in6? {
        var socketAddress = sockaddr_in6()
        socketAddress.sin6_family = sa_family_t(AF_INET6)
        socketAddress.sin6_port = in_port_t(truncatingIfNeeded: number).bigEndian
        guard inet_pton(AF_INET6, address, &socketAddress.sin6_addr) == 1 else { return nil }
        return socketAddress
    }

    private func bindingFails<Address>(_ socketAddress: Address?) -> Bool {
        guard var socketAddress else { return false }
        let isIPv6 = socketAddress is sockaddr_in6
        let type = transport == "udp" ? SOCK_DGRAM : SOCK_STREAM
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        let length = socklen_t(MemoryLayout<Int32>.size)
        // Connections that have just ended do not keep a port. For UDP the option would share a port in use.
        if transport == "tcp" { setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, length) }
        if isIPv6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, length) }
        return withUnsafePointer(to: &socketAddress) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) != 0 && errno == EADDRINUSE
            }
        }
    }
}
