import ComposeModel
import EngineAPI

extension UpPlanner {
    func containerName(_ service: Service, number: Int) -> String {
        service.containerName ?? "\(project.name)-\(service.name)-\(number)"
    }

    /// The name that a container of a known service ought to have.
    func finalName(of container: ObservedContainer) -> String? {
        project.services[container.service].map { containerName($0, number: container.number) }
    }

    /// The engine's view of one replica. Which fields carry what is Docker Compose's choice (bind strings rather than
    /// mounts where both would do), so that a stack looks the same whichever tool made it.
    func containerSpec(_ service: Service, number: Int, replacing old: ObservedContainer?) -> ContainerSpec {
        let name = containerName(service, number: number)
        var spec = ContainerSpec(image: imageToRun(service))
        spec.command = service.command
        spec.entrypoint = service.entrypoint
        spec.environment = variables(
            observed.client.proxyVariables.mapValues { Optional($0) }.merging(service.environment) { $1 })
        spec.labels = labels(service, number: number, replacing: old)
        spec.user = service.user
        spec.workingDirectory = service.workingDirectory
        spec.hostname = service.hostname
        spec.domainName = service.domainName
        spec.terminal = service.terminal
        spec.openInput = service.openInput
        spec.stopSignal = service.stopSignal
        spec.stopTimeout = service.stopGracePeriod?.duration
        spec.healthCheck = service.healthCheck.map(healthCheckSpec)
        spec.exposedPorts = Set(
            service.expose.flatMap(exposedPorts) + service.ports.map { "\($0.target)/\($0.transport)" }
        ).sorted()
        spec.portBindings = service.ports.map {
            PortBinding(
                containerPort: "\($0.target)/\($0.transport)", hostAddress: $0.hostAddress ?? "",
                hostPort: $0.published ?? "")
        }
        // From its first fall on it is the supervisor who starts it again.
        let isTakenOver = options.isSupervised && RestartRule(service) != nil
        spec.restartPolicy = isTakenOver ? RestartPolicySpec(name: "no") : restartPolicy(service)
        spec.logging = logging(service, number: number)
        spec.initProcess = service.initProcess
        spec.privileged = service.privileged
        spec.readOnlyRoot = service.readOnly
        spec.extraHosts = service.extraHosts.map { "\($0.host):\($0.address)" }
        spec.platform = platform(service)
        spec.limits = limits(service)
        spec.isolation = isolation(service)
        spec.additionalGroups = service.additionalGroups
        spec.nameServers = service.nameServers
        spec.resolverOptions = service.resolverOptions
        spec.searchDomains = service.searchDomains
        spec.storageOptions = service.storageOptions
        spec.annotations = service.annotations
        addNetworks(to: &spec, service, containerName: name)
        addStorage(to: &spec, service, replacing: old)
        return spec
    }

    /// The platform that images and containers are asked for.
    func platform(_ service: Service) -> String? { service.platform ?? project.defaultPlatform }

    /// `3000`, `3000-3002`, each perhaps with `/udp`, as the engine writes ports.
    private func exposedPorts(_ entry: String) -> [String] {
        let parts = entry.split(separator: "/", maxSplits: 1)
        let transport = parts.count > 1 ? parts[1] : "tcp"
        let ends = (parts.first ?? "").split(separator: "-").compactMap { UInt16($0) }
        guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last else {
            // The engine says what is wrong with it.
            return [entry]
        }
        return (first...last).map { "\($0)/\(transport)" }
    }

    private func healthCheckSpec(_ check: HealthCheck) -> HealthCheckSpec {
        if check.disable { return HealthCheckSpec(test: ["NONE"]) }
        return HealthCheckSpec(
            test: check.test ?? [], interval: check.interval?.duration, timeout: check.timeout?.duration,
            retries: check.retries, startPeriod: check.startPeriod?.duration,
            startInterval: check.startInterval?.duration)
    }

    private func labels(_ service: Service, number: Int, replacing old: ObservedContainer?) -> [String: String] {
        var labels = service.labels
        labels[ComposeLabels.project] = project.name
        labels[ComposeLabels.service] = service.name
        labels[ComposeLabels.version] = ComposeLabels.modelVersion
        labels[ComposeLabels.oneOff] = "False"
        labels[ComposeLabels.number] = String(number)
        labels[ComposeLabels.workingDirectory] = project.workingDirectory
        labels[ComposeLabels.configFiles] = project.configFiles.joined(separator: ",")
        labels[ComposeLabels.fields] = cache.digests(of: service).fields.description
        let files = fileDigests(service)
        if !files.isEmpty { labels[ComposeLabels.files] = files.description }
        labels[ComposeLabels.hooks] = ContainerHooks.label(of: service)
        if !project.environmentFiles.isEmpty {
            labels[ComposeLabels.environmentFiles] = project.environmentFiles.joined(separator: ",")
        }
        labels[ComposeLabels.dependsOn] = service.dependencies.sorted { $0.key < $1.key }
            .map { "\($0.key):\($0.value.condition.rawValue):\($0.value.restart)" }.joined(separator: ",")
        if let image = image(of: service) { labels[ComposeLabels.image] = image.id.rawValue }
        if project.forwardsOutput(of: service) { labels[ComposeLabels.logs] = ComposeLabels.forwarded }
        if old != nil { labels[ComposeLabels.replace] = service.containerName ?? "\(service.name)-\(number)" }
        return labels
    }
}
