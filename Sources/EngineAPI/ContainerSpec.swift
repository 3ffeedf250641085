/// What a container is to be, as the Engine API's create call takes it; nil and empty mean the image's or the engine's
/// own default.
public struct ContainerSpec: Sendable, Equatable {
    /// The image's reference or identifier.
    public var image: String
    /// Replaces the image's command; empty clears it.
    public var command: [String]?
    /// Replaces the image's entrypoint; empty clears it.
    public var entrypoint: [String]?
    /// `NAME=value`; a bare `NAME` removes the image's variable.
    public var environment: [String] = []
    /// Labels by name.
    public var labels: [String: String] = [:]
    /// `user[:group]`, names or numbers.
    public var user: String?
    /// Where the process starts.
    public var workingDirectory: String?
    /// The host name inside.
    public var hostname: String?
    /// The domain name inside.
    public var domainName: String?
    /// Whether the process gets a terminal.
    public var terminal = false
    /// Whether the process's standard input stays open without anyone attached.
    public var openInput = false
    /// Whether standard input ends with the first attached client's, as a one-off run with piped input needs.
    public var inputOnce = false
    /// The signal that asks the process to stop.
    public var stopSignal: String?
    /// How long stopping waits before it kills; whole seconds.
    public var stopTimeout: Duration?
    /// Replaces the image's healthcheck.
    public var healthCheck: HealthCheckSpec?
    /// Ports declared open, each `80/tcp`.
    public var exposedPorts: [String] = []
    /// Ports published on the host.
    public var portBindings: [PortBinding] = []
    /// Binds in the engine's `source:target[:options]` form.
    public var binds: [String] = []
    /// Mounts that the bind form cannot say.
    public var mounts: [MountSpec] = []
    /// Temporary file systems: target to options.
    public var temporaryFileSystems: [String: String] = [:]
    /// When the engine starts it again.
    public var restartPolicy: RestartPolicySpec?
    /// The primary network's name, or `none`, `host`, `bridge`, `container:ID`.
    public var networkMode: String?
    /// The networks to be attached to, primary first. Where the engine takes only one at creation (API before 1.44), the
    /// client attaches the others before it returns.
    public var networks: [NetworkAttachment] = []
    /// A fixed MAC address for a container that is attached by ``networkMode`` alone; ``networks`` have their own.
    public var macAddress: String?
    /// `container:alias` links of the engine's default bridge; ``networks`` have their own.
    public var links: [String] = []
    /// Whether an init process runs as process 1.
    public var initProcess: Bool?
    /// Whether the container is removed when it exits.
    public var autoRemove = false
    /// Whether the container gets the host's privileges.
    public var privileged = false
    /// Whether the root file system is read-only.
    public var readOnlyRoot = false
    /// `host:address` lines for the hosts file.
    public var extraHosts: [String] = []
    /// How output is kept.
    public var logging: LoggingSpec?
    /// What it may use of the host.
    public var limits = ContainerLimits()
    /// How it is set apart from the host.
    public var isolation = ContainerIsolation()
    /// Further groups of its user, names or numbers.
    public var additionalGroups: [String] = []
    /// Name servers instead of the engine's.
    public var nameServers: [String] = []
    /// Options of the resolver.
    public var resolverOptions: [String] = []
    /// Domains that short names are looked up in.
    public var searchDomains: [String] = []
    /// Containers whose volumes it mounts too, each `ID[:ro]`.
    public var volumesFrom: [String] = []
    /// The storage driver's options.
    public var storageOptions: [String: String] = [:]
    /// Annotations for the OCI runtime (API 1.43).
    public var annotations: [String: String] = [:]
    /// The platform asked for: `linux/amd64`.
    public var platform: String?

    /// Makes the specification of a container of `image` with every default.
    public init(image: String) { self.image = image }
}

/// A container's healthcheck; nil durations and counts leave the engine's defaults.
public struct HealthCheckSpec: Sendable, Equatable {
    /// `["CMD", …]`, `["CMD-SHELL", line]`, or `["NONE"]` to switch the image's off. Empty inherits the image's.
    public var test: [String]
    /// Between two probes.
    public var interval: Duration?
    /// How long a probe may take.
    public var timeout: Duration?
    /// How many failures in a row make it unhealthy.
    public var retries: Int?
    /// How long after the start failures do not count.
    public var startPeriod: Duration?
    /// Between two probes within the start period (API 1.44).
    public var startInterval: Duration?

