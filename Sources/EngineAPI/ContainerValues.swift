/// A container as a list call shows it.
public struct ContainerSummary: Sendable, Equatable {
    /// The full identifier.
    public var id: ContainerID
    /// The names, without the engine's leading slash.
    public var names: [String]
    /// The image reference it was made from.
    public var image: String
    /// The identifier of that image.
    public var imageID: ImageID
    /// The command line, joined.
    public var command: String
    /// When it was created, in whole seconds.
    public var created: EngineTime
    /// What it does now.
    public var state: ContainerState
    /// The engine's phrase: `Up 5 minutes (healthy)`, `Exited (1) 3 seconds ago`.
    public var status: String
    /// Labels by name.
    public var labels: [String: String]
    /// Published and exposed ports.
    public var ports: [PortSummary]
    /// What is mounted.
    public var mounts: [MountSummary]
    /// The networks it is attached to, by name.
    public var networks: [String: NetworkID]

    /// Makes a summary.
    public init(
        id: ContainerID, names: [String], image: String, imageID: ImageID, command: String = "",
        created: EngineTime = EngineTime(nanoseconds: 0), state: ContainerState, status: String = "",
        labels: [String: String] = [:], ports: [PortSummary] = [], mounts: [MountSummary] = [],
        networks: [String: NetworkID] = [:]
    ) {
        self.id = id
        self.names = names
        self.image = image
        self.imageID = imageID
        self.command = command
        self.created = created
        self.state = state
        self.status = status
        self.labels = labels
        self.ports = ports
        self.mounts = mounts
        self.networks = networks
    }

    /// The name people use: the first one.
    public var name: String { names.first ?? id.short }
    /// The health that the engine's phrase shows.
    public var health: ContainerHealth {
        if status.hasSuffix("(healthy)") { return .healthy }
        if status.hasSuffix("(unhealthy)") { return .unhealthy }
        if status.hasSuffix("(health: starting)") { return .starting }
        return .none
    }
    /// The exit code that the engine's phrase shows, nil for a container that never exited.
    public var exitCode: Int? {
        guard status.hasPrefix("Exited ("), let end = status.firstIndex(of: ")") else { return nil }
        return Int(status[status.index(status.startIndex, offsetBy: 8)..<end])
    }
}

/// What a container does.
public enum ContainerState: String, Sendable, Codable, Hashable {
    /// Made and never started.
    case created
    /// Its process runs.
    case running
    /// Its process runs and is held.
    case paused
    /// It exited and the engine is about to start it again.
    case restarting
    /// The engine is taking it away.
    case removing
    /// Its process ended.
    case exited
    /// The engine could not take it away.
    case dead

    /// Whether there is a process.
    public var isRunning: Bool { self == .running || self == .paused || self == .restarting }
}

/// What a container's healthcheck says.
public enum ContainerHealth: String, Sendable, Codable, Hashable {
    /// There is no healthcheck.
    case none
    /// No probe has succeeded yet.
    case starting
    /// The last probe succeeded.
    case healthy
    /// As many probes as the check allows failed in a row.
    case unhealthy
}

/// A container's port in a list.
public struct PortSummary: Sendable, Equatable, Hashable {
    /// The host's address, nil where not published.
    public var hostAddress: String?
    /// The port inside.
    public var containerPort: Int
    /// The host's port, nil where not published.
    public var hostPort: Int?
    /// `tcp`, `udp`, `sctp`.
    public var transport: String

    /// Makes a port.
    public init(hostAddress: String? = nil, containerPort: Int, hostPort: Int? = nil, transport: String = "tcp") {
        self.hostAddress = hostAddress
        self.containerPort = containerPort
        self.hostPort = hostPort
        self.transport = transport
    }
}

/// A container's mount in a list.
public struct MountSummary: Sendable, Equatable {
    /// `bind`, `volume`, `tmpfs`.
    public var type: String
    /// The volume's name, nil for others.
    public var name: String?
    /// The path on the host.
    public var source: String
    /// The path inside.
    public var target: String
    /// Whether the container may write.
    public var writable: Bool

    /// Makes a mount.
    public init(type: String, name: String? = nil, source: String = "", target: String, writable: Bool = true) {
        self.type = type
        self.name = name
        self.source = source
        self.target = target
        self.writable = writable
    }
}

/// A container in full, as far as a supervisor needs it.
public struct ContainerDetails: Sendable, Equatable {
    /// The full identifier.
    public var id: ContainerID
    /// The name, without the engine's leading slash.
    public var name: String
    /// The identifier of its image.
    public var imageID: ImageID
    /// What it does now.
    public var state: ContainerState
    /// The exit code of the last run; 0 where it never ended.
    public var exitCode: Int
    /// Why the engine could not start it; empty where there is nothing to say.
    public var failure: String
    /// Whether the last run ended because memory ran out.
    public var outOfMemory: Bool
    /// When the last run began, nil where it never did.
    public var startedAt: EngineTime?
    /// When the last run ended, nil where it never did.
    public var finishedAt: EngineTime?
    /// How often the engine's restart policy has started it again.
    public var restartCount: Int
    /// When the engine starts it again; nil where the engine does not say.
    public var restartPolicy: RestartPolicySpec?
    /// How it is asked to stop.
    public var stopping: StopSettings
    /// What its healthcheck says.
    public var health: ContainerHealth
    /// The last probes, oldest first.
    public var probes: [ProbeResult]
    /// The healthcheck in force, the image's included; nil where there is none.
    public var healthCheck: HealthCheckSpec?
    /// Labels by name.
    public var labels: [String: String]
    /// Whether its process has a terminal.
    public var terminal: Bool
    /// What is mounted.
    public var mounts: [MountSummary]
    /// The networks it is attached to, by name.
    public var networks: [String: NetworkID]
    /// How it is to be attached to each network, by the network's name, without what the engine chose itself.
    public var attachments: [String: NetworkAttachment] = [:]
    /// Which driver keeps its output, and how; nil where the engine does not say.
    public var logging: LoggingSpec?

