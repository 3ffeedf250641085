import EngineAPI

/// The `NetworkingConfig` of a container to be created.
struct NetworkingConfigBody: JSONWritable {
    var endpoints: [String: EndpointBody]

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("EndpointsConfig", endpoints)
        }
    }

    init(_ attachments: [NetworkAttachment], in version: APIVersion) {
        endpoints = Dictionary(attachments.map { ($0.network, EndpointBody($0, in: version)) }) { first, _ in first }
    }
}

/// How a container is attached to one network.
struct EndpointBody: JSONWritable {
    struct Addressing: JSONWritable {
        var ipv4: String?
        var ipv6: String?
        var linkLocal: [String]?

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("IPv4Address", ipv4)
                json.add("IPv6Address", ipv6)
                json.add("LinkLocalIPs", linkLocal)
            }
        }
    }

    var addressing: Addressing?
    var aliases: [String]?
    var links: [String]?
    var macAddress: String?
    var driverOptions: [String: String]?
    var gatewayPriority: Int?

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("Aliases", aliases)
            json.add("DriverOpts", driverOptions)
            json.add("GwPriority", gatewayPriority)
            json.add("IPAMConfig", addressing)
            json.add("Links", links)
            json.add("MacAddress", macAddress)
        }
    }

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
struct ConnectBody: JSONWritable {
    var container: String
    var endpoint: EndpointBody

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("Container", container)
            json.add("EndpointConfig", endpoint)
        }
    }
}

/// The body of `POST /networks/{id}/disconnect`.
struct DisconnectBody: JSONWritable {
    var container: String
    var force: Bool

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("Container", container)
            json.add("Force", force)
        }
    }
}

/// The body of `POST /networks/create`.
struct NetworkCreateBody: JSONWritable {
    struct Addressing: JSONWritable {
        struct Pool: JSONWritable {
            var subnet: String?
            var range: String?
            var gateway: String?
            var reserved: [String: String]?

            func write(to json: inout JSONWriter) {
                json.object { json in
                    json.add("AuxiliaryAddresses", reserved)
                    json.add("Gateway", gateway)
                    json.add("IPRange", range)
                    json.add("Subnet", subnet)
                }
            }
        }

        var driver: String?
        var options: [String: String]?
        var pools: [Pool]?

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("Config", pools)
                json.add("Driver", driver)
                json.add("Options", options)
            }
        }
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

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("Attachable", isAttachable)
            json.add("CheckDuplicate", checkDuplicate)
            json.add("Driver", driver)
            json.add("EnableIPv4", enableIPv4)
            json.add("EnableIPv6", enableIPv6)
            json.add("IPAM", addressing)
            json.add("Internal", isInternal)
            json.add("Labels", labels)
            json.add("Name", name)
            json.add("Options", options)
        }
    }

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
struct NetworkBody: JSONReadable, Sendable {
    /// A container on the network; the engine's list does not tell of them.
    struct Endpoint: JSONReadable, Sendable {
        var name: String?

        init(_ json: JSONValue) throws {
            name = try json.read("Name")
        }
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

    init(_ json: JSONValue) throws {
        id = try json.read("Id")
        name = try json.read("Name")
        driver = try json.read("Driver")
        endpoints = try json.read("Containers")
        labels = try json.read("Labels")
        isInternal = try json.read("Internal")
        isAttachable = try json.read("Attachable")
        enableIPv4 = try json.read("EnableIPv4")
        enableIPv6 = try json.read("EnableIPv6")
        addressing = try json.read("IPAM")
        options = try json.read("Options")
    }

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

extension EndpointBody.Addressing: JSONReadable {
    init(_ json: JSONValue) throws {
        ipv4 = try json.read("IPv4Address")
        ipv6 = try json.read("IPv6Address")
        linkLocal = try json.read("LinkLocalIPs")
    }
}

extension NetworkCreateBody.Addressing.Pool: JSONReadable {
    init(_ json: JSONValue) throws {
        subnet = try json.read("Subnet")
        range = try json.read("IPRange")
        gateway = try json.read("Gateway")
        reserved = try json.read("AuxiliaryAddresses")
    }
}

extension NetworkCreateBody.Addressing: JSONReadable {
    init(_ json: JSONValue) throws {
        driver = try json.read("Driver")
        options = try json.read("Options")
        pools = try json.read("Config")
    }
}
