import EngineAPI

/// The answer of `GET /containers/{id}/json`.
struct ContainerInspectBody: JSONReadable, Sendable {
    struct State: JSONReadable, Sendable {
        var status: String?
        var exitCode: Int?
        var error: String?
        var outOfMemory: Bool?
        var startedAt: String?
        var finishedAt: String?
        var health: Health?
        var podmanHealth: Health?

        init(_ json: JSONValue) throws {
            status = try json.read("Status")
            exitCode = try json.read("ExitCode")
            error = try json.read("Error")
            outOfMemory = try json.read("OOMKilled")
            startedAt = try json.read("StartedAt")
            finishedAt = try json.read("FinishedAt")
            health = try json.read("Health")
            podmanHealth = try json.read("Healthcheck")
        }
    }

    struct Health: JSONReadable, Sendable {
        struct Entry: JSONReadable, Sendable {
            var exitCode: Int?
            var output: String?
            var start: String?

            init(_ json: JSONValue) throws {
                exitCode = try json.read("ExitCode")
                output = try json.read("Output")
                start = try json.read("Start")
            }
        }

        var status: String?
        var log: [Entry]?

        init(_ json: JSONValue) throws {
            status = try json.read("Status")
            log = try json.read("Log")
        }
    }

    struct Config: JSONReadable, Sendable {
        var labels: [String: String]?
        var terminal: Bool?
        var healthCheck: HealthCheckBody?
        var stopSignal: String?
        var stopTimeout: Int64?
        var macAddress: String?

        init(_ json: JSONValue) throws {
            labels = try json.read("Labels")
            terminal = try json.read("Tty")
            healthCheck = try json.read("Healthcheck")
            stopSignal = try json.read("StopSignal")
            stopTimeout = try json.read("StopTimeout")
            macAddress = try json.read("MacAddress")
        }
    }

    struct Host: JSONReadable, Sendable {
        struct RestartPolicy: JSONReadable, Sendable {
            var name: String?
            var maximumRetries: Int?

            init(_ json: JSONValue) throws {
                name = try json.read("Name")
                maximumRetries = try json.read("MaximumRetryCount")
            }
        }

        struct Logging: JSONReadable, Sendable {
            var type: String?
            var config: [String: String]?

            init(_ json: JSONValue) throws {
                type = try json.read("Type")
                config = try json.read("Config")
            }
        }

        var restartPolicy: RestartPolicy?
        var hasInit: Bool?
        var logging: Logging?

        init(_ json: JSONValue) throws {
            restartPolicy = try json.read("RestartPolicy")
            hasInit = try json.read("Init")
            logging = try json.read("LogConfig")
        }
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

    init(_ json: JSONValue) throws {
        id = try json.read("Id")
        name = try json.read("Name")
        image = try json.read("Image")
        restartCount = try json.read("RestartCount")
        state = try json.read("State")
        config = try json.read("Config")
        mounts = try json.read("Mounts")
        networkSettings = try json.read("NetworkSettings")
        host = try json.read("HostConfig")
    }

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
struct HealthCheckBody: JSONWritable, JSONReadable, Sendable {
    var test: [String]?
    var interval: Int64?
    var timeout: Int64?
    var retries: Int?
    var startPeriod: Int64?
    var startInterval: Int64?

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("Interval", interval)
            json.add("Retries", retries)
            json.add("StartInterval", startInterval)
            json.add("StartPeriod", startPeriod)
            json.add("Test", test)
            json.add("Timeout", timeout)
        }
    }

    init(_ json: JSONValue) throws {
        test = try json.read("Test")
        interval = try json.read("Interval")
        timeout = try json.read("Timeout")
        retries = try json.read("Retries")
        startPeriod = try json.read("StartPeriod")
        startInterval = try json.read("StartInterval")
    }

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
struct WaitBody: JSONReadable, Sendable {
    var exitCode: Int

    init(_ json: JSONValue) throws {
        exitCode = try json.read("StatusCode")
    }
}
