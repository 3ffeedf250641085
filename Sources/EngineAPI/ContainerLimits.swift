/// What a container may use of the host; nil leaves the engine's default. The names are the Engine API's own notions
/// (`HostConfig`).
public struct ContainerLimits: Sendable, Equatable {
    /// Bytes of memory.
    public var memory: Int64?
    /// Bytes of memory to be left to it when memory is short.
    public var memoryReservation: Int64?
    /// Bytes of memory and swap together; -1 is without limit.
    public var memorySwap: Int64?
    /// How readily its memory is swapped, from 0 to 100.
    public var memorySwappiness: Int64?
    /// Bytes of `/dev/shm`.
    public var sharedMemory: Int64?
    /// Processor time in billionths of a processor.
    public var nanoCPUs: Int64?
    /// Processors (Windows).
    public var cpuCount: Int?
    /// Per cent of the processors (Windows).
    public var cpuPercent: Int?
    /// The scheduler's period in microseconds.
    public var cpuPeriod: Int?
    /// Microseconds of processor time in each period.
    public var cpuQuota: Int?
    /// The real-time scheduler's period in microseconds.
    public var cpuRealtimePeriod: Int?
    /// Microseconds of real-time processor time in each period.
    public var cpuRealtimeRuntime: Int?
    /// Which processors: `0-3`.
    public var cpuSet: String?
    /// The weight among containers.
    public var cpuShares: Int?
    /// Processes and threads; -1 is without limit.
    public var processes: Int?
    /// Whether it is spared when memory runs out.
    public var disableOutOfMemoryKill = false
    /// How readily it is killed when memory runs out, from -1000 to 1000.
    public var outOfMemoryScore: Int?
    /// The shell's `ulimit`s.
    public var userLimits: [UserLimitSpec] = []
    /// Its share of block devices.
    public var blockIO = BlockIOLimits()

    /// Makes limits that are all the engine's defaults.
    public init() {}
}

/// A limit of the shell's `ulimit`.
public struct UserLimitSpec: Sendable, Equatable {
    /// `nofile`, `nproc`.
    public var name: String
    /// What a process begins with.
    public var soft: Int
    /// How far it may raise that.
    public var hard: Int

    /// Makes a limit.
    public init(name: String, soft: Int, hard: Int) {
        self.name = name
        self.soft = soft
        self.hard = hard
    }
}

/// How a container is set apart from the host, and what of the host it may see; nil and empty are the engine's defaults.
public struct ContainerIsolation: Sendable, Equatable {
    /// Capabilities added: `NET_ADMIN`.
    public var addedCapabilities: [String] = []
    /// Capabilities taken away; `ALL` is every one.
    public var droppedCapabilities: [String] = []
    /// `host` or `private`.
    public var cgroup: String?
    /// The control group under which its own is made.
    public var cgroupParent: String?
    /// Devices of the host.
    public var devices: [DeviceMapping] = []
    /// Rules such as `c 189:* rmw`.
    public var deviceCgroupRules: [String] = []
    /// Devices asked for by what they can do.
    public var deviceRequests: [DeviceRequestSpec] = []
    /// `host`, `private`, `shareable`, `none` or `container:ID`.
    public var ipc: String?
    /// The isolation technology (Windows).
    public var technology: String?
    /// `host` or `container:ID`.
    public var pid: String?
    /// The OCI runtime.
    public var runtime: String?
    /// Options such as `no-new-privileges:true`.
    public var securityOptions: [String] = []
    /// Paths of `/proc` and `/sys` that are hidden inside; nil is the engine's own list, empty hides none.
    public var maskedPaths: [String]?
    /// Paths of `/proc` and `/sys` that may only be read inside; nil is the engine's own list, empty is none.
    public var readOnlyPaths: [String]?
    /// Kernel parameters by name.
    public var systemControls: [String: String] = [:]
    /// `host`.
    public var userNamespace: String?
    /// `host`.
    public var uts: String?

    /// Makes an isolation that is the engine's default.
    public init() {}
}

/// A device of the host inside a container.
public struct DeviceMapping: Sendable, Equatable {
    /// The path on the host.
    public var source: String
    /// The path inside.
    public var target: String
    /// Of `r`, `w` and `m`.
    public var permissions: String

    /// Makes a mapping.
    public init(source: String, target: String, permissions: String = "rwm") {
        self.source = source
        self.target = target
        self.permissions = permissions
    }
}

/// Devices asked for by what they can do.
public struct DeviceRequestSpec: Sendable, Equatable {
    /// All of these are needed: `gpu`.
    public var capabilities: [String]
    /// The driver; empty is any.
    public var driver: String
    /// How many; -1 is all, 0 where identifiers are given.
    public var count: Int
    /// Which ones; those of the Container Device Interface have ``driver`` `cdi`.
    public var identifiers: [String]
    /// The driver's options.
    public var options: [String: String]

    /// Makes a request.
    public init(
        capabilities: [String], driver: String = "", count: Int = 0, identifiers: [String] = [],
        options: [String: String] = [:]
    ) {
        self.capabilities = capabilities
        self.driver = driver
        self.count = count
        self.identifiers = identifiers
        self.options = options
    }
}
