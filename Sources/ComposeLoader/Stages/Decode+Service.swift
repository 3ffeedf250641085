import ComposeModel
import YAML

extension Decoder {
    func service(_ name: String, _ fields: Fields) -> Service {
        var service = Service(name: name)
        decodeIdentity(fields, &service)
        decodeProcess(fields, &service)
        decodeNetworking(fields, &service)
        decodeStorage(fields, &service)
        service.limits = limits(fields)
        service.isolation = isolation(fields)
        // In its short form it can only be `all`.
        service.gpus =
            fields.string("gpus").map { [deviceRequest(count: $0)] } ?? fields.objects("gpus").map(deviceRequest)
        for name in Decoder.uninterpreted {
            guard let node = fields[name], let shape = ComposeSchema.attribute(name) else { continue }
            let value = CanonicalValue(node, shape)
            if !(Decoder.omittedWhenEmpty.contains(name) && value.isEmptyCollection) {
                service.uninterpreted[name] = value
            }
        }
        service.extensions = fields.extensions
        return service
    }

    /// What is kept as it is written.
    private static let uninterpreted = [
        "develop", "blkio_config", "credential_spec", "provider", "models", "use_api_socket", "pull_refresh_after",
        "pre_start", "post_start", "pre_stop",
    ]

    /// Those that say nothing where nothing is in them.
    private static let omittedWhenEmpty = ["models", "pre_start", "post_start", "pre_stop"]

    private func decodeIdentity(_ fields: Fields, _ service: inout Service) {
        service.image = fields.string("image")
        service.build = fields.object("build").map(build)
        service.deploy = fields.object("deploy").map(deployment)
        service.platform = fields.string("platform")
        let policy = fields.string("pull_policy")
        service.pullPolicy = policy.flatMap(PullPolicy.init)
        service.pullSchedule = service.pullPolicy == nil ? policy : nil
        service.containerName = fields.string("container_name")
        service.hostname = fields.string("hostname")
        service.domainName = fields.string("domainname")
        service.labels = fields.map("labels")
        service.labelFiles = fields.strings("label_file")
        service.annotations = fields.map("annotations")
        service.profiles = fields.strings("profiles")
        service.scale = fields.int("scale")
        service.attach = fields.bool("attach")
    }

    private func decodeProcess(_ fields: Fields, _ service: inout Service) {
        service.command = fields["command"].map { _ in fields.strings("command") }
        service.entrypoint = fields["entrypoint"].map { _ in fields.strings("entrypoint") }
        service.workingDirectory = fields.string("working_dir")
        service.user = fields.string("user")
        service.additionalGroups = fields.strings("group_add")
        service.environment = fields.optionalMap("environment")
        service.environmentFiles = fields.objects("env_file").map {
            EnvironmentFile(
                path: $0.string("path") ?? "", required: $0.bool("required") ?? true, format: $0.string("format"))
        }
        service.initProcess = fields.bool("init")
        service.terminal = fields.bool("tty") ?? false
        service.openInput = fields.bool("stdin_open") ?? false
        service.stopSignal = fields.string("stop_signal")
        service.stopGracePeriod = fields.duration("stop_grace_period")
        service.restart = fields.string("restart").flatMap { $0.isEmpty ? nil : RestartPolicy(text: $0) }
        service.healthCheck = fields.object("healthcheck").map(healthCheck)
        for (name, value) in fields.entries("depends_on") {
            let dependency = Fields(value)
            service.dependencies[name] = Dependency(
                dependency.string("condition").flatMap(Dependency.Condition.init) ?? .started,
                restart: dependency.bool("restart") ?? false, required: dependency.bool("required") ?? true)
        }
        service.logging = fields.object("logging").map {
            Logging(driver: $0.string("driver"), options: $0.map("options"))
        }
    }

    private func healthCheck(_ fields: Fields) -> HealthCheck {
        var check = HealthCheck(test: fields["test"].map { _ in fields.strings("test") })
        check.interval = fields.duration("interval")
        check.timeout = fields.duration("timeout")
        check.retries = fields.int("retries")
        check.startPeriod = fields.duration("start_period")
        check.startInterval = fields.duration("start_interval")
        check.disable = fields.bool("disable") ?? false
        return check
    }

