import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import EngineTesting
import Synchronization
import Testing

@testable import ComposeExecutor

/// What `update_config` and `rollback_config` do to containers.
@Suite struct UpdateTests {
    private static func web(
        _ version: String, replicas: Int = 2, rollback: Deployment.UpdateOrder? = nil,
        _ configure: (inout Deployment.UpdateOrder) -> Void
    ) -> Project {
        var update = Deployment.UpdateOrder()
        configure(&update)
        return .shop(
            .app("web") {
                $0.scale = replicas
                $0.environment["VERSION"] = version
                $0.healthCheck = HealthCheck(test: ["CMD", "check"])
                $0.deploy = Deployment()
                $0.deploy?.update = update
                $0.deploy?.rollback = rollback
            })
    }

    /// What is done, and where.
    private static func acts(_ recorder: EventRecorder) -> [String] {
        recorder.events.filter { $0.hasPrefix("succeeded") || $0.hasPrefix("undone") }
    }

    // MARK: Names

    /// Looks at every event at what the service is found as.
    private final class NameWatch: ApplyObserver {
        private let engine: InMemoryEngine
        private let found = Mutex<(sick: [String], fewest: Int, looks: Int)>(([], .max, 0))

        init(_ engine: InMemoryEngine) { self.engine = engine }

        /// The containers that had the service's name and were not healthy, the fewest that had it, and how often it looked.
        var result: (sick: [String], fewest: Int, looks: Int) { found.withLock { $0 } }

        func report(_ event: ApplyEvent) {
            let named = engine.snapshot().containers.filter { container in
                container.activity == "running" && container.aliases.values.joined().contains("web")
            }
            let sick = named.filter { (try? engine.health(of: $0.id)) != .healthy }.map { "\($0.name) at \(event)" }
            found.withLock { $0 = ($0.sick + sick, min($0.fewest, named.count), $0.looks + 1) }
        }

        func willStart(_ container: ContainerID, name: String, service: String) async {}
    }

    @Test(arguments: [Scenario.startFirst, .startFirstScaledUp, .afterAKeptFailure])
    func onlyWhatIsHealthyHasTheServicesName(scenario: Scenario) async throws {
        var stage = try await scenario.stage()
        let before = stage.snapshot.containers.count {
            $0.activity == "running" && $0.aliases.values.joined().contains("web")
        }
        let watch = NameWatch(stage.engine)
        stage.observer = watch
        try await stage.up(scenario.wanted)
        #expect(watch.result.looks > 10)
        #expect(watch.result.sick == [])
        #expect(watch.result.fewest >= before)
    }

    /// The connections were cut, and the engine may have cut them for good.
    @Test func aReplicaThatDoesNotSurviveItsNamesLetsTheOldOneServe() async throws {
        var stage = try Stage()
        stage.clock = TestClock()
        let project = { UpdateTests.web($0, replicas: 1) { $0.order = "start-first" } }
        try await stage.up(project("1"))
        let engine = stage.engine
        let old = try await stage.container("shop-web-1").id
        stage.observer = EventHook { event in
            guard case .succeeded(let operation) = event, case .announceContainer = operation.action else { return }
            for container in engine.snapshot().containers where container.id != old {
                try? engine.setHealth(.unhealthy, of: container.id)
            }
        }
        let failure = try await stage.failingUp(project("2"))
        #expect(failure.reason == "shop-web-1 is unhealthy")
        #expect(!stage.changes.contains("stop shop-web-1"))
    }

