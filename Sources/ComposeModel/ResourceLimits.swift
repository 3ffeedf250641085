/// What a container may use of the host; nil leaves the engine's default.
package struct ResourceLimits: Sendable, Equatable {
    package var memory: Int64?
    package var memoryReservation: Int64?
    /// Memory and swap together; -1 is without limit.
    package var memorySwap: Int64?
    /// From 0 to 100.
    package var memorySwappiness: Int64?
    package var sharedMemory: Int64?
    /// Cores.
    package var cpus: Double?
    package var cpuCount: Int?
    package var cpuPercent: Double?
    package var cpuPeriod: Int?
    package var cpuQuota: Int?
    package var cpuRealtimePeriod: Int?
    package var cpuRealtimeRuntime: Int?
    package var cpuSet: String?
    package var cpuShares: Int?
    /// -1 is without limit.
    package var processes: Int?
    package var disableOutOfMemoryKill = false
    package var outOfMemoryScore: Int?
    package var ulimits: [String: UserLimit] = [:]

    package init() {}
}

/// A limit of the shell's `ulimit`.
package enum UserLimit: Sendable, Equatable {
    case single(Int)
    case range(soft: Int, hard: Int)

    package var soft: Int {
        switch self {
        case .single(let value): value
        case .range(let soft, _): soft
        }
    }

    package var hard: Int {
        switch self {
        case .single(let value): value
        case .range(_, let hard): hard
        }
    }
}

/// How a container is set apart from the host, and what of the host it may see.
package struct Isolation: Sendable, Equatable {
    package var addedCapabilities: [String] = []
    package var droppedCapabilities: [String] = []
    /// `host` or `private`.
    package var cgroup: String?
    package var cgroupParent: String?
    package var devices: [Device] = []
    package var deviceCgroupRules: [String] = []
    /// `host`, `private`, `shareable`, `none`, `service:NAME` or `container:ID`.
    package var ipc: String?
    /// Windows' isolation technology.
    package var technology: String?
    /// `host`, `service:NAME` or `container:ID`.
    package var pid: String?
    /// The OCI runtime.
    package var runtime: String?
    package var securityOptions: [String] = []
    package var systemControls: [String: String] = [:]
    package var userNamespace: String?
    package var uts: String?

    package init() {}
}

/// An entry of a service's `devices`.
package struct Device: Sendable, Equatable {
    package var source: String
    package var target: String
    package var permissions: String

    package init(source: String, target: String, permissions: String = "rwm") {
        self.source = source
        self.target = target
        self.permissions = permissions
    }
}