    private func decodeNetworking(_ fields: Fields, _ service: inout Service) {
        service.ports = fields.objects("ports").map { port in
            var result = Port(
                target: port.int("target") ?? 0, published: port.string("published"),
                hostAddress: port.string("host_ip"), transport: port.string("protocol") ?? "tcp")
            result.name = port.string("name")
            result.mode = port.string("mode")
            result.applicationProtocol = port.string("app_protocol")
            return result
        }
        service.expose = fields.strings("expose")
        for (key, value) in fields.entries("networks") {
            service.networks.updateValue(value.isNull ? nil : membership(Fields(value)), forKey: key)
        }
        service.networkMode = fields.string("network_mode")
        service.extraHosts = extraHosts(fields.strings("extra_hosts"))
        service.links = fields.strings("links")
        service.externalLinks = fields.strings("external_links")
        service.nameServers = fields.strings("dns").filter { !$0.isEmpty }
        service.resolverOptions = fields.strings("dns_opt")
        service.searchDomains = fields.strings("dns_search")
        service.macAddress = fields.string("mac_address")
    }

    private func membership(_ fields: Fields) -> NetworkMembership {
        var membership = NetworkMembership()
        membership.priority = fields.int("priority")
        membership.gatewayPriority = fields.int("gw_priority")
        membership.aliases = fields.strings("aliases")
        membership.ipv4Address = fields.string("ipv4_address")
        membership.ipv6Address = fields.string("ipv6_address")
        membership.linkLocalAddresses = fields.strings("link_local_ips")
        membership.macAddress = fields.string("mac_address")
        membership.driverOptions = fields.map("driver_opts")
        membership.interfaceName = fields.string("interface_name")
        return membership
    }

    /// `host=address` or `host:address`, the address perhaps in brackets, several with commas between.
    func extraHosts(_ lines: [String]) -> [ExtraHost] {
        lines.flatMap { line -> [ExtraHost] in
            guard let separator = line.firstIndex(of: "=") ?? line.firstIndex(of: ":") else { return [] }
            let host = String(line[..<separator])
            return line[line.index(after: separator)...].split(separator: ",", omittingEmptySubsequences: false).map {
                let bare = $0.hasPrefix("[") && $0.hasSuffix("]") ? $0.dropFirst().dropLast() : $0
                return ExtraHost(host: host, address: String(bare))
            }
        }
    }

    private func decodeStorage(_ fields: Fields, _ service: inout Service) {
        service.volumes = fields.objects("volumes").map(mount)
        service.volumesFrom = fields.strings("volumes_from")
        service.temporaryFileSystems = fields.strings("tmpfs")
        service.configs = fields.objects("configs").map { fileMount($0) }
        service.secrets = fields.objects("secrets").map { secret in
            var mount = fileMount(secret)
            mount.target = mount.target ?? "/run/secrets/" + mount.source
            return mount
        }
        service.privileged = fields.bool("privileged") ?? false
        service.readOnly = fields.bool("read_only") ?? false
        service.storageOptions = fields.map("storage_opt")
    }

    private func mount(_ fields: Fields) -> Mount {
        var mount = Mount(
            fields.string("type").flatMap(Mount.Kind.init) ?? .volume, source: fields.string("source"),
            target: fields.string("target") ?? "")
        mount.readOnly = fields.bool("read_only") ?? false
        mount.consistency = fields.string("consistency")
        mount.bind = fields.object("bind").map { bind in
            var options = Mount.BindOptions()
            options.propagation = bind.string("propagation")
            options.createHostPath = bind.bool("create_host_path")
            options.recursive = bind.string("recursive")
            options.selinux = bind.string("selinux")
            return options
        }
        mount.volume = fields.object("volume").map { volume in
            var options = Mount.VolumeOptions()
            options.noCopy = volume.bool("nocopy") ?? false
            options.subpath = volume.string("subpath")
            options.labels = volume.map("labels")
            return options
        }
        mount.temporary = fields.object("tmpfs").map { temporary in
            var options = Mount.TemporaryOptions()
            options.size = temporary.bytes("size")
            options.mode = temporary.int("mode")
            return options
        }
        mount.image = fields.object("image").map { image in
            var options = Mount.ImageOptions()
            options.subpath = image.string("subpath")
            return options
        }
        return mount
    }

    func fileMount(_ fields: Fields) -> FileMount {
        var mount = FileMount(source: fields.string("source") ?? "", target: fields.string("target"))
        mount.uid = fields.string("uid")
        mount.gid = fields.string("gid")
        mount.mode = fields.int("mode")
        return mount
    }
}

extension RestartPolicy {
    /// `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:N`; of anything else the whole text is the condition.
    init(text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, parts[0] == Condition.onFailure.rawValue, let count = Int(parts[1]), count >= 0 {
            self.init(.onFailure, maximumRetries: count)
        } else {
            self.init(Condition(rawValue: text))
        }
    }
}
