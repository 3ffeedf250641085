import EngineAPI

/// An entry of `GET /containers/json`. Engines leave out or null what they have nothing to say of.
struct ContainerListBody: JSONReadable, Sendable {
    var id: String
    var names: [String]?
    var image: String?
    var imageID: String?
    var command: String?
    var created: Int64?
    var state: String?
    var status: String?
    var labels: [String: String]?
    var ports: [PortBody]?
    var mounts: [MountPointBody]?
    var networkSettings: NetworkSettingsBody?

    init(_ json: JSONValue) throws {
        id = try json.read("Id")
        names = try json.read("Names")
        image = try json.read("Image")
        imageID = try json.read("ImageID")
        command = try json.read("Command")
        created = try json.read("Created")
        state = try json.read("State")
        status = try json.read("Status")
        labels = try json.read("Labels")
        ports = try json.read("Ports")
        mounts = try json.read("Mounts")
        networkSettings = try json.read("NetworkSettings")
    }

    var summary: ContainerSummary {
        ContainerSummary(
            id: ContainerID(id), names: namesOwnFirst, image: image ?? "",
            imageID: ImageID(imageID ?? ""), command: command ?? "",
            created: EngineTime(
                nanoseconds: (created ?? 0).multipliedReportingOverflow(by: 1_000_000_000).partialValue),
            state: ContainerState(engineText: state), status: status ?? "", labels: labels ?? [:],
            ports: (ports ?? []).map(\.summary), mounts: (mounts ?? []).map(\.summary),
            networks: networkSettings?.identifiers ?? [:])
    }

    /// Its own name, then those by which containers that link to it know it: `web/db`.
    private var namesOwnFirst: [String] {
        let names = (names ?? []).map(\.withoutLeadingSlash)
        return names.filter { !$0.contains("/") } + names.filter { $0.contains("/") }
    }
}

struct PortBody: JSONReadable, Sendable {
    var address: String?
    var privatePort: Int?
    var publicPort: Int?
    var type: String?

    init(_ json: JSONValue) throws {
        address = try json.read("IP")
        privatePort = try json.read("PrivatePort")
        publicPort = try json.read("PublicPort")
        type = try json.read("Type")
    }

    var summary: PortSummary {
        // Podman writes 0 for a port that is not published.
        let hostPort = publicPort == 0 ? nil : publicPort
        return PortSummary(
            hostAddress: hostPort == nil ? nil : address, containerPort: privatePort ?? 0, hostPort: hostPort,
            transport: type ?? "tcp")
    }
}

/// A mount as list and inspect calls show it.
struct MountPointBody: JSONReadable, Sendable {
    var type: String?
    var name: String?
    var source: String?
    var destination: String?
    var isWritable: Bool?

    init(_ json: JSONValue) throws {
        type = try json.read("Type")
        name = try json.read("Name")
        source = try json.read("Source")
        destination = try json.read("Destination")
        isWritable = try json.read("RW")
    }

    var summary: MountSummary {
        MountSummary(
            type: type ?? "", name: name?.nonEmpty, source: source ?? "", target: destination ?? "",
            writable: isWritable ?? true)
    }
}

struct NetworkSettingsBody: JSONReadable, Sendable {
    struct Endpoint: JSONReadable, Sendable {
        var networkID: String?
        var addressing: EndpointBody.Addressing?
        var aliases: [String]?
        var links: [String]?
        var macAddress: String?
        var driverOptions: [String: String]?
        var gatewayPriority: Int?

        init(_ json: JSONValue) throws {
            networkID = try json.read("NetworkID")
            addressing = try json.read("IPAMConfig")
            aliases = try json.read("Aliases")
            links = try json.read("Links")
            macAddress = try json.read("MacAddress")
            driverOptions = try json.read("DriverOpts")
            gatewayPriority = try json.read("GwPriority")
        }
    }

    var networks: [String: Endpoint?]?

    init(_ json: JSONValue) throws {
        networks = try json.read("Networks")
    }

    var identifiers: [String: NetworkID] { (networks ?? [:]).mapValues { NetworkID($0?.networkID ?? "") } }

    /// - Parameters:
    ///   - id: the container's; the engine adds its beginning to the aliases by itself.
    ///   - macAddress: the one asked for. An endpoint shows one also where the engine chose it.
    func attachments(of id: String, macAddress: String?) -> [String: NetworkAttachment] {
        var attachments: [String: NetworkAttachment] = [:]
        for case (let name, let endpoint?) in networks ?? [:] {
            let addressing = endpoint.addressing
            attachments[name] = NetworkAttachment(
                network: name, aliases: (endpoint.aliases ?? []).filter { $0 != ContainerID(id).short },
                ipv4Address: addressing?.ipv4?.nonEmpty, ipv6Address: addressing?.ipv6?.nonEmpty,
                linkLocalAddresses: addressing?.linkLocal ?? [],
                macAddress: endpoint.macAddress == macAddress ? macAddress?.nonEmpty : nil,
                driverOptions: endpoint.driverOptions ?? [:], links: endpoint.links ?? [],
                gatewayPriority: endpoint.gatewayPriority.flatMap { $0 == 0 ? nil : $0 })
        }
        return attachments
    }
}

extension ContainerState {
    /// The state by the engine's word. Podman says `configured` and `initialized` for a container that was not
    /// started, `stopped` and `stopping` where Docker has `exited` and `running`.
    init(engineText text: String?) {
        switch text {
        case "configured", "initialized": self = .created
        case "stopping": self = .running
        case "stopped": self = .exited
        case let text: self = text.flatMap(ContainerState.init(rawValue:)) ?? .created
        }
    }
}

extension String {
    var nonEmpty: String? { isEmpty ? nil : self }
    /// Engines write container names as paths.
    var withoutLeadingSlash: String { hasPrefix("/") ? String(dropFirst()) : self }
}
