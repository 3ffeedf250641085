/// One service of a project, with defaults left out: nil and empty mean that the file says nothing.
package struct Service: Sendable, Equatable {
    package var name: String
    package var image: String?
    package var platform: String?
    package var pullPolicy: PullPolicy?
    /// A policy that depends on time, as written: `refresh`, `daily`, `weekly`, `every_12h`. `pullPolicy` is nil then.
    package var pullSchedule: String?
    package var containerName: String?
    package var hostname: String?
    package var domainName: String?
    package var labels: [String: String] = [:]
    package var annotations: [String: String] = [:]
    package var profiles: [String] = []
    /// How many replicas the file asks for, nil where it does not say.
    package var scale: Int?
    /// Whether an attached `up` shows its output; nil is yes.
    package var attach: Bool?
    package var build: Build?
    package var deploy: Deployment?

    /// nil keeps the image's command, empty clears it.
    package var command: [String]?
    /// nil keeps the image's entrypoint, empty clears it.
    package var entrypoint: [String]?
    package var workingDirectory: String?
    package var user: String?
    package var additionalGroups: [String] = []
    /// Variables by name; nil removes the image's variable. `env_file` is already folded in.
    package var environment: [String: String?] = [:]
    /// The `env_file` entries, where the loader was told not to read them; empty otherwise.
    package var environmentFiles: [EnvironmentFile] = []
    /// The `label_file` entries, whose labels are already folded in: they are part of the `config-hash`.
    package var labelFiles: [String] = []
    package var initProcess: Bool?
    package var terminal = false
    package var openInput = false
    package var stopSignal: String?
    package var stopGracePeriod: ComposeDuration?
    package var restart: RestartPolicy?
    package var healthCheck: HealthCheck?
    package var dependencies: [String: Dependency] = [:]
    package var logging: Logging?

    package var ports: [Port] = []
    package var expose: [String] = []
    /// Networks by the project's key, nil attachment where the file gives only the name. Never empty unless
    /// `networkMode` is set.
    package var networks: [String: NetworkMembership?] = [:]
    package var networkMode: String?
    package var extraHosts: [ExtraHost] = []
    package var links: [String] = []
    package var externalLinks: [String] = []
    package var nameServers: [String] = []
    package var resolverOptions: [String] = []
    package var searchDomains: [String] = []
    package var macAddress: String?

    package var volumes: [Mount] = []
    /// `SERVICE[:ro]` or `container:NAME[:ro]`.
    package var volumesFrom: [String] = []
    package var temporaryFileSystems: [String] = []
    package var configs: [FileMount] = []
    package var secrets: [FileMount] = []
    package var privileged = false
    package var readOnly = false
    package var storageOptions: [String: String] = [:]
    package var limits = ResourceLimits()
    package var isolation = Isolation()
    package var gpus: [DeviceRequest] = []

    /// Attributes that are kept and printed as written, because nothing interprets them: `develop`, `blkio_config`,
    /// `credential_spec`, `provider`, `models`, `use_api_socket`, `pull_refresh_after` and the hooks. Whoever runs the
    /// service must carry them out or refuse.
    package var uninterpreted: [String: CanonicalValue] = [:]
    /// The `x-` attributes. They are no part of the canonical form, so that they make no other container.
    package var extensions: [String: CanonicalValue] = [:]

    package init(name: String) { self.name = name }

    /// How many replicas there are to be.
    package var replicas: Int { scale ?? deploy?.replicas ?? 1 }
}

/// A file of variables: an entry of a service's `env_file`.
package struct EnvironmentFile: Sendable, Equatable {
    package var path: String
    /// Whether it is an error that the file is not there.
    package var required: Bool
    /// nil for the dialect of `.env`, `raw` for plain `KEY=VALUE` lines.
    package var format: String?

    package init(path: String, required: Bool = true, format: String? = nil) {
        self.path = path
        self.required = required
        self.format = format
    }
}

/// When an image is fetched.
package enum PullPolicy: String, Sendable, Equatable {
    case always, never, missing, build, ifNotPresent = "if_not_present"
}

/// When the engine starts a container again.
package struct RestartPolicy: Sendable, Equatable {
    /// One of the four that engines know, or what the file has instead, which the engine refuses.
    package struct Condition: RawRepresentable, Sendable, Equatable {
        package static let no = Condition(rawValue: "no")
        package static let always = Condition(rawValue: "always")
        package static let onFailure = Condition(rawValue: "on-failure")
        package static let unlessStopped = Condition(rawValue: "unless-stopped")
        package static let known = [no, always, onFailure, unlessStopped]

        package var rawValue: String

        package init(rawValue: String) { self.rawValue = rawValue }
    }
    package var condition: Condition
    /// For `on-failure`: how often; nil is without limit.
    package var maximumRetries: Int?

    package init(_ condition: Condition, maximumRetries: Int? = nil) {
        self.condition = condition
        self.maximumRetries = maximumRetries
    }
}

/// What a service needs of another one before it starts.
package struct Dependency: Sendable, Equatable {
    package enum Condition: String, Sendable, Codable {
        case started = "service_started"
        case healthy = "service_healthy"
        case completed = "service_completed_successfully"
    }
    package var condition: Condition
    /// Whether this service restarts when Compose restarts the other.
    package var restart: Bool
    /// Whether the other must exist and succeed.
    package var required: Bool

    package init(_ condition: Condition, restart: Bool = false, required: Bool = true) {
        self.condition = condition
        self.restart = restart
        self.required = required
    }
}

/// A container's healthcheck; nil parts keep the image's, then the engine's.
package struct HealthCheck: Sendable, Equatable {
    /// `["CMD", …]`, `["CMD-SHELL", line]` or `["NONE"]`.
    package var test: [String]?
    package var interval: ComposeDuration?
    package var timeout: ComposeDuration?
    package var retries: Int?
    package var startPeriod: ComposeDuration?
    package var startInterval: ComposeDuration?
    package var disable = false

    package init(test: [String]? = nil) { self.test = test }
}

/// How output is kept.
package struct Logging: Sendable, Equatable {
    package var driver: String?
    package var options: [String: String]

    package init(driver: String?, options: [String: String] = [:]) {
        self.driver = driver
        self.options = options
    }
}

/// A line of the hosts file.
package struct ExtraHost: Sendable, Hashable {
    package var host: String
    package var address: String

    package init(host: String, address: String) {
        self.host = host
        self.address = address
    }
}