    /// Makes a description.
    public init(
        id: ContainerID, name: String, imageID: ImageID, state: ContainerState, exitCode: Int = 0, failure: String = "",
        outOfMemory: Bool = false, startedAt: EngineTime? = nil, finishedAt: EngineTime? = nil, restartCount: Int = 0,
        health: ContainerHealth = .none, probes: [ProbeResult] = [], healthCheck: HealthCheckSpec? = nil,
        labels: [String: String] = [:], terminal: Bool = false, mounts: [MountSummary] = [],
        networks: [String: NetworkID] = [:], restartPolicy: RestartPolicySpec? = nil,
        stopping: StopSettings = StopSettings()
    ) {
        self.id = id
        self.name = name
        self.imageID = imageID
        self.state = state
        self.exitCode = exitCode
        self.failure = failure
        self.outOfMemory = outOfMemory
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.restartCount = restartCount
        self.restartPolicy = restartPolicy
        self.stopping = stopping
        self.health = health
        self.probes = probes
        self.healthCheck = healthCheck
        self.labels = labels
        self.terminal = terminal
        self.mounts = mounts
        self.networks = networks
    }
}

/// How a container is asked to stop.
public struct StopSettings: Sendable, Equatable {
    /// The signal; nil is SIGTERM.
    public var signal: String?
    /// How long its processes may then take; nil is the engine's ten seconds, and less than zero is without end.
    public var timeout: Duration?
    /// Whether its first process is an init of the engine's, which passes signals on.
    public var hasInit: Bool

    /// Makes settings; without arguments the engine's defaults.
    public init(signal: String? = nil, timeout: Duration? = nil, hasInit: Bool = false) {
        self.signal = signal
        self.timeout = timeout
        self.hasInit = hasInit
    }
}

/// One run of a healthcheck.
public struct ProbeResult: Sendable, Equatable {
    /// The probe's exit code.
    public var exitCode: Int
    /// What it printed, as far as the engine kept it.
    public var output: String
    /// When it began.
    public var start: EngineTime?

    /// Makes a result.
    public init(exitCode: Int, output: String, start: EngineTime? = nil) {
        self.exitCode = exitCode
        self.output = output
        self.start = start
    }
}

/// What part of a container's kept output to read.
public struct LogOptions: Sendable, Equatable {
    /// Which streams.
    public var streams: Set<OutputStream>
    /// Whether to go on with what is written later, until the container ends.
    public var follow: Bool
    /// How many of the last lines; nil is all.
    public var tail: Int?
    /// Whether each line begins with the engine's time.
    public var timestamps: Bool
    /// Only lines from this instant on.
    public var since: EngineTime?
    /// Only lines before this instant.
    public var until: EngineTime?

    /// Makes options; without arguments everything that is kept, without times.
    public init(
        streams: Set<OutputStream> = [.stdout, .stderr], follow: Bool = false, tail: Int? = nil,
        timestamps: Bool = false, since: EngineTime? = nil, until: EngineTime? = nil
    ) {
        self.streams = streams
        self.follow = follow
        self.tail = tail
        self.timestamps = timestamps
        self.since = since
        self.until = until
    }
}

/// A further process in a running container.
public struct ExecSpec: Sendable, Equatable {
    /// The program and its arguments.
    public var command: [String]
    /// `NAME=value` additions to the container's environment.
    public var environment: [String]
    /// `user[:group]`; nil is the container's.
    public var user: String?
    /// Where it starts; nil is the container's.
    public var workingDirectory: String?
    /// Whether it gets a terminal.
    public var terminal: Bool
    /// Whether it reads input.
    public var input: Bool
    /// Whether it gets the host's privileges.
    public var privileged: Bool

    /// Makes a specification.
    public init(
        command: [String], environment: [String] = [], user: String? = nil, workingDirectory: String? = nil,
        terminal: Bool = false, input: Bool = false, privileged: Bool = false
    ) {
        self.command = command
        self.environment = environment
        self.user = user
        self.workingDirectory = workingDirectory
        self.terminal = terminal
        self.input = input
        self.privileged = privileged
    }
}

/// How a further process stands.
public struct ExecDetails: Sendable, Equatable {
    /// Whether it still runs.
    public var running: Bool
    /// Its exit code, nil while it runs.
    public var exitCode: Int?

    /// Makes a description.
    public init(running: Bool, exitCode: Int?) {
        self.running = running
        self.exitCode = exitCode
    }
}
