/// A version of the Engine API, such as 1.41.
public struct APIVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number before the point.
    public let major: Int
    /// The number after the point.
    public let minor: Int

    /// Makes a version from its two numbers.
    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Parses `1.41`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]) else { return nil }
        self.init(major, minor)
    }

    /// The form used in paths: `1.41`.
    public var description: String { "\(major).\(minor)" }
    /// Orders by major, then minor.
    public static func < (left: APIVersion, right: APIVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

/// The engine's answer to a ping.
public struct EnginePing: Sendable, Equatable {
    /// The API version the two sides agreed on.
    public var apiVersion: APIVersion
    /// The newest API version the engine speaks.
    public var newestAPIVersion: APIVersion
    /// The operating system of its containers: `linux`.
    public var operatingSystem: String

    /// Makes an answer.
    public init(apiVersion: APIVersion, newestAPIVersion: APIVersion, operatingSystem: String = "linux") {
        self.apiVersion = apiVersion
        self.newestAPIVersion = newestAPIVersion
        self.operatingSystem = operatingSystem
    }
}

/// The engine's version and platform.
public struct EngineVersion: Sendable, Equatable {
    /// The engine's own version: `20.10.24`.
    public var version: String
    /// The newest API version it speaks.
    public var apiVersion: String
    /// The oldest API version it speaks.
    public var minimumAPIVersion: String
    /// `linux`.
    public var operatingSystem: String
    /// `amd64`.
    public var architecture: String

    /// Makes a version.
    public init(
        version: String, apiVersion: String, minimumAPIVersion: String, operatingSystem: String, architecture: String
    ) {
        self.version = version
        self.apiVersion = apiVersion
        self.minimumAPIVersion = minimumAPIVersion
        self.operatingSystem = operatingSystem
        self.architecture = architecture
    }
}

/// The engine's identity and set-up.
public struct EngineInfo: Sendable, Equatable {
    /// The engine's own identifier.
    public var id: String
    /// The host's name.
    public var name: String
    /// The engine's version.
    public var version: String
    /// How many processors it has.
    public var processors: Int
    /// How much memory it has, in bytes.
    public var memory: Int64
    /// How it stores layers: `overlay2`.
    public var storageDriver: String
    /// Which log driver containers get where none is asked for.
    public var defaultLogDriver: String

    /// Makes a description.
    public init(
        id: String, name: String, version: String, processors: Int, memory: Int64, storageDriver: String,
        defaultLogDriver: String
    ) {
        self.id = id
        self.name = name
        self.version = version
        self.processors = processors
        self.memory = memory
        self.storageDriver = storageDriver
        self.defaultLogDriver = defaultLogDriver
    }
}

/// Which objects a list call returns: those that meet every condition.
public struct ObjectFilter: Sendable, Equatable {
    /// Labels asked for, each `name` or `name=value`.
    public var labels: [String]
    /// Names (for images: references) asked for; one of them is enough. Networks and containers match parts of names.
    public var names: [String]
    /// For containers: networks asked for, by name; one of them is enough. A container that does not run counts too.
    public var networks: [String]
    /// For containers: volumes asked for, by name; one of them is enough. A container that does not run counts too.
    public var volumes: [String]

    /// Makes a filter; an empty one returns everything.
    public init(labels: [String] = [], names: [String] = [], networks: [String] = [], volumes: [String] = []) {
        self.labels = labels
        self.names = names
        self.networks = networks
        self.volumes = volumes
    }
}

/// Something that happened on the engine.
public struct EngineEvent: Sendable, Equatable {
    /// What it happened to: `container`, `network`, `volume`, `image`.
    public var type: String
    /// What happened: `die`, `start`, `health_status: healthy`.
    public var action: String
    /// The object's identifier.
    public var actorID: String
    /// What the engine says of the object: its labels, `name`, `exitCode`.
    public var attributes: [String: String]
    /// When it happened.
    public var time: EngineTime

    /// Makes an event.
    public init(type: String, action: String, actorID: String, attributes: [String: String], time: EngineTime) {
        self.type = type
        self.action = action
        self.actorID = actorID
        self.attributes = attributes
        self.time = time
    }
}

/// Which events to follow: those of one of the types that carry all of the labels.
public struct EventFilter: Sendable, Equatable {
    /// Types asked for; none means all.
    public var types: [String]
    /// Labels asked for, each `name` or `name=value`.
    public var labels: [String]

    /// Makes a filter.
    public init(types: [String] = [], labels: [String] = []) {
        self.types = types
        self.labels = labels
    }
}
