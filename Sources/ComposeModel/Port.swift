/// A port published on the host.
package struct Port: Sendable, Hashable {
    package var name: String?
    /// `ingress` (the default) or `host`.
    package var mode: String?
    package var hostAddress: String?
    /// The container's port.
    package var target: Int
    /// The host's port or range, nil lets the engine choose.
    package var published: String?
    /// `tcp`, `udp`, `sctp`.
    package var transport: String
    package var applicationProtocol: String?

    package init(target: Int, published: String? = nil, hostAddress: String? = nil, transport: String = "tcp") {
        self.target = target
        self.published = published
        self.hostAddress = hostAddress
        self.transport = transport
    }
}
