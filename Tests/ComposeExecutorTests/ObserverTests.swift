import ComposeExecutor
import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting
import FoundationEssentials
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct ObserverTests {
    @Test func aProjectIsSeenByListsWhateverItsSize() async throws {
        let stage = try Stage()
        let project = Project.shop(.app("web") { $0.scale = 20 })
        try await stage.up(project)
        stage.engine.forgetCalls()
        let state = try await Observer(engine: stage.engine).observe(project)
        #expect(state.replicas(of: "web").map(\.number) == Array(1...20))
        #expect(
            stage.engine.calls.map(\.description).sorted()
                == ["inspect image app", "list containers", "list networks", "list volumes", "ping"])
    }

    @Test func onlyComposeContainersCount() async throws {
        let stage = try Stage()
        var spec = ContainerSpec(image: "app")
        spec.labels = [ComposeLabels.project: "shop"]
        _ = try await stage.engine.createContainer(spec, name: "by-hand")
        spec.labels[ComposeLabels.service] = "web"
        spec.labels[ComposeLabels.configHash] = "x"
        spec.labels[ComposeLabels.oneOff] = "True"
        _ = try await stage.engine.createContainer(spec, name: "one-off")
        let state = try await Observer(engine: stage.engine).observe(project: "shop")
        #expect(state.containers.map(\.name) == ["one-off"])
        #expect(state.replicas(of: "web") == [])
    }

    @Test func whatHasTheNameButNotTheLabelIsSeenToo() async throws {
        let stage = try Stage()
        _ = try await stage.engine.createNetwork(NetworkSpec(name: "shop_default"))
        _ = try await stage.engine.createNetwork(NetworkSpec(name: "shop_default_2"))
        let outside = try await stage.engine.createNetwork(NetworkSpec(name: "outside"))
        _ = try await stage.engine.createVolume(VolumeSpec(name: "shop_data"))
        var project = Project.shop(.app("web", image: "missing"))
        project.networks["out"] = Network(key: "out", name: outside.rawValue)
        project.networks["out"]?.isExternal = true
        project.volumes["data"] = Volume(key: "data", name: "shop_data")
        project.volumes["more"] = Volume(key: "more", name: "shop_more")
        let state = try await Observer(engine: stage.engine).observe(project)
        #expect(Set(state.networks.map(\.name)) == ["shop_default", "outside"])
        #expect(state.volumes.map(\.name) == ["shop_data"])
        #expect(state.images.isEmpty)
    }

    @Test func theEngineTheClientAndFilesAreSeenToo() async throws {
        let folder = try TemporaryFile()
        let place = String(folder.path.dropLast("/state.sqlite".count))
        let file = place + "/conf"
        try Data("content".utf8).write(to: URL(filePath: file))
        try Data(#"{"proxies": {"here": {"noProxy": "a"}}}"#.utf8).write(to: URL(filePath: place + "/config.json"))
        var project = Project.shop(
            .app("web") {
                $0.configs = ["file", "folder", "missing", "large", "pipe"].map { FileMount(source: $0) }
                for index in $0.configs.indices { $0.configs[index].mode = 0o400 }
                $0.volumes = [Mount(.image, source: "app", target: "/i")]
            })
        try Data(count: HostFile.largest + 1).write(to: URL(filePath: place + "/large"))
        try #require(mkfifo(place + "/pipe", 0o600) == 0)
        for (key, path) in [
            ("file", file), ("folder", place), ("missing", place + "/missing"), ("large", place + "/large"),
            ("pipe", place + "/pipe"),
        ] {
            project.configs[key] = FileResource(key: key, name: key, source: .file(path))
        }
        let observer = Observer(engine: try Stage().engine, client: ClientFolder(path: place, host: "here"))
        let state = try await observer.observe(project)
        #expect(state.engine != nil)
        #expect(state.client.proxyVariables["NO_PROXY"] == "a")
        #expect(
            state.hostFiles == [
                file: .content(Array("content".utf8)), place: .unusable("is a directory"),
                place + "/missing": .unusable("does not exist"), place + "/large": .unusable("is larger than 500 KiB"),
                place + "/pipe": .unusable("is no file"),
            ])
        #expect(state.images.keys.sorted() == ["app"])
    }
}
