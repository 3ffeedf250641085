import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting
import Testing

@testable import ComposeExecutor

/// Calls whose answers were lost while the engine was still at them.
@Suite struct RollbackTests {
    private static let changed = Project.shop(.app("web") { $0.environment = ["A": "1"] })

    /// A stage whose clock jumps when taking back sleeps.
    private func stage() throws -> (Stage, TestClock) {
        var stage = try Stage()
        let clock = TestClock(advancingWhenSleeping: 1)
        stage.clock = clock
        return (stage, clock)
    }

    @Test(arguments: ["create shop-web-1", "create network shop_default", "create volume shop_data"])
    func whatAppearsLaterIsRemoved(call: String) async throws {
        let (stage, clock) = try stage()
        var project = Project.shop(.app("web") { $0.volumes = [Mount(.volume, source: "data", target: "/data")] })
        project.volumes["data"] = Volume(key: "data", name: "shop_data")
        stage.engine.setFaults(FaultSchedule(.lateEffect, at: 1, of: .call(call)))
        _ = try await stage.failingUp(project)
        // It was seen, so nothing else is waited for.
        #expect(clock.now.offset > .zero)
        #expect(clock.now.offset < .seconds(1))
    }

    @Test func whatIsStartedAgainAndFallsIsNamed() async throws {
        let (stage, _) = try stage()
        try await stage.up(.shop(.app("web")))
        let old = try await stage.container("shop-web-1").id
        stage.engine.script(container: "shop-web-1", ContainerBehavior(run: .exits(code: 6)))
        stage.engine.script(container: "\(old.short)_shop-web-1", ContainerBehavior(run: .failsToStart(message: "no")))
        let error = await #expect(throws: ApplyFailure.self) { try await stage.up(RollbackTests.changed) }
        let failure = try #require(error)
        #expect(failure.leftovers.map(\.what) == ["container shop-web-1"])
        #expect(failure.leftovers.first?.reason.contains("exited with code 6") == true)
    }

    @Test func whatIsThereAtTheFirstLookTakesNoTime() async throws {
        let (stage, clock) = try stage()
        stage.engine.setFaults(FaultSchedule(.droppedConnection, at: 1, of: .call("create shop-web-1")))
        _ = try await stage.failingUp(.shop(.app("web")))
        #expect(clock.now.offset == .zero)
    }

    @Test(arguments: ["create shop-web-1", "create network shop_default", "start shop-web-1"])
    func anAnswerTakesNoTime(call: String) async throws {
        let (stage, clock) = try stage()
        stage.engine.setFaults(FaultSchedule(.error, at: 1, of: .call(call)))
        _ = try await stage.failingUp(.shop(.app("web")))
        #expect(clock.now.offset == .zero)
    }

    @Test func whatNeverAppearsIsGivenUp() async throws {
        let (stage, clock) = try stage()
        stage.engine.setFaults(FaultSchedule(.timeout, at: 1, of: .call("create shop-web-1")))
        _ = try await stage.failingUp(.shop(.app("web")))
        #expect(clock.now.offset >= Rollback.latePatience)
        #expect(clock.now.offset < Rollback.latePatience + .seconds(1))
    }

    /// The command died before the answer, and the next one looks before the engine is done.
    @Test func aRecoveryWaitsToo() async throws {
        let (stage, _) = try stage()
        let before = stage.snapshot
        let plan = try await stage.plan(.shop(.app("web")))
        stage.engine.setFaults(
            FaultSchedule(.lateEffect, at: 1, of: .call("create shop-web-1"))
                .adding(.crash, at: 1, of: .call("list containers")))
        _ = await #expect(throws: ApplyFailure.self) { try await stage.executor().apply(plan, command: "up") }
        stage.engine.revive()
        #expect(try await stage.executor().recover().flatMap(\.leftovers) == [])
        await stage.lookOnAndOn()
        #expect(before.difference(to: stage.snapshot) == "")
    }

    @Test func aStartThatComesLateIsStopped() async throws {
        let (stage, clock) = try stage()
        try await stage.up(.shop(.app("web")))
        try await stage.engine.stopContainer("shop-web-1", timeout: nil)
        stage.engine.setFaults(FaultSchedule(.lateEffect, at: 1, of: .call("start shop-web-1")))
        await #expect(throws: ApplyFailure.self) { try await stage.up(.shop(.app("web"))) }
        await stage.lookOnAndOn()
        #expect(try await stage.container("shop-web-1").state == .exited)
        #expect(clock.now.offset < .seconds(1))
    }

    @Test func aStartInForceIsStoppedAtOnce() async throws {
        let (stage, clock) = try stage()
        try await stage.up(.shop(.app("web")))
        try await stage.engine.stopContainer("shop-web-1", timeout: nil)
        stage.engine.setFaults(FaultSchedule(.droppedConnection, at: 1, of: .call("start shop-web-1")))
        await #expect(throws: ApplyFailure.self) { try await stage.up(.shop(.app("web"))) }
        #expect(try await stage.container("shop-web-1").state == .exited)
        #expect(clock.now.offset == .zero)
    }

    /// A start is no answer to a stop that the engine is still at: it has to be over first.
    @Test func aStopThatComesLateDoesNotStopForGood() async throws {
        let (stage, _) = try stage()
        try await stage.up(.shop(.app("web")))
        let old = try await stage.container("shop-web-1").id
        stage.engine.setFaults(FaultSchedule(.lateEffect, at: 1, of: .call("stop shop-web-1")))
        _ = try await stage.failingUp(RollbackTests.changed)
        #expect(try await stage.container("shop-web-1").id == old)
        #expect(try await stage.container("shop-web-1").state == .running)
    }
}
