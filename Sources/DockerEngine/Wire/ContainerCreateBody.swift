import EngineAPI

/// The body of `POST /containers/create`: the container's configuration with the host's and the networks' parts.
struct ContainerCreateBody: Encodable {
    enum CodingKeys: String, CodingKey {
        case image = "Image"
        case command = "Cmd"
        case entrypoint = "Entrypoint"
        case environment = "Env"
        case labels = "Labels"
        case user = "User"
        case workingDirectory = "WorkingDir"
        case hostname = "Hostname"
        case domainName = "Domainname"
        case macAddress = "MacAddress"
        case terminal = "Tty"
        case openInput = "OpenStdin"
        case inputOnce = "StdinOnce"
        case attachInput = "AttachStdin"
        case attachOutput = "AttachStdout"
        case attachError = "AttachStderr"
        case stopSignal = "StopSignal"
        case stopTimeout = "StopTimeout"
        case healthCheck = "Healthcheck"
        case exposedPorts = "ExposedPorts"
        case host = "HostConfig"
        case networking = "NetworkingConfig"
    }

    var image: String
    var command: [String]?
    var entrypoint: [String]?
    var environment: [String]?
    var labels: [String: String]
    var user: String?
    var workingDirectory: String?
    var hostname: String?
    var domainName: String?
    var macAddress: String?
    var terminal: Bool
    var openInput: Bool
    var inputOnce: Bool
    var attachInput: Bool
    var attachOutput = true
    var attachError = true
    var stopSignal: String?
    var stopTimeout: Int64?
    var healthCheck: HealthCheckBody?
    var exposedPorts: [String: EmptyObject]?
    var host: HostConfigBody
    var networking: NetworkingConfigBody?

    /// The body for a specification, with those of its networks that the engine takes at creation.
    init(_ spec: ContainerSpec, networks: [NetworkAttachment], in version: APIVersion) {
        image = spec.image
        command = spec.command
        entrypoint = spec.entrypoint
        environment = spec.environment.isEmpty ? nil : spec.environment
        labels = spec.labels
        user = spec.user
        workingDirectory = spec.workingDirectory
        hostname = spec.hostname
        domainName = spec.domainName
        // Engines before 1.44 know only a container-wide address, which the first network gets.
        macAddress = version < .multipleNetworks ? networks.first?.macAddress : nil
        terminal = spec.terminal
        openInput = spec.openInput
        inputOnce = spec.inputOnce
        attachInput = spec.inputOnce
        stopSignal = spec.stopSignal
        stopTimeout = spec.stopTimeout?.secondsRoundedUp
        healthCheck = spec.healthCheck.map(HealthCheckBody.init)
        let ports = spec.exposedPorts + spec.portBindings.map(\.containerPort)
        exposedPorts = ports.isEmpty ? nil : Dictionary(ports.map { ($0, EmptyObject()) }) { first, _ in first }
        host = HostConfigBody(spec)
        networking = networks.isEmpty ? nil : NetworkingConfigBody(networks, in: version)
    }
}

struct HostConfigBody: Encodable {
    enum CodingKeys: String, CodingKey {
        case binds = "Binds"
        case mounts = "Mounts"
        case temporaryFileSystems = "Tmpfs"
        case portBindings = "PortBindings"
        case restartPolicy = "RestartPolicy"
        case networkMode = "NetworkMode"
        case logging = "LogConfig"
        case initProcess = "Init"
        case autoRemove = "AutoRemove"
        case privileged = "Privileged"
        case readOnlyRoot = "ReadonlyRootfs"
        case extraHosts = "ExtraHosts"
    }

    struct Port: Encodable {
        enum CodingKeys: String, CodingKey {
            case address = "HostIp"
            case port = "HostPort"
        }
        var address: String
        var port: String
    }

    struct RestartPolicy: Encodable {
        enum CodingKeys: String, CodingKey {
            case name = "Name"
            case maximumRetries = "MaximumRetryCount"
        }
        var name: String
        var maximumRetries: Int
    }

    struct Logging: Encodable {
        enum CodingKeys: String, CodingKey {
            case type = "Type"
            case config = "Config"
        }
        var type: String
        var config: [String: String]
    }

    var binds: [String]?
    var mounts: [MountBody]?
    var temporaryFileSystems: [String: String]?
    var portBindings: [String: [Port]]?
    var restartPolicy: RestartPolicy?
    var networkMode: String?
    var logging: Logging?
    var initProcess: Bool?
    var autoRemove: Bool
    var privileged: Bool
    var readOnlyRoot: Bool
    var extraHosts: [String]?

    init(_ spec: ContainerSpec) {
        binds = spec.binds.isEmpty ? nil : spec.binds
        mounts = spec.mounts.isEmpty ? nil : spec.mounts.map(MountBody.init)
        temporaryFileSystems = spec.temporaryFileSystems.isEmpty ? nil : spec.temporaryFileSystems
        let bindings = Dictionary(grouping: spec.portBindings, by: \.containerPort)
        portBindings =
            bindings.isEmpty ? nil : bindings.mapValues { $0.map { Port(address: $0.hostAddress, port: $0.hostPort) } }
        restartPolicy = spec.restartPolicy.map { RestartPolicy(name: $0.name, maximumRetries: $0.maximumRetries) }
        networkMode = spec.networkMode ?? spec.networks.first?.network
        logging = spec.logging.map { Logging(type: $0.driver ?? "", config: $0.options) }
        initProcess = spec.initProcess
        autoRemove = spec.autoRemove
        privileged = spec.privileged
        readOnlyRoot = spec.readOnlyRoot
        extraHosts = spec.extraHosts.isEmpty ? nil : spec.extraHosts
    }
}
