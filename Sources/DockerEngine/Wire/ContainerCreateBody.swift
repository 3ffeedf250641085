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
        // Engines before 1.44 know only a container-wide address, which the first network gets; newer ones give it to
        // the network of the mode.
        macAddress = spec.macAddress ?? (version < .multipleNetworks ? networks.first?.macAddress : nil)
        terminal = spec.terminal
        openInput = spec.openInput
        inputOnce = spec.inputOnce
        attachInput = spec.inputOnce
        stopSignal = spec.stopSignal
        stopTimeout = spec.stopTimeout?.secondsRoundedUp
        healthCheck = spec.healthCheck.map(HealthCheckBody.init)
        let ports = spec.exposedPorts + spec.portBindings.map(\.containerPort)
        exposedPorts = ports.isEmpty ? nil : Dictionary(ports.map { ($0, EmptyObject()) }) { first, _ in first }
        host = HostConfigBody(spec, in: version)
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
        case links = "Links"
        case logging = "LogConfig"
        case initProcess = "Init"
        case autoRemove = "AutoRemove"
        case privileged = "Privileged"
        case readOnlyRoot = "ReadonlyRootfs"
        case extraHosts = "ExtraHosts"
        case memory = "Memory"
        case memoryReservation = "MemoryReservation"
        case memorySwap = "MemorySwap"
        case memorySwappiness = "MemorySwappiness"
        case sharedMemory = "ShmSize"
        case nanoCPUs = "NanoCpus"
        case cpuCount = "CpuCount"
        case cpuPercent = "CpuPercent"
        case cpuPeriod = "CpuPeriod"
        case cpuQuota = "CpuQuota"
        case cpuRealtimePeriod = "CpuRealtimePeriod"
        case cpuRealtimeRuntime = "CpuRealtimeRuntime"
        case cpuSet = "CpusetCpus"
        case cpuShares = "CpuShares"
        case blockWeight = "BlkioWeight"
        case blockDeviceWeights = "BlkioWeightDevice"
        case readBytes = "BlkioDeviceReadBps"
        case writtenBytes = "BlkioDeviceWriteBps"
        case reads = "BlkioDeviceReadIOps"
        case writes = "BlkioDeviceWriteIOps"
        case processes = "PidsLimit"
        case disableOutOfMemoryKill = "OomKillDisable"
        case outOfMemoryScore = "OomScoreAdj"
        case userLimits = "Ulimits"
        case addedCapabilities = "CapAdd"
        case droppedCapabilities = "CapDrop"
        case cgroup = "CgroupnsMode"
        case cgroupParent = "CgroupParent"
        case devices = "Devices"
        case deviceCgroupRules = "DeviceCgroupRules"
        case deviceRequests = "DeviceRequests"
        case ipc = "IpcMode"
        case technology = "Isolation"
        case pid = "PidMode"
        case runtime = "Runtime"
        case securityOptions = "SecurityOpt"
        case maskedPaths = "MaskedPaths"
        case readOnlyPaths = "ReadonlyPaths"
        case systemControls = "Sysctls"
        case userNamespace = "UsernsMode"
        case uts = "UTSMode"
        case additionalGroups = "GroupAdd"
        case nameServers = "Dns"
        case resolverOptions = "DnsOptions"
        case searchDomains = "DnsSearch"
        case volumesFrom = "VolumesFrom"
        case storageOptions = "StorageOpt"
        case annotations = "Annotations"
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
    var links: [String]?
    var logging: Logging?
    var initProcess: Bool?
    var autoRemove: Bool
    var privileged: Bool
    var readOnlyRoot: Bool
    var extraHosts: [String]?
    var memory: Int64?
    var memoryReservation: Int64?
    var memorySwap: Int64?
    var memorySwappiness: Int64?
    var sharedMemory: Int64?
    var nanoCPUs: Int64?
    var cpuCount: Int?
    var cpuPercent: Int?
    var cpuPeriod: Int?
    var cpuQuota: Int?
    var cpuRealtimePeriod: Int?
    var cpuRealtimeRuntime: Int?
    var cpuSet: String?
    var cpuShares: Int?
    var blockWeight: Int?
    var blockDeviceWeights: [DeviceWeight]?
    var readBytes: [DeviceRate]?
    var writtenBytes: [DeviceRate]?
    var reads: [DeviceRate]?
    var writes: [DeviceRate]?
    var processes: Int?
    var disableOutOfMemoryKill: Bool?
    var outOfMemoryScore: Int?
    var userLimits: [UserLimit]?
    var addedCapabilities: [String]?
    var droppedCapabilities: [String]?
    var cgroup: String?
    var cgroupParent: String?
    var devices: [Device]?
    var deviceCgroupRules: [String]?
    var deviceRequests: [DeviceRequest]?
    var ipc: String?
    var technology: String?
    var pid: String?
    var runtime: String?
    var securityOptions: [String]?
    var maskedPaths: [String]?
    var readOnlyPaths: [String]?
    var systemControls: [String: String]?
    var userNamespace: String?
    var uts: String?
    var additionalGroups: [String]?
    var nameServers: [String]?
    var resolverOptions: [String]?
    var searchDomains: [String]?
    var volumesFrom: [String]?
    var storageOptions: [String: String]?
    var annotations: [String: String]?

    init(_ spec: ContainerSpec, in version: APIVersion) {
        binds = spec.binds.isEmpty ? nil : spec.binds
        mounts = spec.mounts.isEmpty ? nil : spec.mounts.map { MountBody($0, in: version) }
        temporaryFileSystems = spec.temporaryFileSystems.isEmpty ? nil : spec.temporaryFileSystems
        let bindings = Dictionary(grouping: spec.portBindings, by: \.containerPort)
        portBindings =
            bindings.isEmpty ? nil : bindings.mapValues { $0.map { Port(address: $0.hostAddress, port: $0.hostPort) } }
        restartPolicy = spec.restartPolicy.map { RestartPolicy(name: $0.name, maximumRetries: $0.maximumRetries) }
        networkMode = spec.networkMode ?? spec.networks.first?.network
        links = given(spec.links)
        logging = spec.logging.map { Logging(type: $0.driver ?? "", config: $0.options) }
        initProcess = spec.initProcess
        autoRemove = spec.autoRemove
        privileged = spec.privileged
        readOnlyRoot = spec.readOnlyRoot
        extraHosts = given(spec.extraHosts)
        additionalGroups = given(spec.additionalGroups)
        nameServers = given(spec.nameServers)
        resolverOptions = given(spec.resolverOptions)
        searchDomains = given(spec.searchDomains)
        volumesFrom = given(spec.volumesFrom)
        storageOptions = spec.storageOptions.isEmpty ? nil : spec.storageOptions
        annotations = spec.annotations.isEmpty ? nil : spec.annotations
        set(spec.limits)
        set(spec.isolation)
    }
}