    /// Makes a healthcheck.
    public init(
        test: [String], interval: Duration? = nil, timeout: Duration? = nil, retries: Int? = nil,
        startPeriod: Duration? = nil, startInterval: Duration? = nil
    ) {
        self.test = test
        self.interval = interval
        self.timeout = timeout
        self.retries = retries
        self.startPeriod = startPeriod
        self.startInterval = startInterval
    }
}

/// A container's port made reachable on the host.
public struct PortBinding: Sendable, Equatable {
    /// The container's side: `80/tcp`.
    public var containerPort: String
    /// The host's address, empty for all.
    public var hostAddress: String
    /// The host's port or range `8000-8010`; empty lets the engine choose.
    public var hostPort: String

    /// Makes a binding.
    public init(containerPort: String, hostAddress: String = "", hostPort: String = "") {
        self.containerPort = containerPort
        self.hostAddress = hostAddress
        self.hostPort = hostPort
    }
}

/// A mount in the Engine API's long form.
public struct MountSpec: Sendable, Equatable {
    /// What becomes of the mounts below a bind mount's source.
    public enum Recursion: Sendable, Equatable {
        /// They are left out.
        case disabled
        /// They stay writable where the mount itself is read-only (API 1.44; what older engines do anyway).
        case writable
        /// They are read-only with it, or the container does not start (API 1.44).
        case readOnly
    }

    /// `bind`, `volume`, `tmpfs`, `image`, `npipe`, `cluster`.
    public var type: String
    /// A path or a name; empty for anonymous volumes and `tmpfs`.
    public var source: String
    /// Where it appears in the container.
    public var target: String
    /// Whether the container may not write.
    public var readOnly: Bool
    /// How soon both sides see what the other one wrote: `cached`; only some engines heed it.
    public var consistency: String?
    /// For binds: nil is the engine's default.
    public var recursion: Recursion?
    /// For binds: `rprivate` and so on.
    public var propagation: String?
    /// For binds: whether a missing source is created. False makes it an error.
    public var createSource: Bool
    /// For volumes: whether the image's content is not copied in.
    public var noCopy: Bool
    /// For volumes: labels of a volume that the mount creates.
    public var labels: [String: String]
    /// For volumes and images: the directory inside.
    public var subpath: String?
    /// For `tmpfs`: bytes.
    public var size: Int64?
    /// For `tmpfs`: permission bits.
    public var mode: Int?

    /// Makes a mount.
    public init(
        type: String, source: String = "", target: String, readOnly: Bool = false, propagation: String? = nil,
        createSource: Bool = false, noCopy: Bool = false, labels: [String: String] = [:], subpath: String? = nil,
        size: Int64? = nil, mode: Int? = nil, recursion: Recursion? = nil, consistency: String? = nil
    ) {
        self.type = type
        self.source = source
        self.target = target
        self.readOnly = readOnly
        self.propagation = propagation
        self.createSource = createSource
        self.noCopy = noCopy
        self.labels = labels
        self.subpath = subpath
        self.size = size
        self.mode = mode
        self.recursion = recursion
        self.consistency = consistency
    }
}

/// When the engine starts a container again.
public struct RestartPolicySpec: Sendable, Equatable {
    /// `no`, `always`, `on-failure`, `unless-stopped`.
    public var name: String
    /// How often, for `on-failure`; 0 is without limit.
    public var maximumRetries: Int

    /// Makes a policy.
    public init(name: String, maximumRetries: Int = 0) {
        self.name = name
        self.maximumRetries = maximumRetries
    }
}

/// Which driver keeps a container's output.
public struct LoggingSpec: Sendable, Equatable {
    /// `json-file`, `local`; nil is the engine's default.
    public var driver: String?
    /// The driver's options.
    public var options: [String: String]

    /// Makes a setting.
    public init(driver: String?, options: [String: String] = [:]) {
        self.driver = driver
        self.options = options
    }
}
