import EngineAPI

/// The answer of `GET /containers/{id}/json`.
struct ContainerInspectBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case image = "Image"
        case restartCount = "RestartCount"
        case state = "State"
        case config = "Config"
        case mounts = "Mounts"
        case networkSettings = "NetworkSettings"
        case host = "HostConfig"
    }

    struct State: Decodable, Sendable {
        enum CodingKeys: String, CodingKey {
            case status = "Status"
            case exitCode = "ExitCode"
            case error = "Error"
            case outOfMemory = "OOMKilled"
            case startedAt = "StartedAt"
            case finishedAt = "FinishedAt"
            case health = "Health"
            case podmanHealth = "Healthcheck"
        }

        var status: String?
        var exitCode: Int?
        var error: String?
        var outOfMemory: Bool?
        var startedAt: String?
        var finishedAt: String?
        var health: Health?
        var podmanHealth: Health?
    }

    struct Health: Decodable, Sendable {
        enum CodingKeys: String, CodingKey {
            case status = "Status"
            case log = "Log"
        }

        struct Entry: Decodable, Sendable {
            enum CodingKeys: String, CodingKey {
                case exitCode = "ExitCode"
                case output = "Output"
                case start = "Start"
            }
            var exitCode: Int?
            var output: String?
            var start: String?
        }

        var status: String?
        var log: [Entry]?
    }

    struct Config: Decodable, Sendable {
        enum CodingKeys: String, CodingKey {
            case labels = "Labels"
            case terminal = "Tty"
            case healthCheck = "Healthcheck"
            case stopSignal = "StopSignal"
            case stopTimeout = "StopTimeout"
            case macAddress = "MacAddress"
        }
        var labels: [String: String]?
        var terminal: Bool?
        var healthCheck: HealthCheckBody?
        var stopSignal: String?
        var stopTimeout: Int64?
        var macAddress: String?
    }

    struct Host: Decodable, Sendable {
        enum CodingKeys: String, CodingKey {
            case restartPolicy = "RestartPolicy"
            case hasInit = "Init"
            case logging = "LogConfig"
        }

        struct RestartPolicy: Decodable, Sendable {
            enum CodingKeys: String, CodingKey {
                case name = "Name"
                case maximumRetries = "MaximumRetryCount"
            }
            var name: String?
            var maximumRetries: Int?
        }

        struct Logging: Decodable, Sendable {
            enum CodingKeys: String, CodingKey {
                case type = "Type"
                case config = "Config"
            }
            var type: String?
            var config: [String: String]?
        }

        var restartPolicy: RestartPolicy?
        var hasInit: Bool?
        var logging: Logging?
    }

    var id: String
    var name: String?
    var image: String?
    var restartCount: Int?
    var state: State?
    var config: Config?
    var mounts: [MountPointBody]?
    var networkSettings: NetworkSettingsBody?
    var host: Host?

    var details: ContainerDetails {
        let health = state?.health ?? state?.podmanHealth
        var details = ContainerDetails(
            id: ContainerID(id), name: (name ?? "").withoutLeadingSlash, imageID: ImageID(image ?? ""),
            state: ContainerState(engineText: state?.status), exitCode: state?.exitCode ?? 0,
            failure: state?.error ?? "", outOfMemory: state?.outOfMemory ?? false,
            startedAt: state?.startedAt.flatMap { EngineTime($0) },
            finishedAt: state?.finishedAt.flatMap { EngineTime($0) }, restartCount: restartCount ?? 0,
            health: health?.status.flatMap(ContainerHealth.init(rawValue:)) ?? .none,
            probes: (health?.log ?? []).map { entry in
                ProbeResult(
                    exitCode: entry.exitCode ?? 0, output: entry.output ?? "",
                    start: entry.start.flatMap { EngineTime($0) })
            },
            healthCheck: config?.healthCheck?.spec, labels: config?.labels ?? [:], terminal: config?.terminal ?? false,
            mounts: (mounts ?? []).map(\.summary), networks: networkSettings?.identifiers ?? [:],
            restartPolicy: host?.restartPolicy.map {
                RestartPolicySpec(name: $0.name?.nonEmpty ?? "no", maximumRetries: $0.maximumRetries ?? 0)
            },
            stopping: StopSettings(
                signal: config?.stopSignal?.nonEmpty, timeout: config?.stopTimeout.map { .seconds($0) },
                hasInit: host?.hasInit ?? false))
        details.attachments = networkSettings?.attachments(of: id, macAddress: config?.macAddress) ?? [:]
        details.logging = host?.logging.map {
            LoggingSpec(driver: $0.type?.nonEmpty, options: $0.config ?? [:])
        }
        return details
    }
}

/// A healthcheck, in requests and answers alike. Times are nanoseconds; zero means the default.
struct HealthCheckBody: Codable, Sendable {
    enum CodingKeys: String, CodingKey {
        case test = "Test"
        case interval = "Interval"
        case timeout = "Timeout"
        case retries = "Retries"
        case startPeriod = "StartPeriod"
        case startInterval = "StartInterval"
    }

    var test: [String]?
    var interval: Int64?
    var timeout: Int64?
    var retries: Int?
    var startPeriod: Int64?
    var startInterval: Int64?

    init(_ spec: HealthCheckSpec) {
        test = spec.test.isEmpty ? nil : spec.test
        interval = spec.interval?.wholeNanoseconds
        timeout = spec.timeout?.wholeNanoseconds
        retries = spec.retries
        startPeriod = spec.startPeriod?.wholeNanoseconds
        startInterval = spec.startInterval?.wholeNanoseconds
    }

    /// The check, nil where the engine shows none or one that is switched off.
    var spec: HealthCheckSpec? {
        guard let test, let kind = test.first, kind != "NONE" else { return nil }
        func duration(_ nanoseconds: Int64?) -> Duration? {
            nanoseconds.flatMap { $0 == 0 ? nil : .nanoseconds($0) }
        }
        return HealthCheckSpec(
            test: test, interval: duration(interval), timeout: duration(timeout),
            retries: retries.flatMap { $0 == 0 ? nil : $0 }, startPeriod: duration(startPeriod),
            startInterval: duration(startInterval))
    }
}

/// The answer of `POST /containers/{id}/wait`.
struct WaitBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey { case exitCode = "StatusCode" }
    var exitCode: Int
}
