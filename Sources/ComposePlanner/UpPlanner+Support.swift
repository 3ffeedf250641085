import ComposeModel
import EngineAPI

// Attributes that nobody carries out are not passed over in silence: they are refused where the service would be another
// one without them, and announced where it would not.
extension UpPlanner {
    /// Judges every attribute of a service whose effect depends on the engine, or which has none.
    mutating func judge(_ service: Service) {
        judgeFileObjects(service)
        if let problem = observed.client.problem, !notices.contains(problem) { notices.append(problem) }
        // What is there already is started as it is.
        if options.onlyStart { return }
        refuseIntegrations(service)
        judgeNetworks(service)
        judgeMounts(service)
        judgeLogging(service)
        judgeFeatures(service)
        for problem in SecurityOptions(service, in: project, files: observed.hostFiles).problems {
            problems.append("Service \(service.name): \(problem).")
        }
        announceAPISocket(service)
        announceIdle(service)
    }

    private mutating func refuseIntegrations(_ service: Service) {
        if let provider = service.provider {
            problems.append(
                "Service \(service.name): provider \(provider) is a plugin of Docker's own client, which gantry does not "
                    + "run. Remove `provider`, or bring the service up with `docker compose up \(service.name)`.")
        }
        if !service.models.isEmpty {
            problems.append(
                "Service \(service.name): models (\(service.models.joined(separator: ", "))) are run by Docker's model "
                    + "runner, which gantry does not drive. Remove `models`, and give the service the address of a "
                    + "model that runs elsewhere under `environment`.")
        }
    }

    private mutating func judgeFeatures(_ service: Service) {
        if let check = service.healthCheck, check.startInterval != nil, !check.disable {
            need(.startInterval, "healthcheck.start_interval", service)
            if check.startPeriod == nil {
                problems.append(
                    "Service \(service.name): healthcheck.start_interval needs healthcheck.start_period, without which "
                        + "there is no time that it could hold for.")
            }
        }
        for mount in service.volumes {
            if mount.kind == .image { need(.imageMount, "the image mounted at \(mount.target)", service) }
            if mount.kind == .volume, mount.volume?.subpath != nil {
                need(.volumeSubpath, "subpath of the volume at \(mount.target)", service)
            }
            if mount.kind == .bind, mount.bind?.recursive == "readonly" {
                need(.recursiveReadOnly, "recursive of the bind at \(mount.target)", service)
            }
        }
    }

    private mutating func announceAPISocket(_ service: Service) {
        let helpers = observed.client.credentialHelpers
        guard service.usesAPISocket, !helpers.isEmpty else { return }
        notices.append(
            "Service \(service.name): use_api_socket passes on the credentials in Docker's config.json; those that "
                + "\(helpers.map { "docker-credential-\($0)" }.joined(separator: ", ")) keeps are not read.")
    }

    /// Announces what is written and changes nothing here. What the files alone show was said when they were read.
    private mutating func announceIdle(_ service: Service) {
        var names: [String] = []
        func add(_ name: String, _ isGiven: Bool) { if isGiven { names.append(name) } }
        if let deploy = service.deploy {
            add("deploy.restart_policy.delay", !options.isSupervised && deploy.restartPolicy?.delay != nil)
            add("deploy.restart_policy.window", !options.isSupervised && deploy.restartPolicy?.window != nil)
        }
        if let engine = observed.engine {
            add("annotations", !service.annotations.isEmpty && !engineHas(.annotations))
            let isWindows = engine.operatingSystem == "windows"
            add("cpu_count", service.limits.cpuCount ?? 0 != 0 && !isWindows)
            add("cpu_percent", service.limits.cpuPercent ?? 0 != 0 && !isWindows)
        }
        if !names.isEmpty {
            notices.append(
                "Service \(service.name): \(names.joined(separator: ", ")) \(names.count == 1 ? "has" : "have") no effect "
                    + "here.")
        }
        if let policy = service.deploy?.restartPolicy, policy.condition ?? "" == "" {
            notices.append(
                "Service \(service.name): deploy.restart_policy names no condition, so that its containers are not "
                    + "restarted, as with Docker Compose. Write `condition: any` to restart them.")
        }
    }
}
