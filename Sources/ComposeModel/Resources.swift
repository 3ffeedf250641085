/// A network of a project.
package struct Network: Sendable, Equatable {
    /// The key in the file.
    package var key: String
    /// The name on the engine.
    package var name: String
    package var driver: String?
    package var driverOptions: [String: String] = [:]
    package var ipam: AddressManagement?
    /// Whether it is made and removed by others.
    package var isExternal = false
    package var isInternal = false
    package var isAttachable = false
    package var enableIPv4: Bool?
    package var enableIPv6: Bool?
    package var labels: [String: String] = [:]

    package init(key: String, name: String) {
        self.key = key
        self.name = name
    }

    package struct AddressManagement: Sendable, Equatable {
        package var driver: String?
        package var options: [String: String] = [:]
        package var pools: [AddressRange] = []
        package init() {}
    }

    package struct AddressRange: Sendable, Equatable {
        package var subnet: String?
        package var range: String?
        package var gateway: String?
        package var reserved: [String: String] = [:]
        package init() {}
    }
}

/// How a service belongs to a network.
package struct NetworkMembership: Sendable, Equatable {
    package var priority: Int?
    package var gatewayPriority: Int?
    package var aliases: [String] = []
    package var ipv4Address: String?
    package var ipv6Address: String?
    package var linkLocalAddresses: [String] = []
    package var macAddress: String?
    package var driverOptions: [String: String] = [:]
    package var interfaceName: String?
    package init() {}
}

/// A volume of a project.
package struct Volume: Sendable, Equatable {
    /// The key in the file.
    package var key: String
    /// The name on the engine.
    package var name: String
    package var driver: String?
    package var driverOptions: [String: String] = [:]
    /// Whether it is made and removed by others.
    package var isExternal = false
    package var labels: [String: String] = [:]

    package init(key: String, name: String) {
        self.key = key
        self.name = name
    }
}

/// A config or a secret of a project.
package struct FileResource: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
        /// The absolute path of a file on the host.
        case file(String)
        /// A variable, and its value where it is set.
        case environment(name: String, value: String?)
        /// Text in the Compose file itself.
        case content(String)
        /// Made by others; only the name is known.
        case external
        /// Made by `driver`.
        case driver
    }
    /// The key in the file.
    package var key: String
    package var name: String
    package var source: Source
    package var labels: [String: String] = [:]
    package var driver: String?
    package var driverOptions: [String: String] = [:]
    package var templateDriver: String?

    package init(key: String, name: String, source: Source) {
        self.key = key
        self.name = name
        self.source = source
    }
}
