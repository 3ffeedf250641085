/// An image in full, as far as a supervisor needs it.
public struct ImageDetails: Sendable, Equatable {
    /// The image's identifier.
    public var id: ImageID
    /// Its names with tags.
    public var tags: [String]
    /// Its names with registry digests.
    public var digests: [String]
    /// Paths that the image declares as volumes.
    public var volumes: [String]
    /// Ports that the image declares, each `80/tcp`.
    public var exposedPorts: [String]
    /// Labels by name.
    public var labels: [String: String]
    /// `linux/amd64`.
    public var platform: String
    /// Bytes on disk.
    public var size: Int64
    /// The image's own healthcheck.
    public var healthCheck: HealthCheckSpec?

    /// Makes a description.
    public init(
        id: ImageID, tags: [String] = [], digests: [String] = [], volumes: [String] = [], exposedPorts: [String] = [],
        labels: [String: String] = [:], platform: String = "linux/amd64", size: Int64 = 0,
        healthCheck: HealthCheckSpec? = nil
    ) {
        self.id = id
        self.tags = tags
        self.digests = digests
        self.volumes = volumes
        self.exposedPorts = exposedPorts
        self.labels = labels
        self.platform = platform
        self.size = size
        self.healthCheck = healthCheck
    }
}

/// An image in a list.
public struct ImageSummary: Sendable, Equatable {
    /// The image's identifier.
    public var id: ImageID
    /// Its names with tags.
    public var tags: [String]
    /// Labels by name.
    public var labels: [String: String]
    /// When it was made.
    public var created: EngineTime
    /// Bytes on disk.
    public var size: Int64

    /// Makes a summary.
    public init(
        id: ImageID, tags: [String], labels: [String: String] = [:], created: EngineTime = EngineTime(nanoseconds: 0),
        size: Int64 = 0
    ) {
        self.id = id
        self.tags = tags
        self.labels = labels
        self.created = created
        self.size = size
    }
}

/// A step of fetching an image.
public struct PullProgress: Sendable, Equatable {
    /// The layer or tag, empty for the image as a whole.
    public var id: String
    /// `Downloading`, `Pull complete`.
    public var status: String
    /// Bytes so far, nil where not counted.
    public var current: Int64?
    /// Bytes in all, nil where not known.
    public var total: Int64?

    /// Makes a step.
    public init(id: String = "", status: String, current: Int64? = nil, total: Int64? = nil) {
        self.id = id
        self.status = status
        self.current = current
        self.total = total
    }
}

/// A query parameter of a build.
public struct BuildParameter: Sendable, Equatable {
    /// The parameter's name: `t`, `dockerfile`.
    public var name: String
    /// Its value, not yet escaped.
    public var value: String

    /// Makes a parameter.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What a network is to be.
public struct NetworkSpec: Sendable, Hashable, Codable {
    /// The network's name.
    public var name: String
    /// `bridge`; nil is the engine's default.
    public var driver: String?
    /// The driver's options.
    public var driverOptions: [String: String] = [:]
    /// Whether it has no way out.
    public var isInternal = false
    /// Whether containers that are not of a swarm service may join.
    public var isAttachable = false
    /// Whether it has IPv4; nil is the engine's default.
    public var enableIPv4: Bool?
    /// Whether it has IPv6; nil is the engine's default.
    public var enableIPv6: Bool?
    /// The address manager; nil is the engine's default.
    public var addressDriver: String?
    /// The address manager's options.
    public var addressOptions: [String: String] = [:]
    /// The address pools.
    public var addressPools: [AddressPool] = []
    /// Labels by name.
    public var labels: [String: String] = [:]

    /// Makes a network with every default.
    public init(name: String) { self.name = name }
}

/// A range of addresses of a network.
public struct AddressPool: Sendable, Hashable, Codable {
    /// The subnet in CIDR form.
    public var subnet: String?
    /// The part of it that containers get.
    public var range: String?
    /// The gateway's address.
    public var gateway: String?
    /// Addresses kept for others, by name.
    public var reserved: [String: String]

