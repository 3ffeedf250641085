import EngineAPI

/// The `NetworkingConfig` of a container to be created.
struct NetworkingConfigBody: Encodable {
    enum CodingKeys: String, CodingKey { case endpoints = "EndpointsConfig" }

    var endpoints: [String: EndpointBody]

    init(_ attachments: [NetworkAttachment], in version: APIVersion) {
        endpoints = Dictionary(attachments.map { ($0.network, EndpointBody($0, in: version)) }) { first, _ in first }
    }
}

/// How a container is attached to one network.
struct EndpointBody: Encodable {
    enum CodingKeys: String, CodingKey {
        case addressing = "IPAMConfig"
        case aliases = "Aliases"
        case links = "Links"
        case macAddress = "MacAddress"
        case driverOptions = "DriverOpts"
        case gatewayPriority = "GwPriority"
    }

    struct Addressing: Codable {
        enum CodingKeys: String, CodingKey {
            case ipv4 = "IPv4Address"
            case ipv6 = "IPv6Address"
            case linkLocal = "LinkLocalIPs"
        }
        var ipv4: String?
        var ipv6: String?
        var linkLocal: [String]?
    }

    var addressing: Addressing?
    var aliases: [String]?
    var links: [String]?
    var macAddress: String?
    var driverOptions: [String: String]?
    var gatewayPriority: Int?

    init(_ attachment: NetworkAttachment, in version: APIVersion) {
        let linkLocal = attachment.linkLocalAddresses
        if attachment.ipv4Address != nil || attachment.ipv6Address != nil || !linkLocal.isEmpty {
            addressing = Addressing(
                ipv4: attachment.ipv4Address, ipv6: attachment.ipv6Address,
                linkLocal: linkLocal.isEmpty ? nil : linkLocal)
        }
        aliases = attachment.aliases.isEmpty ? nil : attachment.aliases
        links = attachment.links.isEmpty ? nil : attachment.links
        macAddress = version < .multipleNetworks ? nil : attachment.macAddress
        driverOptions = attachment.driverOptions.isEmpty ? nil : attachment.driverOptions
        gatewayPriority = attachment.gatewayPriority
    }
}

/// The body of `POST /networks/{id}/connect`.
struct ConnectBody: Encodable {
    enum CodingKeys: String, CodingKey {
        case container = "Container"
        case endpoint = "EndpointConfig"
    }
    var container: String
    var endpoint: EndpointBody
}

/// The body of `POST /networks/{id}/disconnect`.
struct DisconnectBody: Encodable {
    enum CodingKeys: String, CodingKey {
        case container = "Container"
        case force = "Force"
    }
    var container: String
    var force: Bool
}

/// The body of `POST /networks/create`.
struct NetworkCreateBody: Encodable {
    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case checkDuplicate = "CheckDuplicate"
        case driver = "Driver"
        case isInternal = "Internal"
        case isAttachable = "Attachable"
        case enableIPv4 = "EnableIPv4"
        case enableIPv6 = "EnableIPv6"
        case addressing = "IPAM"
        case options = "Options"
        case labels = "Labels"
    }

    struct Addressing: Codable {
        enum CodingKeys: String, CodingKey {
            case driver = "Driver"
            case options = "Options"
            case pools = "Config"
        }

        struct Pool: Codable {
            enum CodingKeys: String, CodingKey {
                case subnet = "Subnet"
                case range = "IPRange"
                case gateway = "Gateway"
                case reserved = "AuxiliaryAddresses"
            }
            var subnet: String?
            var range: String?
            var gateway: String?
            var reserved: [String: String]?
        }

        var driver: String?
        var options: [String: String]?
        var pools: [Pool]?
    }

    var name: String
    /// Engines before API 1.44 accept a second network of the same name unless told not to.
    var checkDuplicate = true
    var driver: String?
    var isInternal: Bool
    var isAttachable: Bool
    var enableIPv4: Bool?
    var enableIPv6: Bool?
    var addressing: Addressing?
    var options: [String: String]?
    var labels: [String: String]

    init(_ spec: NetworkSpec) {
        name = spec.name
        driver = spec.driver
        isInternal = spec.isInternal
        isAttachable = spec.isAttachable
        enableIPv4 = spec.enableIPv4
        enableIPv6 = spec.enableIPv6
        options = spec.driverOptions.isEmpty ? nil : spec.driverOptions
        labels = spec.labels
        if spec.addressDriver != nil || !spec.addressOptions.isEmpty || !spec.addressPools.isEmpty {
            addressing = Addressing(
                driver: spec.addressDriver, options: spec.addressOptions.isEmpty ? nil : spec.addressOptions,
                pools: spec.addressPools.isEmpty
                    ? nil
                    : spec.addressPools.map { pool in
                        Addressing.Pool(
                            subnet: pool.subnet, range: pool.range, gateway: pool.gateway,
                            reserved: pool.reserved.isEmpty ? nil : pool.reserved)
                    })
        }
    }
}

/// A network, listed or inspected.
struct NetworkBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case driver = "Driver"
        case labels = "Labels"
        case isInternal = "Internal"
        case isAttachable = "Attachable"
        case enableIPv4 = "EnableIPv4"
        case enableIPv6 = "EnableIPv6"
        case addressing = "IPAM"
        case options = "Options"
        case endpoints = "Containers"
    }
    /// A container on the network; the engine's list does not tell of them.
    struct Endpoint: Decodable, Sendable {
        enum CodingKeys: String, CodingKey { case name = "Name" }
        var name: String?
    }
    var id: String
    var name: String?
    var driver: String?
    var endpoints: [String: Endpoint]?
    var labels: [String: String]?
    var isInternal: Bool?
    var isAttachable: Bool?
    var enableIPv4: Bool?
    var enableIPv6: Bool?
    var addressing: NetworkCreateBody.Addressing?
    var options: [String: String]?

    var summary: NetworkSummary {
        var summary = NetworkSummary(
            id: NetworkID(id), name: name ?? "", driver: driver ?? "", labels: labels ?? [:])
        summary.driverOptions = options ?? [:]
        summary.isInternal = isInternal ?? false
        summary.isAttachable = isAttachable ?? false
        summary.enableIPv4 = enableIPv4
        summary.enableIPv6 = enableIPv6
        summary.addressDriver = addressing?.driver
        summary.addressOptions = addressing?.options ?? [:]
        summary.addressPools = (addressing?.pools ?? []).map {
            AddressPool(
                subnet: $0.subnet?.nonEmpty, range: $0.range?.nonEmpty, gateway: $0.gateway?.nonEmpty,
                reserved: $0.reserved ?? [:])
        }
        // An endpoint that no container has joined is called by its own identifier.
        summary.strayEndpoints = (endpoints ?? [:]).filter { $0.key.hasPrefix("ep-") }.compactMap(\.value.name).sorted()
        return summary
    }
}