    @Test func anAttachmentThatIsThereIsNotMadeAgain() async throws {
        let stage = try await Scenario.startFirst.stage()
        let plan = try await stage.plan(Scenario.startFirst.wanted)
        // Twice the same: the second finds all names given.
        let announcement = try #require(
            plan.prepare.first { if case .announceContainer = $0.action { true } else { false } })
        let run = TransactionRun(executor: stage.executor(), id: nil, specs: plan.specs)
        for operation in plan.prepare.prefix(while: { $0.id <= announcement.id }) { try await run.perform(operation) }
        stage.engine.forgetCalls()
        try await run.perform(announcement)
        #expect(stage.changes == [])
    }

    // MARK: Time

    @Test func theNextBatchComesAfterTheDelayAndNoneAfterTheLast() async throws {
        var stage = try Stage()
        try await stage.up(UpdateTests.web("1") { _ in })
        let clock = TestClock(advancingWhenSleeping: 1)
        stage.clock = clock
        stage.limits.readinessDeadline = .seconds(7200)
        let recorder = EventRecorder()
        stage.observer = recorder
        stage.engine.script(service: "web", ContainerBehavior(health: .healthy(afterProbes: 0)))
        try await stage.up(UpdateTests.web("2") { $0.delay = ComposeDuration("1h") })
        #expect(clock.now.offset == .seconds(3600))
        let acts = UpdateTests.acts(recorder)
        let delay = try #require(acts.firstIndex(of: "succeeded wait 1h0m0s before more of web"))
        #expect(acts[..<delay].contains("succeeded wait until shop-web-1 is up"))
        #expect(acts[delay...].contains("succeeded stop container shop-web-2"))
    }

    @Test func aReplicaIsWatchedForAsLongAsSaid() async throws {
        var stage = try Stage()
        try await stage.up(UpdateTests.web("1", replicas: 1) { _ in })
        let clock = TestClock()
        stage.clock = clock
        stage.engine.script(service: "web", ContainerBehavior(health: .healthy(afterProbes: 0)))
        let done = stage.beginUp(UpdateTests.web("2", replicas: 1) { $0.monitor = ComposeDuration("1m") })
        // The watch and its deadline.
        try await clock.waitForSleepers(2)
        clock.advance(by: .seconds(59))
        #expect(clock.sleepers == 2)
        clock.advance(by: .seconds(1))
        #expect(try await done.value == [])
    }

    @Test(arguments: ["exits", "is unhealthy"]) func aReplicaThatFailsWhileWatchedIsTakenBack(how: String) async throws
    {
        var stage = try Stage()
        try await stage.up(UpdateTests.web("1", replicas: 1) { _ in })
        let before = stage.snapshot
        let clock = TestClock()
        stage.clock = clock
        stage.engine.script(service: "web", ContainerBehavior(health: .healthy(afterProbes: 0)))
        let done = stage.beginUp(UpdateTests.web("2", replicas: 1) { $0.monitor = ComposeDuration("1m") })
        try await clock.waitForSleepers(2)
        let new = try #require(stage.snapshot.containers.first { $0.activity == "running" }).id
        if how == "exits" {
            try stage.engine.exit(new, code: 0)
        } else {
            try stage.engine.setHealth(.unhealthy, of: new)
        }
        await #expect(throws: ApplyFailure.self) { try await done.value }
        #expect(before.difference(to: stage.snapshot) == "")
    }

    // MARK: Failures

    @Test func aToleratedFailureLeavesTheReplicaAsItWas() async throws {
        var stage = try await Scenario.tolerated.stage()
        let old = try await stage.container("shop-web-2").id
        let recorder = EventRecorder()
        stage.observer = recorder
        let plan = try await stage.plan(Scenario.tolerated.wanted)
        let release = Release(
            of: Scenario.tolerated.wanted, plan, observed: ObservedState(), options: UpOptions(), previous: nil,
            command: "up", time: "", salt: "")
        #expect(try await stage.executor().apply(plan, command: "up", releasing: release) == [])
        #expect(try await stage.container("shop-web-2").id == old)
        #expect(try await stage.container("shop-web-2").state == .running)
        #expect(
            recorder.events.contains(
                "shop-web-2 was not updated: shop-web-2 is unhealthy. It runs as before. `gantry report` shows more."))
        #expect(stage.snapshot.containers.count == 3)
        let kept = try await stage.executor().lastRelease()?.containers.first { $0.name == "shop-web-2" }
        #expect(kept?.id == old.rawValue)
    }

    @Test func oneFailureMoreIsThatOfAll() async throws {
        let stage = try Stage()
        let project = { UpdateTests.web($0, replicas: 3) { $0.maximumFailureRatio = 0.4 } }
        try await stage.up(project("1"))
        stage.engine.script(service: "web", ContainerBehavior(health: .unhealthy(afterProbes: 0)))
        _ = try await stage.failingUp(project("2"))
    }

    @Test func whereFailuresAreNoReasonToStopAllAreTriedAndOneHasToWork() async throws {
        var stage = try Stage()
        let project = { UpdateTests.web($0, replicas: 3) { $0.failureAction = "continue" } }
        try await stage.up(project("1"))
        stage.engine.script(service: "web", ContainerBehavior(run: .failsToStart(message: "no such file")))
        // The old ones start again by what they are.
        for name in ["shop-web-1", "shop-web-2", "shop-web-3"] {
            stage.engine.script(container: name, ContainerBehavior())
        }
        let recorder = EventRecorder()
        stage.observer = recorder
        let failure = try await stage.failingUp(project("2"))
        #expect(failure.reason.contains("shop-web-3"))
        for name in ["shop-web-1", "shop-web-2"] {
            #expect(recorder.events.contains { $0.hasPrefix("\(name) was not updated: ") })
        }
    }

    @Test func aReplicaThatCouldNotBeAddedIsToleratedLikeOneThatWasReplaced() async throws {
        var stage = try Stage()
        let project = { (version: String, count: Int) in
            UpdateTests.web(version, replicas: count) {
                $0.order = "start-first"
                $0.failureAction = "continue"
            }
        }
        try await stage.up(project("1", 1))
        stage.engine.script(container: "shop-web-2", ContainerBehavior(health: .unhealthy(afterProbes: 0)))
        let recorder = EventRecorder()
        stage.observer = recorder
        #expect(try await stage.up(project("2", 2)) == [])
        #expect(stage.snapshot.containers.map(\.name) == ["shop-web-1"])
        #expect(
            recorder.events.contains { $0.hasPrefix("shop-web-2 was not added: shop-web-2 is unhealthy. It is gone") })
        #expect(!(try await stage.plan(project("2", 2))).isEmpty)
    }

    @Test(arguments: [true, false]) func whatIsToStayStays(isAskedFor: Bool) async throws {
        let stage = try Stage()
        let project = { UpdateTests.web($0, replicas: 1) { $0.failureAction = isAskedFor ? nil : "pause" } }
        try await stage.up(project("1"))
        stage.engine.script(service: "web", ContainerBehavior(health: .unhealthy(afterProbes: 0)))
        var options = UpOptions()
        options.keepsFailures = isAskedFor
        let failure = try #require(
            await #expect(throws: ApplyFailure.self) { try await stage.up(project("2"), options) })
        #expect(failure.isKept && failure.leftovers == [])
        #expect(stage.snapshot.containers.map(\.activity).sorted() == ["running", "stopped"])
        // Nothing takes it back unasked, and the next attempt clears it away.
        #expect(try await stage.executor().recover().isEmpty)
        #expect(stage.snapshot.containers.count == 2)
        #expect(try await stage.executor().lastReport()?.undone == [])
        stage.engine.script(service: "web", nil)
        try await stage.up(project("2"))
        #expect(stage.snapshot.containers.map(\.name) == ["shop-web-1"])
        #expect(try await stage.plan(project("2")).isEmpty)
    }

    /// What of it was updated stays, and what was not is updated start-first.
    @Test func afterAKeptFailureTheRestIsUpdated() async throws {
        let stage = try await Scenario.afterAKeptFailure.stage()
        let first = try await stage.container("shop-web-1")
        let updated = try #require(
            stage.snapshot.containers.first { $0.name == "\(first.id.short)_shop-web-1" && $0.activity == "running" })
        stage.engine.forgetCalls()
        try await stage.up(Scenario.afterAKeptFailure.wanted)
        #expect(try await stage.container("shop-web-1").id == updated.id)
        let changes = stage.changes
        let start = try #require(changes.firstIndex { $0.hasPrefix("start ") && $0.hasSuffix("_shop-web-2") })
        #expect(try #require(changes.firstIndex(of: "stop shop-web-2")) > start)
        #expect(stage.snapshot.containers.map(\.name) == ["shop-proxy-1", "shop-web-1", "shop-web-2"])
    }

    @Test func whatStayedIsBroughtBackWhenAsked() async throws {
        let stage = try Stage()
        let project = { UpdateTests.web($0, replicas: 1) { $0.failureAction = "pause" } }
        try await stage.up(project("1"))
        let before = stage.snapshot
        stage.engine.script(service: "web", ContainerBehavior(health: .unhealthy(afterProbes: 0)))
        await #expect(throws: ApplyFailure.self) { try await stage.up(project("2")) }
        stage.engine.script(service: "web", nil)
        #expect(try await stage.executor().apply(try await stage.executor().planRecovery(), command: "recover") == [])
        #expect(before.difference(to: stage.snapshot) == "")
    }

    // MARK: Taking back

    /// The last of three replicas fails.
    private func takenBack(
        rollback: Deployment.UpdateOrder?, clock: any Clock<Duration> = PatientClock(),
        _ configure: @escaping (inout Deployment.UpdateOrder) -> Void
    ) async throws -> [String] {
        var stage = try Stage()
        let project = { (version: String) in UpdateTests.web(version, replicas: 3, rollback: rollback, configure) }
        try await stage.up(project("1"))
        stage.engine.tick()
        let old = try await stage.container("shop-web-3").id
        stage.engine.script(service: "web", ContainerBehavior(health: .healthy(afterProbes: 0)))
        stage.engine.script(container: "\(old.short)_shop-web-3", ContainerBehavior(health: .unhealthy(afterProbes: 0)))
        stage.clock = clock
        let recorder = EventRecorder()
        stage.observer = recorder
        _ = try await stage.failingUp(project("2"))
        return recorder.events.filter { $0.hasPrefix("undone st") }.map { String($0.dropFirst("undone ".count)) }
    }

    @Test func replicasAreTakenBackInTurn() async throws {
        var rollback = Deployment.UpdateOrder()
        rollback.order = "start-first"
        rollback.delay = ComposeDuration("1m")
        let clock = TestClock(advancingWhenSleeping: 1)
        let acts = try await takenBack(rollback: rollback, clock: clock) { _ in }
        // What stops the old one is undone by a start, and the other way round.
        #expect(acts == [3, 2, 1].flatMap { ["stop container shop-web-\($0)", "start container shop-web-\($0)"] })
        #expect(clock.now.offset == .seconds(120))
    }

    @Test func stopFirstTakesEachNewOneAwayBeforeItsPredecessorStarts() async throws {
        let acts = try await takenBack(rollback: Deployment.UpdateOrder()) { $0.order = "start-first" }
        #expect(
            acts == ["start container shop-web-3"]
                + [2, 1].flatMap { ["start container shop-web-\($0)", "stop container shop-web-\($0)"] })
    }

    @Test func aStartFirstUpdateIsTakenBackStartFirst() async throws {
        let acts = try await takenBack(rollback: nil) { $0.order = "start-first" }
        for number in [1, 2] {
            let old = try #require(acts.firstIndex(of: "stop container shop-web-\(number)"))
            #expect(acts[old...].contains("start container shop-web-\(number)"))
        }
        #expect(!acts.contains("stop container shop-web-3"))
    }

    /// The one that was stopped starts again beside its replacement, which serves meanwhile.
    @Test func whatStartsAgainStartFirstHasNoNamesBeforeItIsHealthy() async throws {
        let stage = try Stage()
        let project = { UpdateTests.web($0) { $0.order = "start-first" } }
        try await stage.up(project("1"))
        stage.engine.tick()
        let failing = "\(try await stage.container("shop-web-2").id.short)_shop-web-2"
        stage.engine.script(container: failing, ContainerBehavior(health: .unhealthy(afterProbes: 0)))
        stage.engine.forgetCalls()
        _ = try await stage.failingUp(project("2"))
        let calls = stage.engine.calls.filter { $0.kind != .reading }.map(\.description)
            .filter { $0.split(separator: " ").contains("shop-web-1") }
        #expect(
            calls == [
                "stop shop-web-1", "disconnect shop-web-1 from shop_default", "connect shop-web-1 to shop_default",
                "start shop-web-1", "prepare exec shop-web-1 check", "exec shop-web-1 check",
                "disconnect shop-web-1 from shop_default", "connect shop-web-1 to shop_default",
            ])
    }
}

/// Is told of everything, at once.
private struct EventHook: ApplyObserver {
    let body: @Sendable (ApplyEvent) -> Void
    func report(_ event: ApplyEvent) { body(event) }
    func willStart(_ container: ContainerID, name: String, service: String) async {}
}

extension Executor {
    fileprivate func lastReport() async throws -> FailureReport? { try await journal.reports(in: scope).first }
}