    /// Makes a pool.
    public init(subnet: String? = nil, range: String? = nil, gateway: String? = nil, reserved: [String: String] = [:]) {
        self.subnet = subnet
        self.range = range
        self.gateway = gateway
        self.reserved = reserved
    }
}

/// A network on the engine.
public struct NetworkSummary: Sendable, Equatable {
    /// The full identifier.
    public var id: NetworkID
    /// The network's name, which need not be unique.
    public var name: String
    /// Its driver.
    public var driver: String
    /// Labels by name.
    public var labels: [String: String]
    /// The driver's options.
    public var driverOptions: [String: String] = [:]
    /// Whether it has no way out.
    public var isInternal = false
    /// Whether containers that are not of a swarm service may join.
    public var isAttachable = false
    /// Whether it has IPv4; nil where the engine does not say.
    public var enableIPv4: Bool?
    /// Whether it has IPv6; nil where the engine does not say.
    public var enableIPv6: Bool?
    /// The address manager; nil where the engine does not say.
    public var addressDriver: String?
    /// The address manager's options.
    public var addressOptions: [String: String] = [:]
    /// The address pools, those that the engine chose included.
    public var addressPools: [AddressPool] = []
    /// The names of containers that the network is kept for and that have not joined it: some may be gone. Empty in a list.
    public var strayEndpoints: [String] = []

    /// Makes a summary.
    public init(id: NetworkID, name: String, driver: String = "bridge", labels: [String: String] = [:]) {
        self.id = id
        self.name = name
        self.driver = driver
        self.labels = labels
    }

    /// Makes a summary of a network as `spec` asks for it.
    public init(id: NetworkID, _ spec: NetworkSpec) {
        self.init(id: id, name: spec.name, driver: spec.driver ?? "bridge", labels: spec.labels)
        driverOptions = spec.driverOptions
        isInternal = spec.isInternal
        isAttachable = spec.isAttachable
        enableIPv4 = spec.enableIPv4
        enableIPv6 = spec.enableIPv6
        addressDriver = spec.addressDriver
        addressOptions = spec.addressOptions
        addressPools = spec.addressPools
    }

    /// What makes the same network again, with the same addresses.
    public var spec: NetworkSpec {
        var spec = NetworkSpec(name: name)
        spec.driver = driver
        spec.driverOptions = driverOptions
        spec.isInternal = isInternal
        spec.isAttachable = isAttachable
        spec.enableIPv4 = enableIPv4
        spec.enableIPv6 = enableIPv6
        spec.addressDriver = addressDriver
        spec.addressOptions = addressOptions
        spec.addressPools = addressPools
        spec.labels = labels
        return spec
    }
}

/// How a container is attached to a network.
public struct NetworkAttachment: Sendable, Hashable, Codable {
    /// The network's name or identifier.
    public var network: String
    /// Names under which it is found there.
    public var aliases: [String]
    /// A fixed IPv4 address.
    public var ipv4Address: String?
    /// A fixed IPv6 address.
    public var ipv6Address: String?
    /// Link-local addresses.
    public var linkLocalAddresses: [String]
    /// A fixed MAC address.
    public var macAddress: String?
    /// The driver's options.
    public var driverOptions: [String: String]
    /// `container:alias` links.
    public var links: [String]
    /// The higher, the rather the default route (API 1.48).
    public var gatewayPriority: Int?

    /// Makes an attachment.
    public init(
        network: String, aliases: [String] = [], ipv4Address: String? = nil, ipv6Address: String? = nil,
        linkLocalAddresses: [String] = [], macAddress: String? = nil, driverOptions: [String: String] = [:],
        links: [String] = [], gatewayPriority: Int? = nil
    ) {
        self.network = network
        self.aliases = aliases
        self.ipv4Address = ipv4Address
        self.ipv6Address = ipv6Address
        self.linkLocalAddresses = linkLocalAddresses
        self.macAddress = macAddress
        self.driverOptions = driverOptions
        self.links = links
        self.gatewayPriority = gatewayPriority
    }
}

/// What a volume is to be.
public struct VolumeSpec: Sendable, Equatable {
    /// The volume's name.
    public var name: String
    /// `local`; nil is the engine's default.
    public var driver: String?
    /// The driver's options.
    public var driverOptions: [String: String] = [:]
    /// Labels by name.
    public var labels: [String: String] = [:]

    /// Makes a volume with every default.
    public init(name: String) { self.name = name }
}

/// A volume on the engine.
public struct VolumeSummary: Sendable, Equatable {
    /// The volume's name, which is unique.
    public var name: String
    /// Its driver.
    public var driver: String
    /// Labels by name.
    public var labels: [String: String]
    /// Where it lies on the host.
    public var mountPoint: String

    /// Makes a summary.
    public init(name: String, driver: String = "local", labels: [String: String] = [:], mountPoint: String = "") {
        self.name = name
        self.driver = driver
        self.labels = labels
        self.mountPoint = mountPoint
    }
}
