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
        let reference = imageReference(service)
        let name = containerName(service, number: number)
        var spec = ContainerSpec(image: reference)
        spec.command = service.command
        spec.entrypoint = service.entrypoint
        spec.environment = service.environment.sorted { $0.key < $1.key }
            .map { variable in variable.value.map { "\(variable.key)=\($0)" } ?? variable.key }
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
            service.expose.map { $0.contains("/") ? $0 : $0 + "/tcp" }
                + service.ports.map { "\($0.target)/\($0.transport)" }
        ).sorted()
        spec.portBindings = service.ports.map {
            PortBinding(
                containerPort: "\($0.target)/\($0.transport)", hostAddress: $0.hostAddress ?? "",
                hostPort: $0.published ?? "")
        }
        spec.restartPolicy = restartPolicy(service)
        spec.logging = service.logging.map { LoggingSpec(driver: $0.driver, options: $0.options) }
        spec.initProcess = service.initProcess
        spec.privileged = service.privileged
        spec.readOnlyRoot = service.readOnly
        spec.extraHosts = service.extraHosts.map { "\($0.host):\($0.address)" }
        spec.platform = service.platform
        spec.limits = limits(service)
        spec.isolation = isolation(service)
        spec.additionalGroups = service.additionalGroups
        spec.nameServers = service.nameServers
        spec.resolverOptions = service.resolverOptions
        spec.searchDomains = service.searchDomains
        spec.storageOptions = service.storageOptions
        spec.annotations = service.annotations
        for entry in service.temporaryFileSystems {
            let parts = entry.split(separator: ":", maxSplits: 1)
            spec.temporaryFileSystems[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        addNetworks(to: &spec, service, containerName: name)
        addStorage(to: &spec, service, replacing: old)
        return spec
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
        labels[ComposeLabels.fields] = FieldDigests(service).description
        let files = injectedFiles(service)
        if !files.isEmpty { labels[ComposeLabels.files] = FieldDigests(files).description }
        if !project.environmentFiles.isEmpty {
            labels[ComposeLabels.environmentFiles] = project.environmentFiles.joined(separator: ",")
        }
        labels[ComposeLabels.dependsOn] = service.dependencies.sorted { $0.key < $1.key }
            .map { "\($0.key):\($0.value.condition.rawValue):\($0.value.restart)" }.joined(separator: ",")
        if let image = observed.images[imageReference(service)] { labels[ComposeLabels.image] = image.id.rawValue }
        if old != nil { labels[ComposeLabels.replace] = service.containerName ?? "\(service.name)-\(number)" }
        return labels
    }

    // MARK: Networks

    private func addNetworks(to spec: inout ContainerSpec, _ service: Service, containerName: String) {
        if let mode = service.networkMode {
            spec.networkMode = mode
            return
        }
        // The first is the primary one: by falling priority, then by name.
        let memberships = service.networks.sorted {
            let (left, right) = ($0.value?.priority ?? 0, $1.value?.priority ?? 0)
            return left == right ? $0.key < $1.key : left > right
        }
        let links = links(of: service)
        spec.networks = memberships.compactMap { key, membership in
            guard let network = project.networks[key] else { return nil }
            return NetworkAttachment(
                network: network.name, aliases: [containerName, service.name] + (membership?.aliases ?? []),
                ipv4Address: membership?.ipv4Address, ipv6Address: membership?.ipv6Address,
                linkLocalAddresses: membership?.linkLocalAddresses ?? [], macAddress: membership?.macAddress,
                driverOptions: membership?.driverOptions ?? [:], links: links,
                gatewayPriority: membership?.gatewayPriority)
        }
        if let address = service.macAddress, !spec.networks.isEmpty, spec.networks[0].macAddress == nil {
            spec.networks[0].macAddress = address
        }
        spec.networkMode = spec.networks.first?.network ?? "none"
    }

    /// `container:alias` for each replica that a link leads to; it is found by its number too.
    private func links(of service: Service) -> [String] {
        let own = service.links.flatMap { link -> [String] in
            let parts = link.split(separator: ":", maxSplits: 1).map(String.init)
            guard let name = parts.first else { return [] }
            return (replicas[name] ?? []).flatMap { replica in
                [parts.last ?? name, "\(name)-\(replica.number)", "\(project.name)-\(name)-\(replica.number)"]
                    .map { "\(replica.handle.name):\($0)" }
            }
        }
        return own + service.externalLinks.map { $0.contains(":") ? $0 : "\($0):\($0)" }
    }

    // MARK: Storage

    private func addStorage(to spec: inout ContainerSpec, _ service: Service, replacing old: ObservedContainer?) {
        for mount in service.volumes {
            switch mount.kind {
            case .bind where mount.bind?.createHostPath != false && mount.bind?.recursive == nil:
                spec.binds.append(bindText(mount, source: mount.source ?? ""))
            case .volume
            where mount.source != nil && mount.volume?.subpath == nil && mount.volume?.labels.isEmpty != false:
                let key = mount.source ?? ""
                spec.binds.append(bindText(mount, source: project.volumes[key]?.name ?? key))
            default:
                spec.mounts.append(mountSpec(mount))
            }
        }
        spec.mounts += service.configs.compactMap { fileMount($0, in: project.configs, path: configPath($0)) }
        spec.mounts += service.secrets.compactMap { fileMount($0, in: project.secrets, path: secretPath($0)) }
        let inherited = inheritedVolumes(service, from: old)
        spec.mounts.removeAll { mount in inherited.contains { $0.target == mount.target } }
        spec.mounts += inherited
    }

    private func bindText(_ mount: Mount, source: String) -> String {
        var mode = [mount.readOnly ? "ro" : "rw"]
        if let selinux = mount.bind?.selinux { mode.append(selinux) }
        if let propagation = mount.bind?.propagation { mode.append(propagation) }
        if mount.volume?.noCopy == true { mode.append("nocopy") }
        return "\(source):\(mount.target):\(mode.joined(separator: ","))"
    }

    private func mountSpec(_ mount: Mount) -> MountSpec {
        let source = mount.source ?? ""
        return MountSpec(
            type: mount.kind.rawValue,
            source: mount.kind == .volume ? project.volumes[source]?.name ?? source : source, target: mount.target,
            readOnly: mount.readOnly, propagation: mount.bind?.propagation,
            createSource: mount.kind == .bind && mount.bind?.createHostPath != false,
            noCopy: mount.volume?.noCopy ?? false,
            labels: mount.volume?.labels ?? [:], subpath: mount.volume?.subpath, size: mount.temporary?.size,
            mode: mount.temporary?.mode)
    }

    /// The unnamed volumes of the container that is replaced, at the paths where the new one would get fresh and empty
    /// ones: what an application kept there stays.
    private func inheritedVolumes(_ service: Service, from old: ObservedContainer?) -> [MountSpec] {
        guard let old else { return [] }
        let declared = Set(observed.images[imageReference(service)]?.volumes ?? [])
        let anonymous = Set(service.volumes.filter { $0.kind == .volume && $0.source == nil }.map(\.target))
        let covered = Set(service.volumes.filter { $0.source != nil }.map(\.target))
        return old.summary.mounts.compactMap { mount in
            guard mount.type == "volume", let name = mount.name, !covered.contains(mount.target),
                declared.contains(mount.target) || anonymous.contains(mount.target)
            else { return nil }
            return MountSpec(type: "volume", source: name, target: mount.target, readOnly: !mount.writable)
        }
    }

    // MARK: Configs and secrets

    private func configPath(_ mount: FileMount) -> String {
        let target = mount.target ?? mount.source
        return target.hasPrefix("/") ? target : "/" + target
    }

    private func secretPath(_ mount: FileMount) -> String {
        let target = mount.target ?? mount.source
        return target.hasPrefix("/") ? target : "/run/secrets/" + target
    }

    private func fileMount(_ mount: FileMount, in resources: [String: FileResource], path: String) -> MountSpec? {
        guard case .file(let source)? = resources[mount.source]?.source else { return nil }
        return MountSpec(type: "bind", source: source, target: path, readOnly: true)
    }

    /// What is copied into a container before it starts: configs and secrets that have no file on the host.
    func injectedFiles(_ service: Service) -> [InjectedFile] {
        let configs = service.configs.compactMap { injectedFile($0, in: project.configs, path: configPath($0)) }
        let secrets = service.secrets.compactMap { injectedFile($0, in: project.secrets, path: secretPath($0)) }
        return configs + secrets
    }

    private func injectedFile(_ mount: FileMount, in resources: [String: FileResource], path: String) -> InjectedFile? {
        let content: String
        switch resources[mount.source]?.source {
        case .environment(_, let value): content = value ?? ""
        case .content(let text): content = text
        default: return nil
        }
        return InjectedFile(
            path: path, content: Array(content.utf8), uid: mount.uid.flatMap(Int.init) ?? 0,
            gid: mount.gid.flatMap(Int.init) ?? 0, mode: mount.mode ?? 0o444)
    }
}
