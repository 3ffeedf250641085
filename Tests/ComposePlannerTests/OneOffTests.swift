import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

@Suite struct OneOffTests {
    private static let slug = String(repeating: "0123456789abcdef", count: 4)

    private static func stage(_ configure: (inout Service) -> Void = { _ in }) throws -> Planned {
        try Planned(.app("db"), .app("web", configure)).up()
    }

    private static func oneOff(_ stage: Planned, _ configure: (inout OneOffOptions) -> Void = { _ in }) throws -> OneOff
    {
        var options = OneOffOptions()
        configure(&options)
        let service = try #require(stage.project.services["web"])
        return try OneOff(
            of: service, in: stage.project, observed: stage.observed, options: options, slug: OneOffTests.slug)
    }

    @Test func itIsNoReplicaOfItsService() throws {
        let stage = try OneOffTests.stage {
            $0.ports = [Port(target: 80, published: "8080")]
            $0.restart = RestartPolicy(.always)
            $0.containerName = "fixed"
            $0.terminal = true
            $0.openInput = true
            $0.healthCheck = HealthCheck(test: ["CMD", "check"])
            var membership = NetworkMembership()
            membership.aliases = ["shop.local"]
            $0.networks = ["default": membership]
            $0.runs(.postStart, "warm")
            $0.needs("db", .healthy, restart: true)
        }
        let oneOff = try OneOffTests.oneOff(stage)
        #expect(oneOff.name == "shop-web-run-0123456789ab")
        #expect(oneOff.spec.portBindings == [] && oneOff.spec.restartPolicy == nil && !oneOff.spec.autoRemove)
        #expect(!oneOff.spec.terminal && !oneOff.spec.openInput)
        #expect(oneOff.spec.healthCheck?.test == ["CMD", "check"])
        #expect(oneOff.spec.networks.map(\.aliases) == [["shop-web-run-0123456789ab"]])
        let labels = oneOff.spec.labels
        #expect(labels[ComposeLabels.oneOff] == "True" && labels[ComposeLabels.slug] == OneOffTests.slug)
        #expect(labels[ComposeLabels.number] == nil && labels[ComposeLabels.hooks] == nil)
        #expect(labels[ComposeLabels.service] == "web" && labels[ComposeLabels.configHash] != nil)
        #expect(labels[ComposeLabels.dependsOn] == "db:service_healthy:true")
    }

