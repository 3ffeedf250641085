import ComposeExecutor
import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import EngineTesting
import Testing

@Suite struct ReleaseCommitTests {
    private func release(_ project: Project, _ plan: Plan, on stage: Stage) async throws -> Release {
        Release(
            of: project, plan, observed: try await Observer(engine: stage.engine).observe(project),
            options: UpOptions(),
            previous: nil, command: "up", time: "2026-01-31T10:00:00Z", salt: "0123456789abcdef")
    }

    @Test func aTransactionKeepsItsReleaseWithTheContainersThatItMade() async throws {
        let stage = try Stage()
        let project = Project.shop(.app("web"))
        let plan = try await stage.plan(project)
        _ = try await stage.executor().apply(
            plan, command: "up", releasing: try await release(project, plan, on: stage))
        let kept = try #require(try await stage.journal.lastRelease(in: Stage.scope))
        #expect(kept.number == 1)
        #expect(kept.containers.map(\.id) == [try await stage.container("shop-web-1").id.rawValue])
    }

    @Test func oneThatIsTakenBackKeepsNone() async throws {
        let stage = try Stage()
        let project = Project.shop(.app("web"))
        let plan = try await stage.plan(project)
        let release = try await release(project, plan, on: stage)
        stage.engine.setFaults(FaultSchedule(.error, at: 1, of: .call("start shop-web-1")))
        await #expect(throws: ApplyFailure.self) {
            try await stage.executor().apply(plan, command: "up", releasing: release)
        }
        #expect(try await stage.journal.lastRelease(in: Stage.scope) == nil)
    }
}
