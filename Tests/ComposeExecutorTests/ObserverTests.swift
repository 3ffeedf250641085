import ComposeExecutor
import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting
import Testing

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
                == ["inspect image app", "list containers", "list networks", "list volumes"])
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
}
