import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

// What is mounted, and what is put into a container.
extension ContainerSpecTests {
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
}
