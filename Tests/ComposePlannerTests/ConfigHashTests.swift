import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

@Suite struct ConfigHashTests {
    /// What Docker Compose 2.40.3 prints for the same service.
    @Test func aServicesHashIsDockerComposes() {
        let service = Service.app("any", image: "x")
        #expect(
            ConfigHash.service(service) == "d5457d0b2799957b606d2ac4ed52d85a1e75799490e56229948300b9a59e8953")
    }

    @Test func whatMakesNoOtherContainerChangesNothing() {
        var service = Service.app("any", image: "x")
        service.name = "other"
        service.scale = 3
        service.pullPolicy = .always
        service.profiles = ["debug"]
        service.needs("db", .healthy)
        #expect(
            ConfigHash.service(service) == "d5457d0b2799957b606d2ac4ed52d85a1e75799490e56229948300b9a59e8953")
    }

    /// Docker Compose hashes the identifier of the container whose namespace is shared.
    @Test func aSharedNamespaceIsHashedByItsContainer() throws {
        let stage = try Planned(
            .app("api"),
            .app("side") {
                $0.networks = [:]
                $0.networkMode = "service:api"
            }
        ).up()
        let api = try #require(stage.observed.containers.first { $0.service == "api" })
        let side = try #require(stage.observed.containers.first { $0.service == "side" })
        var resolved = try #require(stage.project.services["side"])
        resolved.networkMode = "container:\(api.id)"
        #expect(side.labels[ComposeLabels.configHash] == ConfigHash.service(resolved))
    }
}