    @Test func optionsAreStrongerThanTheFile() throws {
        let stage = try OneOffTests.stage {
            $0.entrypoint = ["serve"]
            $0.command = ["--fast"]
            $0.environment = ["A": "file", "B": "file"]
            $0.labels = ["team": "blue"]
            $0.user = "root"
            $0.isolation.addedCapabilities = ["NET_ADMIN"]
            $0.isolation.droppedCapabilities = ["CHOWN"]
            $0.volumes = [Mount(.bind, source: "/old", target: "/data")]
            $0.ports = [Port(target: 80, published: "8080")]
        }
        let spec = try OneOffTests.oneOff(stage) {
            $0.command = ["sh", "-c", "id"]
            $0.environment = ["A": "option"]
            $0.labels = ["team": "red"]
            $0.name = "given"
            $0.user = "1000"
            $0.workingDirectory = "/tmp"
            $0.addedCapabilities = ["CHOWN"]
            $0.droppedCapabilities = ["NET_ADMIN"]
            $0.mounts = [Mount(.bind, source: "/new", target: "/data"), Mount(.volume, source: "raw", target: "/raw")]
            $0.ports = [Port(target: 81, published: "8081")]
            $0.publishesServicePorts = true
            $0.usesAliases = true
            $0.isTemporary = true
        }.spec
        #expect(spec.entrypoint == ["serve"] && spec.command == ["sh", "-c", "id"])
        #expect(spec.environment == ["A=option", "B=file"])
        #expect(spec.labels["team"] == "red" && spec.user == "1000" && spec.workingDirectory == "/tmp")
        #expect(
            spec.isolation.addedCapabilities == ["CAP_CHOWN"] && spec.isolation.droppedCapabilities == ["CAP_NET_ADMIN"]
        )
        #expect(spec.binds == ["/new:/data:rw"])
        #expect(spec.mounts.map(\.source) == ["raw"])
        #expect(spec.portBindings.map(\.hostPort) == ["8080", "8081"])
        #expect(spec.networks.map(\.aliases) == [["given", "web"]])
        #expect(spec.autoRemove)
    }

    /// The service's command is an argument of the service's entrypoint.
    @Test func anotherEntrypointLeavesTheCommandOut() throws {
        let stage = try OneOffTests.stage { $0.command = ["--fast"] }
        let spec = try OneOffTests.oneOff(stage) { $0.entrypoint = ["sh"] }.spec
        #expect(spec.entrypoint == ["sh"] && spec.command == [])
    }

    @Test func aSharedNamespaceIsThatOfTheContainerThatIsThere() throws {
        var stage = try OneOffTests.stage {
            $0.networks = [:]
            $0.networkMode = "service:db"
        }
        let db = try #require(stage.observed.replicas(of: "db").first)
        #expect(try OneOffTests.oneOff(stage).spec.networkMode == "container:\(db.id)")
        stage.observed.containers = []
        #expect(throws: PlanError.self) { try OneOffTests.oneOff(stage) }
    }

    // MARK: What it needs

    private static func needs(_ stage: Planned, _ configure: (inout UpOptions) -> Void = { _ in }) throws -> Plan {
        var stage = stage
        stage.options.services = ["web"]
        stage.options.oneOff = "web"
        configure(&stage.options)
        return try stage.plan()
    }

    private static let declared = Planned(
        .app("db") { $0.healthCheck = HealthCheck(test: ["CMD", "check"]) }, .app("job"),
        .app("web") {
            $0.needs("db", .healthy)
            $0.needs("job", .completed)
        }, .app("other"))

    @Test func whatItDependsOnComesUpAndItsReplicasDoNot() throws {
        let plan = try OneOffTests.needs(OneOffTests.declared)
        #expect(
            Set(plan.prepare.map(\.action.description)) == [
                "create network shop_default", "create container shop-db-1", "create container shop-job-1",
                "start container shop-db-1", "start container shop-job-1", "wait until shop-db-1 is healthy",
                "wait until shop-job-1 has completed",
            ])
        #expect(plan.holds == HoldChange(unheld: ["db", "job"]))
        let alone = try OneOffTests.needs(OneOffTests.declared) { $0.withoutDependencies = true }
        #expect(alone.prepare.map(\.action.description) == ["create network shop_default"])
    }

    @Test func whatIsThereIsLeftAsItIs() throws {
        var stage = try OneOffTests.declared.up()
        try stage.stop("shop-job-1")
        try stage.stop("shop-web-1", code: 1)
        stage.change("web") { $0.command = ["other"] }
        #expect(try OneOffTests.needs(stage).isEmpty)
    }

    @Test func itsImageIsFetchedThoughThereAreToBeNoReplicas() throws {
        let stage = Planned(.app("web", image: "absent") { $0.scale = 0 })
        #expect(try OneOffTests.needs(stage) { $0.scale = ["web": 1] }.pulls.map(\.reference) == ["absent"])
    }

    /// They could not stay on a network that is made anew.
    @Test func replicasMoveWithANetworkThatIsMadeAnew() throws {
        var stage = try OneOffTests.declared.up()
        stage.project.networks["default"]?.isInternal = true
        let network = try #require(stage.observed.networks.first)
        stage.observed.networkUsers[network.id] = stage.observed.containers.map {
            ResourceUser($0.summary, attachment: nil)
        }
        let steps = try OneOffTests.needs(stage).prepare.map(\.action.description)
        #expect(steps.contains("stop container shop-web-1") && steps.contains("start container shop-web-1"))
    }
}
