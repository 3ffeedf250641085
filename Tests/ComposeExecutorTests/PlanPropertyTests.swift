import ComposeExecutor
import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting
import Testing

/// What holds of every change, whatever it is.
@Suite struct PlanPropertyTests {
    @Test(arguments: Scenario.all) func theSameStateGivesTheSamePlan(scenario: Scenario) async throws {
        let stage = try await scenario.stage()
        let plan = try await stage.plan(scenario.wanted, scenario.options)
        #expect(try await stage.plan(scenario.wanted, scenario.options) == plan)
    }

    @Test(arguments: Scenario.all.filter { !$0.leavesSomethingToDo }) func whatWasAppliedLeavesNothingToDo(
        scenario: Scenario
    ) async throws {
        let stage = try await scenario.stage()
        try await PlanPropertyTests.complete(scenario, on: stage)
        var options = scenario.options
        // These ask for something each time.
        (options.renewsVolumes, options.wait) = (false, false)
        if options.recreate == .always { options.recreate = .diverged }
        let plan = try await stage.plan(scenario.wanted, options)
        let rest = (plan.prepare + plan.finish).filter { !PlanPropertyTests.isUnawaitedJob($0, scenario.wanted) }
        #expect(rest == [], "\(plan)")
    }

    /// A volume that was renamed keeps its data under the old name too.
    @Test(
        arguments: Scenario.all.filter { !$0.earlier.isEmpty && $0.description != Scenario.volumeRenamed.description })
    func thereAndBackChangesNothing(scenario: Scenario) async throws {
        let stage = try Stage()
        for project in scenario.earlier { try await stage.up(project) }
        let before = stage.snapshot.shape
        try await PlanPropertyTests.complete(scenario, on: stage)
        var back = UpOptions()
        back.removeOrphans = true
        try await stage.up(try #require(scenario.earlier.last), back)
        #expect(stage.snapshot.shape == before)
    }

    @Test(arguments: Scenario.all) func whatIsOthersIsNotTouched(scenario: Scenario) async throws {
        let stage = try await scenario.stage()
        var network = NetworkSpec(name: "shop_other")
        network.labels[ComposeLabels.project] = "other"
        let other = try await stage.engine.createNetwork(network)
        _ = try await stage.engine.createVolume(VolumeSpec(name: "shop_others"))
        var spec = ContainerSpec(image: "app")
        spec.labels = [ComposeLabels.project: "other", ComposeLabels.service: "web", ComposeLabels.configHash: "1"]
        spec.networks = [NetworkAttachment(network: "shop_other")]
        spec.binds = ["shop_others:/data"]
        let guest = try await stage.engine.createContainer(spec, name: "other-web-1")
        try await stage.engine.startContainer(guest)
        let container = try await stage.engine.container(guest)
        try await PlanPropertyTests.complete(scenario, on: stage)
        let down = DownPlanner.down(
            "shop", project: nil, observed: try await Observer(engine: stage.engine).observe(project: "shop"))
        #expect(await stage.executor().carryOut(down) == [])
        #expect(try await stage.engine.container(guest) == container)
        #expect(try await stage.engine.network(other).labels == network.labels)
        #expect(try await stage.engine.volume("shop_others").labels == [:])
        let left = stage.snapshot.containers.map(\.name)
        #expect(left == ["other-web-1"])
    }

    /// Whatever a `down` stumbles over, a second one leaves nothing.
    @Test(arguments: Scenario.all, [FaultSchedule.Fault.error, .droppedConnection, .lateEffect, .crash])
    func aSecondDownLeavesNothing(scenario: Scenario, fault: FaultSchedule.Fault) async throws {
        var number = 0
        var isStruck = true
        while isStruck {
            number += 1
            let stage = try await scenario.stage()
            stage.engine.forgetCalls()
            stage.engine.setFaults(FaultSchedule(fault, at: number))
            _ = await PlanPropertyTests.down(stage)
            isStruck = stage.engine.calls.count { $0.kind == .mutating } >= number
            stage.engine.revive()
            stage.engine.setFaults(.none)
            await stage.lookOnAndOn()
            #expect(await PlanPropertyTests.down(stage) == [], "\(fault) at \(number)")
            #expect(stage.snapshot.containers.isEmpty, "\(fault) at \(number)")
            #expect(stage.snapshot.networks.allSatisfy { $0.labels.isEmpty }, "\(fault) at \(number)")
            #expect(stage.snapshot.volumes.allSatisfy { $0.labels[ComposeLabels.project] == nil })
        }
    }

    private static func down(_ stage: Stage) async -> [Leftover] {
        guard let observed = try? await Observer(engine: stage.engine).observe(project: "shop") else { return [] }
        var options = DownOptions()
        options.removeVolumes = true
        return await stage.executor().carryOut(
            DownPlanner.down("shop", project: nil, observed: observed, options: options))
    }

    /// Brings up all that the scenario wants, by as many plans as it takes.
    private static func complete(_ scenario: Scenario, on stage: Stage) async throws {
        var isComplete = false
        while !isComplete {
            let plan = try await stage.plan(scenario.wanted, scenario.options)
            #expect(try await stage.executor().apply(plan, command: "up") == [])
            isComplete = !plan.isFirstOfTwo
        }
    }

    /// A job runs each time where nothing waits for its completion.
    private static func isUnawaitedJob(_ operation: ComposePlanner.Operation, _ project: Project) -> Bool {
        guard case .startContainer = operation.action, let service = operation.service else { return false }
        return project.services[service]?.image == "job"
            && !project.services.values.contains { $0.dependencies[service]?.condition == .completed }
    }
}
