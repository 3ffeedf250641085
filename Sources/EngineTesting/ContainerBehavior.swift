public import EngineAPI

/// What the process of a simulated container does: how long it runs, what it prints, how it takes signals and probes.
public struct ContainerBehavior: Sendable, Equatable {
    /// How long the process runs.
    public enum Run: Sendable, Equatable {
        /// Until it is stopped.
        case forever
        /// It ends with this code within the start call.
        case exits(code: Int)
        /// It ends with this code at the n-th ``InMemoryEngine/tick(_:)`` after its start.
        case exitsAfter(ticks: Int, code: Int)
        /// The engine cannot start it and says why, as for a program that the image does not have.
        case failsToStart(message: String)
    }

    /// What probes find, in a container that has a healthcheck. Each ``InMemoryEngine/tick(_:)`` is a probe, and so is
    /// each exec of the healthcheck's own command.
    public enum Health: Sendable, Equatable {
        /// Probes fail until ``InMemoryEngine/setHealth(_:of:)`` says otherwise.
        case manual
        /// The n-th probe and those after it succeed; 0 is healthy from the start.
        case healthy(afterProbes: Int)
        /// All probes fail, and the n-th makes it unhealthy; 0 is unhealthy from the start.
        case unhealthy(afterProbes: Int)
    }

    /// What the process does when it is asked to stop.
    public enum Stop: Sendable, Equatable {
        /// It ends with this code.
        case exits(code: Int)
        /// It takes no notice, so that the engine kills it: code 137.
        case ignores
        /// The stop call does not return until the test calls ``InMemoryEngine/exit(_:code:)`` or someone kills it.
        case holds
    }

    /// How long the process runs.
    public var run: Run
    /// What probes find.
    public var health: Health
    /// What the process does when it is asked to stop.
    public var stop: Stop
    /// What it prints at each start, in order.
    public var output: [OutputLine]
    /// What further processes do, by command line; one that is not here succeeds in silence.
    public var execs: [[String]: ExecResult]

    /// Makes a behaviour; without arguments a silent process that runs until SIGTERM ends it, healthy at the first
    /// probe.
    public init(
        run: Run = .forever, health: Health = .healthy(afterProbes: 1), stop: Stop = .exits(code: 143),
        output: [OutputLine] = [], execs: [[String]: ExecResult] = [:]
    ) {
        self.run = run
        self.health = health
        self.stop = stop
        self.output = output
        self.execs = execs
    }
}

/// A line that a simulated container prints; its newline is added.
public struct OutputLine: Sendable, Equatable, ExpressibleByStringLiteral {
    /// Where it goes.
    public var stream: OutputStream
    /// The text, without its newline.
    public var text: String

    /// Makes a line.
    public init(_ text: String, on stream: OutputStream = .stdout) {
        self.stream = stream
        self.text = text
    }
    /// A line on standard output.
    public init(stringLiteral value: String) { self.init(value) }
}

/// Who gets a piece of a container's output. Engines that drop old output leave pieces out for those who follow it, or
/// give them twice; who reads what is kept gets each once.
public enum OutputAudience: Sendable, Equatable {
    /// All who read.
    case everyone
    /// Those who follow.
    case followers
    /// Those who read what is kept.
    case readers
}

/// How a further process in a simulated container ends.
public struct ExecResult: Sendable, Equatable {
    /// Its exit code.
    public var exitCode: Int
    /// What it prints.
    public var output: [OutputLine]
    /// Whether it goes on until its container ends, and then ends with 137.
    public var isEndless: Bool

    /// Makes a result.
    public init(exitCode: Int = 0, output: [OutputLine] = [], isEndless: Bool = false) {
        self.exitCode = exitCode
        self.output = output
        self.isEndless = isEndless
    }
}

/// What a simulated image declares, and how its containers behave.
public struct ImageBehavior: Sendable, Equatable {
    /// Paths declared as volumes: each container gets an anonymous volume there, unless it mounts something itself.
    public var volumes: [String]
    /// Ports declared, each `80/tcp`.
    public var exposedPorts: [String]
    /// Labels, which its containers inherit.
    public var labels: [String: String]
    /// The image's own healthcheck.
    public var healthCheck: HealthCheckSpec?
    /// How its containers behave, unless the test scripted them.
    public var container: ContainerBehavior

    /// Makes an image; without arguments one that declares nothing and runs until it is stopped.
    public init(
        volumes: [String] = [], exposedPorts: [String] = [], labels: [String: String] = [:],
        healthCheck: HealthCheckSpec? = nil, container: ContainerBehavior = ContainerBehavior()
    ) {
        self.volumes = volumes
        self.exposedPorts = exposedPorts
        self.labels = labels
        self.healthCheck = healthCheck
        self.container = container
    }
}

/// Where an image is found.
public enum ImageAvailability: Sendable, Equatable {
    /// On the engine already.
    case present
    /// In a registry, from which a pull brings it.
    case pullable
    /// Nowhere yet; a build with this name makes it.
    case buildable
}
