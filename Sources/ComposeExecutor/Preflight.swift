package import ComposePlanner

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Looks, before anything changes, for what the engine would refuse later: host ports in use and missing files.
///
/// What cannot be told from here is left to the engine, so that nothing is refused that would work.
package struct Preflight: Sendable {
    private let isLocal: Bool

    /// - Parameter isLocal: whether the engine runs on this machine and sees the same ports and files; otherwise there is
    ///   nothing to see from here.
    package init(isLocal: Bool) { self.isLocal = isLocal }

    /// Throws ``ApplyFailure`` with a sentence for each thing that is wrong. Returns at once: it waits for nothing.
    package func check(_ plan: Plan) throws {
        guard isLocal else { return }
        let problems =
            plan.hostPorts.filter(\.isInUse).map { port in
                "Service \(port.service) cannot start: \(port) is in use. Choose another one under `ports`, or stop what "
                    + "uses it; `ss \(port.transport == "udp" ? "-lunp" : "-ltnp")` shows it."
            }
            + plan.hostPaths.filter(\.isMissing).map { path in
                "Service \(path.service) cannot start: \(path.path), which it mounts, does not exist. Create it, or "
                    + "correct the path."
            }
        guard !problems.isEmpty else { return }
        throw ApplyFailure(
            operation: nil, reason: problems.joined(separator: "\n"), container: nil, isCancelled: false, undone: 0,
            leftovers: [])
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
