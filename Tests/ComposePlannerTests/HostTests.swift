import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// What plans want of the host.
@Suite struct HostTests {
    private func app(_ name: String, _ ports: Port..., configure: (inout Service) -> Void = { _ in }) -> Service {
        .app(name) {
            $0.ports = ports
            configure(&$0)
        }
    }

    private func port(_ number: String?, _ address: String? = nil, _ transport: String = "tcp") -> Port {
        Port(target: 80, published: number, hostAddress: address, transport: transport)
    }

    private func descriptions(_ stage: Planned) throws -> [String] {
        try stage.plan().hostPorts.map { "\($0.service): \($0)" }
    }

    // MARK: Ports

    @Test func fixedPortsOfWhatStartsAreListed() throws {
        let stage = Planned(
            app("api", port("8080", "127.0.0.1"), port("53", nil, "udp"), port("9000", nil, "sctp")),
            app("web", port("80"), port("9000-9010"), port("8443-8443"), port(nil)),
            app("host", port("81")) {
                $0.networks = [:]
                $0.networkMode = "host"
            })
        #expect(
            try descriptions(stage) == [
                "api: host port 8080 (127.0.0.1)", "api: host port 53/udp", "web: host port 80", "web: host port 8443",
            ])
        #expect(try stage.up().plan().hostPorts == [])
    }

    @Test func aStoppedContainersPortsMustBeFreeAgain() throws {
        var stage = try Planned(app("web", port("80"))).up()
        try stage.stop("shop-web-1")
        try stage.change(container: "shop-web-1") { $0.ports = [] }
        #expect(try descriptions(stage) == ["web: host port 80"])
    }

    @Test func whatThePlanStopsGivesItsPortsBack() throws {
        var stage = try Planned(app("web", port("80"))).up()
        stage.change("web") { $0.ports.append(port("81")) }
        #expect(try descriptions(stage) == ["web: host port 81"])
        // From one service to another.
        stage = try Planned(app("old", port("80"))).up()
        stage.project.services = ["new": app("new", port("80"))]
        #expect(try descriptions(stage) == ["new: host port 80"])
        stage.options.removeOrphans = true
        #expect(try descriptions(stage) == [])
    }

    @Test func nothingIsWantedWithoutAStart() throws {
        var stage = Planned(app("api", port("80")), app("web", port("80")))
        stage.options.withoutStart = true
        #expect(try descriptions(stage) == [])
    }

    @Test func twoServicesCannotHaveOnePort() throws {
        #expect(
            Planned(app("api", port("80", "127.0.0.1")), app("web", port("80"))).problems() == [
                "Services api and web both want host port 80. Choose another one for one of them under `ports`."
            ])
        #expect(Planned(app("api", port("80", "0.0.0.0")), app("web", port("80", "10.0.0.1"))).problems().count == 1)
        #expect(Planned(app("api", port("80", "::")), app("web", port("80", "::1"))).problems().count == 1)
        #expect(Planned(app("api", port("80", "10.0.0.1")), app("web", port("80", "10.0.0.2"))).problems() == [])
        #expect(Planned(app("api", port("80", "0.0.0.0")), app("web", port("80", "::1"))).problems() == [])
        #expect(Planned(app("api", port("53")), app("web", port("53", nil, "udp"))).problems() == [])
        #expect(Planned(app("api", port("80-90")), app("web", port("80"))).problems() == [])
    }

    @Test func oneThatRunsCounts() throws {
        var stage = try Planned(app("web", port("80"))).up()
        stage.project.services["api"] = app("api", port("80"))
        #expect(stage.problems().count == 1)
        // Both run somehow: nothing is to be done.
        var both = try Planned(app("web", port("80")), app("api", port("81"))).up()
        both.options.recreate = .never
        both.change("api") { $0.ports = [port("80")] }
        #expect(both.problems() == [])
    }

    @Test func whoWaitsForTheOthersEndMayHaveItsPort() throws {
        let stage = Planned(app("setup", port("80")), app("web", port("80")) { $0.needs("setup", .completed) })
        #expect(try descriptions(stage) == ["setup: host port 80", "web: host port 80"])
    }

    @Test func replicasCannotShareAPort() throws {
        let stage = Planned(app("web", port("80")) { $0.scale = 3 }, app("api", port("8000-8010")) { $0.scale = 3 })
        #expect(
            stage.problems() == [
                "Service web cannot have 3 replicas, because each of them wants host port 80. Publish a range of ports, "
                    + "or leave the host port out."
            ])
    }

    /// What else is wrong with a refused plan is looked for on the host, and must not tell of the same port again.
    @Test func aPortThatIsRefusedIsNotLookedForOnTheHost() throws {
        var stage = try Planned(app("web", port("80")), app("api", port("81"))).up()
        stage.options.scale["web"] = 3
        stage.change("api") { $0.ports = [port("82")] }
        let error = #expect(throws: PlanError.self) { try stage.plan() }
        #expect(error?.attempt?.hostPorts.map(\.description) == ["host port 82"])
        var both = try Planned(app("web", port("80"))).up()
        both.project.services["api"] = app("api", port("80"))
        #expect(#expect(throws: PlanError.self) { try both.plan() }?.attempt?.hostPorts == [])
    }

    // MARK: Paths

    @Test func whatNobodyMakesMustBeThere() throws {
        let stage = Planned(
            app("web") {
                var strict = Mount(.bind, source: "/srv/site", target: "/site")
                strict.bind = Mount.BindOptions()
                strict.bind?.createHostPath = false
                $0.volumes = [strict, Mount(.bind, source: "/srv/made", target: "/made"), Mount(.volume, target: "/v")]
                $0.secrets = [FileMount(source: "token"), FileMount(source: "copied")]
            },
            also: {
                $0.secrets["token"] = FileResource(key: "token", name: "token", source: .file("/srv/token"))
                $0.secrets["copied"] = FileResource(key: "copied", name: "copied", source: .content("x"))
            })
        #expect(
            try stage.plan().hostPaths == [
                HostPath(service: "web", path: "/srv/site"), HostPath(service: "web", path: "/srv/token"),
            ])
        #expect(try stage.up().plan().hostPaths == [])
    }
}
