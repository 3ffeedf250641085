import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// What the engine is asked to create for a service, attribute by attribute, is what Docker Compose asks for.
@Suite struct ContainerSpecTests {
    /// The specification of the one container of service `web`.
    func spec(
        also configureProject: (inout Project) -> Void = { _ in }, _ configure: (inout Service) -> Void
    ) throws -> ContainerSpec {
        try ContainerSpecTests.spec(of: Planned(.app("web", configure), also: configureProject).plan())
    }

    static func spec(of plan: Plan) throws -> ContainerSpec {
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

    @Test func logging() throws {
        #expect(
            try spec { $0.logging = Logging(driver: "local", options: ["max-size": "1m"]) }.logging
                == LoggingSpec(driver: "local", options: ["max-size": "1m"]))
    }
}
