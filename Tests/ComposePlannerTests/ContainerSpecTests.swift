import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// What the engine is asked to create for a service, attribute by attribute, is what Docker Compose asks for.
@Suite struct ContainerSpecTests {
    /// The specification of the one container of service `web`.
    private func spec(
        also configureProject: (inout Project) -> Void = { _ in }, _ configure: (inout Service) -> Void
    ) throws -> ContainerSpec {
        try ContainerSpecTests.spec(of: Planned(.app("web", configure), also: configureProject).plan())
    }

    private static func spec(of plan: Plan) throws -> ContainerSpec {
        let creation = try #require(
            plan.prepare.first { if case .createContainer = $0.action { true } else { false } })
        guard case .container(let spec)? = plan.specs[creation.id] else { throw PlanError(["no specification"]) }
        return spec
    }

    @Test func aPlainServiceHasEveryDefault() throws {
        var expected = ContainerSpec(image: "app")
        expected.networkMode = "shop_default"
        expected.networks = [NetworkAttachment(network: "shop_default", aliases: ["shop-web-1", "web"])]
        var spec = try spec { _ in }
        spec.labels = [:]
        #expect(spec == expected)
    }

    @Test func labels() throws {
        let stage = Planned(
            .app("web") {
                $0.labels = ["team": "a", ComposeLabels.service: "forged"]
                $0.needs("db", .healthy, restart: true)
                $0.needs("cache")
            }, .app("db"), .app("cache")
        ) { $0.environmentFiles = ["/shop/a.env", "/shop/b.env"] }
        let plan = try stage.plan()
        let creation = try #require(
            plan.prepare.first { $0.action.description == "create container shop-web-1" })
        guard case .container(let spec)? = plan.specs[creation.id] else { throw PlanError(["no specification"]) }
        var labels = spec.labels
        #expect(labels.removeValue(forKey: ComposeLabels.fields)?.isEmpty == false)
        #expect(labels.removeValue(forKey: ComposeLabels.configHash)?.count == 64)
        #expect(
            labels == [
                "team": "a",
                "com.docker.compose.project": "shop",
                "com.docker.compose.service": "web",
                "com.docker.compose.version": "2.40.3",
                "com.docker.compose.oneoff": "False",
                "com.docker.compose.container-number": "1",
                "com.docker.compose.image": "sha256:aaaaaaaaaaaaaaaa",
                "com.docker.compose.depends_on": "cache:service_started:false,db:service_healthy:true",
                "com.docker.compose.project.working_dir": "/shop",
                "com.docker.compose.project.config_files": "/shop/compose.yaml",
                "com.docker.compose.project.environment_file": "/shop/a.env,/shop/b.env",
            ])
    }

    /// Docker Compose hashes them when it runs a service, though their labels are in the hash too.
    @Test func labelFilesArePartOfTheHash() {
        var service = Service.app("web") { $0.labels = ["a": "b"] }
        service.labelFiles = ["/shop/labels"]
        #expect(
            String(decoding: service.hashInput, as: UTF8.self) == """
                {"command":null,"entrypoint":null,"image":"app","labels":{"a":"b"},"label_file":["/shop/labels"],\
                "networks":{"default":null}}
                """)
    }

    @Test func process() throws {
        let spec = try spec {
            $0.command = ["serve", "--all"]
            $0.entrypoint = []
            $0.environment = ["B": "2", "A": "x=y", "GONE": nil, "EMPTY": ""]
            $0.user = "1000:1000"
            $0.workingDirectory = "/srv"
            $0.hostname = "front"
            $0.domainName = "example.org"
            $0.terminal = true
            $0.openInput = true
            $0.initProcess = true
            $0.privileged = true
            $0.readOnly = true
            $0.platform = "linux/arm64"
            $0.stopSignal = "SIGINT"
            $0.stopGracePeriod = ComposeDuration("1m30s")
        }
        #expect(spec.command == ["serve", "--all"])
        #expect(spec.entrypoint == [])
        #expect(spec.environment == ["A=x=y", "B=2", "EMPTY=", "GONE"])
        #expect(spec.user == "1000:1000")
        #expect(spec.workingDirectory == "/srv")
        #expect(spec.hostname == "front")
        #expect(spec.domainName == "example.org")
        #expect(spec.terminal && spec.openInput && spec.privileged && spec.readOnlyRoot)
        #expect(spec.initProcess == true)
        #expect(spec.platform == "linux/arm64")
        #expect(spec.stopSignal == "SIGINT")
        #expect(spec.stopTimeout == .seconds(90))
    }

    @Test func restartPolicies() throws {
        #expect(try spec { $0.restart = RestartPolicy(.always) }.restartPolicy == RestartPolicySpec(name: "always"))
        #expect(
            try spec { $0.restart = RestartPolicy(.onFailure, maximumRetries: 3) }.restartPolicy
                == RestartPolicySpec(name: "on-failure", maximumRetries: 3))
        #expect(try spec { $0.restart = RestartPolicy(.unlessStopped) }.restartPolicy?.name == "unless-stopped")
    }

    @Test func healthchecks() throws {
        let spec = try spec {
            var check = HealthCheck(test: ["CMD-SHELL", "curl localhost"])
            check.interval = ComposeDuration("10s")
            check.timeout = ComposeDuration("2s")
            check.retries = 5
            check.startPeriod = ComposeDuration("1m")
            check.startInterval = ComposeDuration("500ms")
            $0.healthCheck = check
        }
        #expect(
            spec.healthCheck
                == HealthCheckSpec(
                    test: ["CMD-SHELL", "curl localhost"], interval: .seconds(10), timeout: .seconds(2), retries: 5,
                    startPeriod: .seconds(60), startInterval: .milliseconds(500)))
        let disabled = try self.spec {
            $0.healthCheck = HealthCheck()
            $0.healthCheck?.disable = true
        }
        #expect(disabled.healthCheck == HealthCheckSpec(test: ["NONE"]))
    }

    @Test func ports() throws {
        let spec = try spec {
            $0.ports = [
                Port(target: 80, published: "8080", hostAddress: "127.0.0.1"),
                Port(target: 53, published: "5300-5310", transport: "udp"), Port(target: 9000),
            ]
            $0.expose = ["3000", "80/tcp", "4000/udp"]
        }
        #expect(spec.exposedPorts == ["3000/tcp", "4000/udp", "53/udp", "80/tcp", "9000/tcp"])
        #expect(
            spec.portBindings == [
                PortBinding(containerPort: "80/tcp", hostAddress: "127.0.0.1", hostPort: "8080"),
                PortBinding(containerPort: "53/udp", hostPort: "5300-5310"), PortBinding(containerPort: "9000/tcp"),
            ])
    }

    @Test func networks() throws {
        let spec = try spec(also: {
            $0.networks["back"] = Network(key: "back", name: "shop_back")
            $0.networks["front"] = Network(key: "front", name: "shared")
        }) {
            var back = NetworkMembership()
            back.priority = 10
            back.aliases = ["store"]
            back.ipv4Address = "10.0.0.5"
            back.macAddress = "02:42:ac:11:00:05"
            back.gatewayPriority = 1
            $0.networks = ["front": nil, "back": back]
            $0.extraHosts = [ExtraHost(host: "db", address: "10.0.0.9")]
        }
        // The one of the highest priority is the primary one.
        #expect(spec.networkMode == "shop_back")
        #expect(
            spec.networks == [
                NetworkAttachment(
                    network: "shop_back", aliases: ["shop-web-1", "web", "store"], ipv4Address: "10.0.0.5",
                    macAddress: "02:42:ac:11:00:05", gatewayPriority: 1),
                NetworkAttachment(network: "shared", aliases: ["shop-web-1", "web"]),
            ])
        #expect(spec.extraHosts == ["db:10.0.0.9"])
        let host = try self.spec {
            $0.networks = [:]
            $0.networkMode = "host"
        }
        #expect(host.networkMode == "host")
        #expect(host.networks == [])
        #expect(try self.spec { $0.networks = [:] }.networkMode == "none")
    }

    /// The bind form wherever it says enough, so that missing folders are made; mounts for the rest.
    @Test func storage() throws {
        let spec = try spec(also: { $0.volumes["data"] = Volume(key: "data", name: "shop_data") }) {
            var strict = Mount(.bind, source: "/etc/app", target: "/etc/app")
            strict.bind = Mount.BindOptions()
            strict.bind?.createHostPath = false
            var part = Mount(.volume, source: "data", target: "/part")
            part.volume = Mount.VolumeOptions()
            part.volume?.subpath = "a/b"
            var readOnly = Mount(.volume, source: "data", target: "/ro")
            readOnly.readOnly = true
            readOnly.volume = Mount.VolumeOptions()
            readOnly.volume?.noCopy = true
            var labelled = Mount(.bind, source: "/src", target: "/src")
            labelled.bind = Mount.BindOptions()
            labelled.bind?.selinux = "z"
            var scratch = Mount(.tmpfs, target: "/scratch")
            scratch.temporary = Mount.TemporaryOptions()
            scratch.temporary?.size = 1 << 20
            $0.volumes = [
                Mount(.volume, source: "data", target: "/data"), readOnly, labelled, strict, part, scratch,
                Mount(.volume, target: "/anonymous"),
            ]
            $0.temporaryFileSystems = ["/run", "/tmp:size=64m"]
        }
        #expect(spec.binds == ["shop_data:/data:rw", "/src:/src:rw,z"])
        #expect(
            spec.mounts == [
                MountSpec(type: "volume", source: "shop_data", target: "/ro", readOnly: true, noCopy: true),
                MountSpec(type: "bind", source: "/etc/app", target: "/etc/app"),
                MountSpec(type: "volume", source: "shop_data", target: "/part", subpath: "a/b"),
                MountSpec(type: "tmpfs", target: "/scratch", size: 1 << 20),
                MountSpec(type: "volume", target: "/anonymous"),
            ])
        #expect(spec.temporaryFileSystems == ["/run": "", "/tmp": "size=64m"])
    }

    @Test func unnamedVolumesAreInherited() throws {
        var stage = Planned(.app("web") { $0.volumes = [Mount(.volume, target: "/cache")] })
        stage.observed.images["app"]?.volumes = ["/var/lib/app", "/named"]
        stage = try stage.up()
        try stage.change(container: "shop-web-1") {
            $0.mounts = [
                MountSummary(type: "volume", name: "v1", target: "/cache"),
                MountSummary(type: "volume", name: "v2", target: "/var/lib/app"),
                MountSummary(type: "volume", name: "v3", target: "/named"),
                MountSummary(type: "volume", name: "v4", target: "/no/longer/declared"),
            ]
        }
        stage.change("web") { $0.volumes.append(Mount(.bind, source: "/host", target: "/named")) }
        #expect(
            try ContainerSpecTests.spec(of: stage.plan()).mounts == [
                MountSpec(type: "volume", source: "v1", target: "/cache"),
                MountSpec(type: "volume", source: "v2", target: "/var/lib/app"),
            ])
    }

    @Test func configsAndSecrets() throws {
        let stage = Planned(
            .app("web") {
                $0.configs = [FileMount(source: "file"), FileMount(source: "inline", target: "/etc/inline.conf")]
                $0.secrets = [FileMount(source: "key"), FileMount(source: "token", target: "api")]
                $0.secrets[1].mode = 0o400
                $0.secrets[1].uid = "1000"
            },
            also: {
                $0.configs["file"] = FileResource(key: "file", name: "file", source: .file("/shop/file.conf"))
                $0.configs["inline"] = FileResource(key: "inline", name: "inline", source: .content("a=1"))
                $0.secrets["key"] = FileResource(key: "key", name: "key", source: .file("/shop/key"))
                $0.secrets["token"] = FileResource(
                    key: "token", name: "token", source: .environment(name: "TOKEN", value: "t0ken"))
            })
        let plan = try stage.plan()
        #expect(
            try ContainerSpecTests.spec(of: plan).mounts == [
                MountSpec(type: "bind", source: "/shop/file.conf", target: "/file", readOnly: true),
                MountSpec(type: "bind", source: "/shop/key", target: "/run/secrets/key", readOnly: true),
            ])
        let start = try #require(
            plan.prepare.first { if case .startContainer = $0.action { true } else { false } })
        guard case .files(let files)? = plan.specs[start.id] else { throw PlanError(["no files"]) }
        #expect(files.map(\.path) == ["/etc/inline.conf", "/run/secrets/api"])
        #expect(files.map { String(decoding: $0.content, as: UTF8.self) } == ["a=1", "t0ken"])
        #expect(files.map(\.mode) == [0o444, 0o400])
        #expect(files.map(\.uid) == [0, 1000])
    }

    @Test func logging() throws {
        #expect(
            try spec { $0.logging = Logging(driver: "local", options: ["max-size": "1m"]) }.logging
                == LoggingSpec(driver: "local", options: ["max-size": "1m"]))
    }

    @Test func limits() throws {
        let spec = try spec {
            $0.limits.memory = 64 << 20
            $0.limits.memoryReservation = 32 << 20
            $0.limits.cpus = 0.5
            $0.limits.processes = 100
            $0.limits.sharedMemory = 1 << 20
            $0.limits.ulimits = ["nproc": .single(64), "nofile": .range(soft: 1024, hard: 4096)]
            $0.limits.cpuPercent = 25
            var deploy = Deployment()
            deploy.limits = Deployment.Resources()
            deploy.limits?.memory = 128 << 20
            deploy.limits?.cpus = 1.5
            $0.deploy = deploy
        }
        var expected = ContainerLimits()
        expected.memory = 128 << 20
        expected.memoryReservation = 32 << 20
        expected.nanoCPUs = 1_500_000_000
        expected.processes = 100
        expected.sharedMemory = 1 << 20
        expected.cpuPercent = 2500
        expected.userLimits = [
            UserLimitSpec(name: "nofile", soft: 1024, hard: 4096), UserLimitSpec(name: "nproc", soft: 64, hard: 64),
        ]
        #expect(spec.limits == expected)
    }

    @Test func isolation() throws {
        let spec = try spec {
            $0.isolation.addedCapabilities = ["NET_ADMIN"]
            $0.isolation.droppedCapabilities = ["ALL"]
            $0.isolation.devices = [Device(source: "/dev/fuse", target: "/dev/fuse")]
            $0.isolation.securityOptions = ["no-new-privileges:true"]
            $0.isolation.systemControls = ["net.core.somaxconn": "1024"]
            $0.isolation.pid = "host"
            var gpu = DeviceRequest()
            gpu.count = -1
            $0.gpus = [gpu]
            $0.additionalGroups = ["audio"]
            $0.nameServers = ["1.1.1.1"]
            $0.searchDomains = ["example.org"]
            $0.macAddress = "02:42:ac:11:00:05"
        }
        var expected = ContainerIsolation()
        expected.addedCapabilities = ["CAP_NET_ADMIN"]
        expected.droppedCapabilities = ["ALL"]
        expected.devices = [DeviceMapping(source: "/dev/fuse", target: "/dev/fuse")]
        expected.securityOptions = ["no-new-privileges:true"]
        expected.systemControls = ["net.core.somaxconn": "1024"]
        expected.pid = "host"
        expected.deviceRequests = [DeviceRequestSpec(capabilities: ["gpu"], count: -1)]
        #expect(spec.isolation == expected)
        #expect(spec.additionalGroups == ["audio"])
        #expect(spec.nameServers == ["1.1.1.1"])
        #expect(spec.searchDomains == ["example.org"])
        #expect(spec.networks.first?.macAddress == "02:42:ac:11:00:05")
    }

    @Test(
        arguments: [("none", "no"), ("any", "always"), (nil, ""), ("on-failure", "on-failure")]
            as [(String?, String)])
    func deploymentsRestartPolicy(condition: String?, name: String) throws {
        let spec = try spec {
            var deploy = Deployment()
            deploy.restartPolicy = Deployment.Restart()
            deploy.restartPolicy?.condition = condition
            deploy.restartPolicy?.maximumAttempts = 2
            $0.deploy = deploy
            $0.restart = RestartPolicy(.unlessStopped)
        }
        #expect(spec.restartPolicy == RestartPolicySpec(name: name, maximumRetries: 2))
    }

    @Test func bindsThatSayMoreAreMounts() throws {
        func bind(_ change: (inout Mount.BindOptions) -> Void) -> Mount {
            var mount = Mount(.bind, source: "/s", target: "/t")
            var options = Mount.BindOptions()
            change(&options)
            mount.bind = options
            return mount
        }
        let propagated = bind { $0.propagation = "rslave" }
        let cases: [(Mount, MountSpec)] = [
            (
                propagated,
                MountSpec(type: "bind", source: "/s", target: "/t", propagation: "rslave", createSource: true)
            ),
            (
                bind { $0.recursive = "writable" },
                MountSpec(type: "bind", source: "/s", target: "/t", createSource: true, recursion: .writable)
            ),
            (bind { $0.createHostPath = false }, MountSpec(type: "bind", source: "/s", target: "/t")),
        ]
        for (mount, expected) in cases { #expect(try spec { $0.volumes = [mount] }.mounts == [expected]) }
        // Older engines make no folder for a mount.
        var older = Planned(.app("web") { $0.volumes = [propagated] })
        older.observed.engine = EnginePing(apiVersion: APIVersion(1, 41), newestAPIVersion: APIVersion(1, 41))
        #expect(try ContainerSpecTests.spec(of: older.plan()).binds == ["/s:/t:rw,rslave"])
        older.change("web") { $0.volumes[0].bind?.recursive = "disabled" }
        #expect(try ContainerSpecTests.spec(of: older.plan()).mounts.first?.createSource == false)
        #expect(try older.plan().hostPaths == [HostPath(service: "web", path: "/s")])
    }

    @Test func mountedImagesAreFetched() throws {
        let stage = Planned(
            .app("web") {
                $0.volumes = [
                    Mount(.image, source: "tools", target: "/t"), Mount(.image, source: "other", target: "/o"),
                ]
            }, .app("other"), also: { $0.defaultPlatform = "linux/arm64" })
        let plan = try stage.plan()
        #expect(plan.pulls.map(\.reference) == ["tools"])
        #expect(plan.pulls.map(\.platform) == ["linux/arm64"])
        let specs = plan.specs.values.compactMap { if case .container(let spec) = $0 { spec } else { nil } }
        #expect(specs.flatMap { $0.mounts.map(\.source) } == ["tools", "app"])
        #expect(specs.allSatisfy { $0.platform == "linux/arm64" })
    }

    @Test func securityOptions() throws {
        var stage = Planned(
            .app("web") {
                $0.isolation.securityOptions = [
                    "seccomp=profile.json", "seccomp:unconfined", "systempaths=unconfined", "label:disable",
                    "no-new-privileges",
                ]
            })
        #expect(stage.project.hostFilesToRead == ["/shop/profile.json"])
        #expect(stage.problems() == ["Service web: the seccomp profile /shop/profile.json was not read."])
        stage.observed.hostFiles["/shop/profile.json"] = .content(Array("{\n \"a \\\" b\": [ 1, 2 ] }".utf8))
        let isolation = try ContainerSpecTests.spec(of: stage.plan()).isolation
        #expect(
            isolation.securityOptions == [
                #"seccomp={"a \" b":[1,2]}"#, "seccomp:unconfined", "label:disable", "no-new-privileges",
            ])
        #expect(isolation.maskedPaths == [] && isolation.readOnlyPaths == [])
        stage = try stage.up()
        stage.observed.hostFiles["/shop/profile.json"] = .content(Array("{}".utf8))
        #expect(try stage.text().contains("security_opt.seccomp=profile.json changed"))
        stage.observed.hostFiles["/shop/profile.json"] = .content([0x7B])
        stage.change("web") { $0.isolation.securityOptions.append("nonsense") }
        #expect(
            stage.problems() == [
                "Service web: the seccomp profile /shop/profile.json is not JSON.",
                "Service web: security_opt \"nonsense\" is of the form NAME=VALUE.",
            ])
    }

    @Test func devices() throws {
        let names = ["/dev/fuse", "vendor.com/gpu=0", "v/c=1", "9v/c=1", "v/c=", "/dev/a=b"]
        let spec = try spec { $0.isolation.devices = names.map { Device(source: $0, target: $0) } }
        #expect(spec.isolation.devices.map(\.source) == ["/dev/fuse", "9v/c=1", "v/c=", "/dev/a=b"])
        #expect(
            spec.isolation.deviceRequests == [
                DeviceRequestSpec(capabilities: [], driver: "cdi", identifiers: ["vendor.com/gpu=0", "v/c=1"])
            ])
    }

    @Test func exposedRangesAndCapabilities() throws {
        let spec = try spec {
            $0.expose = ["80-82", "90-91/udp", "nonsense"]
            $0.isolation.addedCapabilities = ["sys_admin", "CAP_SYS_ADMIN", "all"]
        }
        #expect(spec.exposedPorts == ["80/tcp", "81/tcp", "82/tcp", "90/udp", "91/udp", "nonsense"])
        #expect(spec.isolation.addedCapabilities == ["ALL", "CAP_SYS_ADMIN"])
    }

    /// On the engine's own bridge a link needs the other container, which may just be made anew.
    @Test func linksOfTheDefaultBridge() throws {
        var stage = try Planned(
            .app("db"),
            .app("web") {
                $0.needs("db")
                $0.networks = [:]
                $0.networkMode = "bridge"
                $0.macAddress = "02:42:ac:11:00:05"
                $0.links = ["db"]
            }
        ).up()
        stage.options.recreate = .always
        stage.options.services = ["db"]
        #expect(try stage.plan().summary == "1 to replace")
        stage.options.services = []
        let plan = try stage.plan()
        for (id, links) in plan.links {
            guard case .container(var spec)? = plan.specs[id] else { continue }
            links.resolve(&spec) { _ in "new" }
            #expect(spec.links == ["new:db", "new:db-1", "new:shop-db-1"])
            #expect(spec.macAddress == "02:42:ac:11:00:05")
        }
        #expect(plan.links.count == 1)
    }

    /// What names other services ends as their containers' identifiers and names.
    @Test func references() throws {
        var stage = try Planned(
            .app("db"),
            .app("web") {
                $0.needs("db")
                $0.isolation.ipc = "service:db"
                $0.isolation.pid = "service:db"
                $0.volumesFrom = ["db:ro", "container:store"]
                $0.links = ["db:store"]
                $0.externalLinks = ["old_mysql:mysql"]
            }
        ).up()
        let db = try #require(stage.observed.containers.first { $0.service == "db" }).id
        stage.options.services = ["web"]
        stage.options.recreate = .always
        let spec = try ContainerSpecTests.spec(of: stage.plan())
        #expect(spec.isolation.ipc == "container:\(db)")
        #expect(spec.isolation.pid == "container:\(db)")
        #expect(spec.volumesFrom == ["\(db):ro", "store"])
        #expect(
            spec.networks.first?.links == [
                "shop-db-1:store", "shop-db-1:db-1", "shop-db-1:shop-db-1", "old_mysql:mysql",
            ])
    }
}
