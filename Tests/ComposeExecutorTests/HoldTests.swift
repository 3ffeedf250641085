import ComposeExecutor
import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import EngineTesting
import Testing

/// Bringing up, and stopping again what nothing holds any more.
@Suite(.timeLimit(.minutes(5))) struct HoldTests {
    private static let project = Project.shop(
        .app("db"), .app("web") { $0.needs("db") }, .app("admin") { $0.needs("db") })

    private static func up(_ stage: Stage, _ services: String...) async throws {
        var options = UpOptions()
        options.services = services
        options.isLasting = true
        let plan = try await stage.plan(project, options)
        if plan.isEmpty { return await stage.executor().hold(plan.holds) }
        _ = try await stage.executor().apply(plan, command: "up")
    }

    @discardableResult
    private static func stop(_ stage: Stage, _ services: String...) async throws -> [Leftover] {
        var options = DownOptions()
        options.services = services
        var observed = try await Observer(engine: stage.engine).observe(project: "shop")
        observed.holds = try await stage.executor().holds()
        return await stage.executor().carryOut(
            DownPlanner.stop("shop", project: project, observed: observed, options: options))
    }

    private static func running(_ stage: Stage) async throws -> Set<String> {
        Set(
            try await stage.engine.containers(matching: ObjectFilter()).filter(\.state.isRunning)
                .compactMap { $0.labels[ComposeLabels.service] })
    }

    @Test func stoppingIsTheInverseOfBringingUp() async throws {
        let stage = try Stage()
        try await HoldTests.up(stage, "web")
        #expect(try await HoldTests.running(stage) == ["db", "web"])
        try await HoldTests.up(stage, "admin")
        try await HoldTests.stop(stage, "web")
        #expect(try await HoldTests.running(stage) == ["db", "admin"])
        try await HoldTests.stop(stage, "admin")
        #expect(try await HoldTests.running(stage) == [])
        #expect(try await stage.executor().holds() == HoldSet())
    }

    @Test func whatIsAskedForLaterIsHeldFromThen() async throws {
        let stage = try Stage()
        try await HoldTests.up(stage, "web")
        try await HoldTests.up(stage, "db")
        try await HoldTests.stop(stage, "web")
        #expect(try await HoldTests.running(stage) == ["db"])
    }

    @Test func whatIsUpAsAWholeStopsOneByOne() async throws {
        let stage = try Stage()
        try await HoldTests.up(stage)
        try await HoldTests.stop(stage, "web")
        #expect(try await HoldTests.running(stage) == ["db", "admin"])
    }

    @Test func whatSomebodyRemovedHoldsNothing() async throws {
        let stage = try Stage()
        try await HoldTests.up(stage, "web")
        try await stage.engine.removeContainer("shop-web-1", force: true, anonymousVolumes: true)
        try await HoldTests.stop(stage, "web")
        #expect(try await HoldTests.running(stage) == [])
        #expect(try await stage.executor().holds() == HoldSet())
    }

    @Test func aLostStateHoldsEverything() async throws {
        let stage = try Stage()
        try await HoldTests.up(stage, "web")
        try await HoldTests.stop(try Stage(engine: stage.engine), "web")
        #expect(try await HoldTests.running(stage) == ["db"])
    }

    @Test func aFailedUpHoldsNothing() async throws {
        let stage = try Stage()
        stage.engine.setFaults(FaultSchedule(.error, at: 1, of: .call("start shop-web-1")))
        await #expect(throws: ApplyFailure.self) { try await HoldTests.up(stage, "web") }
        #expect(try await stage.executor().holds() == HoldSet())
    }

    @Test func whatCouldNotBeStoppedStopsWhenItIsRepeated() async throws {
        let stage = try Stage()
        try await HoldTests.up(stage, "web")
        stage.engine.setFaults(FaultSchedule(.error, at: 1, of: .call("stop shop-db-1")))
        #expect(try await HoldTests.stop(stage, "web").map(\.what) == ["stop container shop-db-1"])
        stage.engine.setFaults(.none)
        #expect(try await HoldTests.stop(stage, "web") == [])
        #expect(try await HoldTests.running(stage) == [])
    }

    @Test func whoUsesANetworkIsNamed() async throws {
        let stage = try Stage()
        try await HoldTests.up(stage, "web")
        var spec = ContainerSpec(image: "app")
        spec.networks = [NetworkAttachment(network: "shop_default")]
        let guest = try await stage.engine.createContainer(spec, name: "guest")
        try await stage.engine.startContainer(guest)
        let observed = try await Observer(engine: stage.engine).observe(project: "shop")
        let plan = DownPlanner.down("shop", project: nil, observed: observed)
        #expect(
            await stage.executor().carryOut(plan)
                == [Leftover(what: "Network shop_default", reason: "guest uses it", isInUse: true)])
        try await stage.engine.stopContainer(guest, timeout: nil)
        #expect(await stage.executor().carryOut(plan) == [])
        #expect(try await stage.engine.networks(matching: ObjectFilter(names: ["shop_default"])).isEmpty)
    }
}
