import ComposeExecutor
import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting
import Testing

/// A volume that is made anew is tried before the old one goes.
@Suite struct VolumeTrialTests {
    private static func project(tier: String) -> Project {
        var project = Project.shop(.app("db") { $0.volumes = [Mount(.volume, source: "data", target: "/data")] })
        project.volumes["data"] = Volume(key: "data", name: "shop_data")
        project.volumes["data"]?.labels = ["tier": tier]
        return project
    }

    private static let agreed: UpOptions = {
        var options = UpOptions()
        options.assumesYes = true
        return options
    }()

    private static func trial(_ plan: Plan) throws -> String {
        try #require(
            plan.prepare.compactMap { operation in
                if case .tryVolume(_, let name) = operation.action { name } else { nil }
            }.first)
    }

    @Test func whatTheEngineRefusesIsKnownBeforeAnythingStops() async throws {
        let stage = try Stage()
        try await stage.up(Self.project(tier: "one"))
        let wanted = Self.project(tier: "two")
        let trial = try Self.trial(try await stage.plan(wanted, Self.agreed))
        stage.engine.setFaults(FaultSchedule(.error, at: 1, of: .call("create volume \(trial)")))
        stage.engine.forgetCalls()
        let failure = try await stage.failingUp(wanted, Self.agreed)
        #expect(failure.reason.hasPrefix("Could not try the new volume shop_data: "))
        #expect(stage.changes == ["create volume \(trial)"])
    }

    @Test func aTrialLeavesNothing() async throws {
        let stage = try Stage()
        try await stage.up(Self.project(tier: "one"))
        try await stage.up(Self.project(tier: "two"), Self.agreed)
        #expect(try await stage.engine.volumes(matching: ObjectFilter()) == [])
        try await stage.up(Self.project(tier: "two"))
        #expect(try await stage.engine.volume("shop_data").labels["tier"] == "two")
    }

    @Test func aVolumeOfThatNameIsNotTouched() async throws {
        let stage = try Stage()
        try await stage.up(Self.project(tier: "one"))
        let wanted = Self.project(tier: "two")
        let trial = try Self.trial(try await stage.plan(wanted, Self.agreed))
        _ = try await stage.engine.createVolume(VolumeSpec(name: trial))
        let failure = try await stage.failingUp(wanted, Self.agreed)
        #expect(failure.reason.contains("there already"))
    }
}
