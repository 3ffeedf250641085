import EngineAPI

/// The body of `POST /containers/create`: the container's configuration with the host's and the networks' parts.
struct ContainerCreateBody: JSONWritable {
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

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("AttachStderr", attachError)
            json.add("AttachStdin", attachInput)
            json.add("AttachStdout", attachOutput)
            json.add("Cmd", command)
            json.add("Domainname", domainName)
            json.add("Entrypoint", entrypoint)
            json.add("Env", environment)
            json.add("ExposedPorts", exposedPorts)
            json.add("Healthcheck", healthCheck)
            json.add("HostConfig", host)
            json.add("Hostname", hostname)
            json.add("Image", image)
            json.add("Labels", labels)
            json.add("MacAddress", macAddress)
            json.add("NetworkingConfig", networking)
            json.add("OpenStdin", openInput)
            json.add("StdinOnce", inputOnce)
            json.add("StopSignal", stopSignal)
            json.add("StopTimeout", stopTimeout)
            json.add("Tty", terminal)
            json.add("User", user)
            json.add("WorkingDir", workingDirectory)
        }
    }

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

struct HostConfigBody: JSONWritable {
    struct Port: JSONWritable {
        var address: String
        var port: String

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("HostIp", address)
                json.add("HostPort", port)
            }
        }
    }

    struct RestartPolicy: JSONWritable {
        var name: String
        var maximumRetries: Int

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("MaximumRetryCount", maximumRetries)
                json.add("Name", name)
            }
        }
    }

    struct Logging: JSONWritable {
        var type: String
        var config: [String: String]

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.add("Config", config)
                json.add("Type", type)
            }
        }
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

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("Annotations", annotations)
            json.add("AutoRemove", autoRemove)
            json.add("Binds", binds)
            json.add("BlkioDeviceReadBps", readBytes)
            json.add("BlkioDeviceReadIOps", reads)
            json.add("BlkioDeviceWriteBps", writtenBytes)
            json.add("BlkioDeviceWriteIOps", writes)
            json.add("BlkioWeight", blockWeight)
            json.add("BlkioWeightDevice", blockDeviceWeights)
            json.add("CapAdd", addedCapabilities)
            json.add("CapDrop", droppedCapabilities)
            json.add("CgroupParent", cgroupParent)
            json.add("CgroupnsMode", cgroup)
            json.add("CpuCount", cpuCount)
            json.add("CpuPercent", cpuPercent)
            json.add("CpuPeriod", cpuPeriod)
            json.add("CpuQuota", cpuQuota)
            json.add("CpuRealtimePeriod", cpuRealtimePeriod)
            json.add("CpuRealtimeRuntime", cpuRealtimeRuntime)
            json.add("CpuShares", cpuShares)
            json.add("CpusetCpus", cpuSet)
            json.add("DeviceCgroupRules", deviceCgroupRules)
            json.add("DeviceRequests", deviceRequests)
            json.add("Devices", devices)
            json.add("Dns", nameServers)
            json.add("DnsOptions", resolverOptions)
            json.add("DnsSearch", searchDomains)
            json.add("ExtraHosts", extraHosts)
            json.add("GroupAdd", additionalGroups)
            json.add("Init", initProcess)
            json.add("IpcMode", ipc)
            json.add("Isolation", technology)
            json.add("Links", links)
            json.add("LogConfig", logging)
            json.add("MaskedPaths", maskedPaths)
            json.add("Memory", memory)
            json.add("MemoryReservation", memoryReservation)
            json.add("MemorySwap", memorySwap)
            json.add("MemorySwappiness", memorySwappiness)
            json.add("Mounts", mounts)
            json.add("NanoCpus", nanoCPUs)
            json.add("NetworkMode", networkMode)
            json.add("OomKillDisable", disableOutOfMemoryKill)
            json.add("OomScoreAdj", outOfMemoryScore)
            json.add("PidMode", pid)
            json.add("PidsLimit", processes)
            json.add("PortBindings", portBindings)
            json.add("Privileged", privileged)
            json.add("ReadonlyPaths", readOnlyPaths)
            json.add("ReadonlyRootfs", readOnlyRoot)
            json.add("RestartPolicy", restartPolicy)
            json.add("Runtime", runtime)
            json.add("SecurityOpt", securityOptions)
            json.add("ShmSize", sharedMemory)
            json.add("StorageOpt", storageOptions)
            json.add("Sysctls", systemControls)
            json.add("Tmpfs", temporaryFileSystems)
            json.add("UTSMode", uts)
            json.add("Ulimits", userLimits)
            json.add("UsernsMode", userNamespace)
            json.add("VolumesFrom", volumesFrom)
        }
    }

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
