import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import EngineTesting
import Synchronization
import Testing

@testable import ComposeExecutor

@Suite struct ExecutorTests {
    private static let check = HealthCheck(test: ["CMD", "check"])

    // MARK: Applying

    @Test func startsFollowTheConditions() async throws {
        let stage = try Stage()
        try await stage.up(Scenario.fresh.wanted)
        let changes = stage.changes
        #expect(
            changes.filter { $0.hasPrefix("start") } == ["start shop-db-1", "start shop-migrate-1", "start shop-web-1"])
        #expect(changes.count == 8)
        #expect(try await stage.journal.unfinished(in: Stage.scope) == [])
    }

    /// Nothing waits for a phase: what does not depend on the database is up while that is still starting.
    @Test func anIndependentServiceStartsWhileAnotherWaits() async throws {
        var stage = try Stage()
        let clock = TestClock()
        stage.clock = clock
        stage.engine.script(service: "db", ContainerBehavior(health: .manual))
        let project = Project.shop(
            .app("db") { $0.healthCheck = ExecutorTests.check }, .app("web") { $0.needs("db", .healthy) }, .app("zoo"))
        let done = stage.beginUp(project)
        try await clock.waitForSleepers(2)
        while try await stage.engine.containers(matching: ObjectFilter(names: ["zoo"])).first?.state != .running {
            await Task.yield()
        }
        #expect(try await stage.container("shop-web-1").state == .created)
        try stage.engine.setHealth(.healthy, of: "shop-db-1")
        #expect(try await done.value == [])
        #expect(try await stage.container("shop-web-1").state == .running)
    }

    @Test func anEmptyPlanChangesNothing() async throws {
        let stage = try Stage()
        let project = Project.shop(.app("web"))
        try await stage.up(project)
        stage.engine.forgetCalls()
        #expect(try await stage.plan(project).isEmpty)
        #expect(try await stage.up(project) == [])
        #expect(stage.changes == [])
    }

    @Test func aReplacementTakesItsPredecessorsName() async throws {
        let stage = try Stage()
        try await stage.up(.shop(.app("web")))
        let old = try await stage.container("shop-web-1")
        let recorder = EventRecorder()
        var observed = stage
        observed.observer = recorder
        try await observed.up(.shop(.app("web") { $0.environment = ["A": "1"] }))
        let new = try await stage.container("shop-web-1")
        #expect(new.id != old.id)
        #expect(new.state == .running)
        #expect(try await stage.engine.containers(matching: ObjectFilter()).count == 1)
        #expect(
            recorder.events.filter { !$0.hasPrefix("began") } == [
                "succeeded create container \(old.id.short)_shop-web-1", "succeeded stop container shop-web-1",
                "will start shop-web-1", "succeeded start container shop-web-1",
                "succeeded wait until shop-web-1 is up",
                "committed", "succeeded remove container shop-web-1",
                "succeeded rename the new container to shop-web-1",
            ])
    }

    /// The name under which it was made goes with the commit, so the namespace must be shared by identifier.
    @Test func aSharedNamespaceOutlivesTheReplacement() async throws {
        let stage = try await Scenario.replacement.stage()
        try await stage.up(Scenario.replacement.wanted)
        try await stage.engine.stopContainer("shop-sidecar-1", timeout: nil)
        try await stage.engine.startContainer("shop-sidecar-1")
        #expect(try await stage.container("shop-sidecar-1").state == .running)
        #expect(try await stage.plan(Scenario.replacement.wanted).isEmpty)
    }

    @Test func filesComeBeforeTheStart() async throws {
        let stage = try Stage()
        var project = Project.shop(.app("web") { $0.secrets = [FileMount(source: "token")] })
        project.secrets["token"] = FileResource(key: "token", name: "token", source: .content("t0ken"))
        try await stage.up(project)
        #expect(stage.changes.suffix(2) == ["upload shop-web-1 /", "start shop-web-1"])
        let archives = try stage.engine.receivedArchives(of: "shop-web-1")
        #expect(archives.first?.directory == "/")
        #expect(archives.first?.tar.starts(with: Array("run/secrets/token".utf8)) == true)
    }

    // MARK: Taking back

    @Test func theReplacedContainerRunsAgain() async throws {
        let stage = try Stage()
        try await stage.up(.shop(.app("web")))
        let old = try await stage.container("shop-web-1").id
        stage.engine.script(service: "web", ContainerBehavior(run: .exits(code: 1)))
        stage.engine.script(container: "shop-web-1", ContainerBehavior())
        let failure = try await stage.failingUp(.shop(.app("web") { $0.environment = ["A": "1"] }))
        #expect(failure.reason == "shop-web-1 exited with code 1")
        let restored = try await stage.container("shop-web-1")
        #expect(restored.id == old)
        #expect(restored.state == .running)
    }

    @Test func aVolumeOfBeforeStaysAndOneOfTheRunGoes() async throws {
        let stage = try Stage()
        var project = Project.shop(
            .app("web") {
                $0.volumes = [
                    Mount(.volume, source: "old", target: "/old"), Mount(.volume, source: "new", target: "/new"),
                ]
            })
        project.volumes["old"] = Volume(key: "old", name: "shop_old")
        project.volumes["new"] = Volume(key: "new", name: "shop_new")
        var spec = VolumeSpec(name: "shop_old")
        spec.labels = [ComposeLabels.project: "shop"]
        _ = try await stage.engine.createVolume(spec)
        stage.engine.script(service: "web", ContainerBehavior(run: .failsToStart(message: "no such file")))
        let failure = try await stage.failingUp(project)
        #expect(failure.reason == "Could not start container shop-web-1: no such file.")
        #expect(try await stage.engine.volumes(matching: ObjectFilter()).map(\.name) == ["shop_old"])
    }

    @Test func aTakenPortComesWithAdvice() async throws {
        let stage = try Stage()
        stage.engine.occupyHostPort(8080)
        let failure = try await stage.failingUp(.shop(.app("web") { $0.ports = [Port(target: 80, published: "8080")] }))
        #expect(failure.reason.hasPrefix("Could not start container shop-web-1: driver failed"))
        #expect(failure.reason.contains("ss -ltnp"))
    }

    @Test func cancellingTakesBack() async throws {
        var stage = try Stage()
        let clock = TestClock()
        stage.clock = clock
        stage.engine.script(service: "db", ContainerBehavior(health: .manual))
        let project = Project.shop(
            .app("db") { $0.healthCheck = ExecutorTests.check }, .app("web") { $0.needs("db", .healthy) })
        let before = stage.snapshot
        let staged = stage
        let task = Task { try await staged.up(project) }
        try await clock.waitForSleepers(2)
        task.cancel()
        let failure = await #expect(throws: ApplyFailure.self) { try await task.value }
        #expect(failure?.isCancelled == true)
        #expect(failure?.container == nil)
        #expect(failure?.leftovers == [])
        #expect(before.difference(to: stage.snapshot) == "")
    }

    /// A task that nobody cancelled did not give up: whatever the engine says, it failed.
    @Test func aCancellationThatNobodyAskedForIsAFailure() async throws {
        let stage = try Stage()
        stage.engine.setFaults(FaultSchedule(.cancellation, at: 1, of: .call("create shop-web-1")))
        let failure = try await stage.failingUp(.shop(.app("web")))
        #expect(!failure.isCancelled)
        #expect(
            failure.reason
                == "Could not create container shop-web-1: the call was given up, though nobody asked for that.")
    }

    @Test func whoGaveUpBeforehandChangesNothing() async throws {
        let stage = try Stage()
        let plan = try await stage.plan(.shop(.app("web")))
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await stage.executor().apply(plan, command: "up")
        }
        let failure = await #expect(throws: ApplyFailure.self) { try await task.value }
        #expect(failure?.isCancelled == true)
        #expect(stage.changes == [])
        #expect(try await stage.journal.unfinished(in: Stage.scope) == [])
    }

    /// Between the last operation and the commit there is nothing left to give up.
    @Test func givingUpAtTheCommitIsTooLate() async throws {
        var stage = try Stage()
        let runner = Mutex<Task<[Leftover], any Error>?>(nil)
        stage.observer = Canceller(after: "start container shop-web-1") { runner.withLock { $0?.cancel() } }
        let staged = stage
        let plan = try await stage.plan(.shop(.app("web")))
        let task = runner.withLock { runner in
            let task = Task { try await staged.executor().apply(plan, command: "up") }
            runner = task
            return task
        }
        #expect(try await task.value == [])
        #expect(try await stage.container("shop-web-1").state == .running)
        #expect(try await stage.journal.unfinished(in: Stage.scope) == [])
    }

    /// Someone who attaches before the start may be slow, but giving up does not wait for it to be over.
    @Test func givingUpReachesWhoIsAskedBeforeAStart() async throws {
        var stage = try Stage()
        let asked = Gate()
        let never = Gate()
        stage.observer = EventRecorder { _ in
            asked.open()
            try? await never.wait()
        }
        let staged = stage
        let before = stage.snapshot
        let task = Task { try await staged.up(.shop(.app("web"))) }
        try await asked.wait()
        task.cancel()
        let failure = await #expect(throws: ApplyFailure.self) { try await task.value }
        #expect(failure?.isCancelled == true)
        #expect(!stage.changes.contains("start shop-web-1"))
        #expect(before.difference(to: stage.snapshot) == "")
    }

    // MARK: What cannot be taken back

    @Test func aLeftoverIsNamedAndTakenBackLater() async throws {
        let stage = try Stage()
        let before = stage.snapshot
        stage.engine.setFaults(
            FaultSchedule(.error, at: 1, of: .call("start shop-web-1"))
                .adding(.error, at: 1, of: .call("remove shop-web-1")))
        let failure = await #expect(throws: ApplyFailure.self) { try await stage.up(.shop(.app("web"))) }
        // The network cannot go either way: nothing is attached to it.
        #expect(failure?.leftovers.map(\.what) == ["create container shop-web-1"])
        #expect(failure?.leftovers.first?.reason.contains("as scheduled") == true)
        #expect(try await stage.journal.unfinished(in: Stage.scope).count == 1)
        let recovered = try await stage.executor().recover()
        #expect(recovered.map(\.command) == ["up"])
        #expect(recovered.map(\.wasCommitted) == [false])
        #expect(recovered.flatMap(\.leftovers) == [])
        #expect(before.difference(to: stage.snapshot) == "")
    }

    @Test func whatSomeoneElseRemovedIsToldOnce() async throws {
        let stage = try Stage()
        try await stage.up(.shop(.app("web")))
        stage.engine.setFaults(FaultSchedule(.crash, at: 3))
        _ = await #expect(throws: ApplyFailure.self) {
            try await stage.up(.shop(.app("web") { $0.environment = ["A": "1"] }))
        }
        stage.engine.revive()
        try await stage.engine.removeContainer("shop-web-1", force: true, anonymousVolumes: false)
        let recovered = try await stage.executor().recover()
        #expect(recovered.flatMap(\.leftovers).map(\.what) == ["stop container shop-web-1"])
        #expect(try await stage.executor().recover().isEmpty)
        #expect(try await stage.engine.containers(matching: ObjectFilter()).isEmpty)
    }

    @Test func whatFailsAfterTheCommitIsTriedAgain() async throws {
        var stage = try Stage()
        try await stage.up(.shop(.app("web")))
        let clock = TestClock(advancingWhenSleeping: 1)
        let wanted = Project.shop(.app("web") { $0.environment = ["A": "1"] })
        let plan = try await stage.plan(wanted, ExecutorTests.stopped)
        stage.clock = clock
        stage.engine.setFaults(FaultSchedule(.error, at: 1, of: .call("remove shop-web-1")))
        #expect(try await stage.executor().apply(plan, command: "create") == [])
        #expect(clock.now.offset == Executor.finishRetryDelay)
        #expect(try await stage.plan(wanted, ExecutorTests.stopped).isEmpty)
        #expect(try await stage.journal.unfinished(in: Stage.scope) == [])
    }

    /// Made but not started, so that nothing is waited for.
    private static var stopped: UpOptions {
        var options = UpOptions()
        options.withoutStart = true
        return options
    }

    @Test func anInterruptedFinishIsFinished() async throws {
        let stage = try Stage()
        try await stage.up(.shop(.app("web")))
        let wanted = Project.shop(.app("web") { $0.environment = ["A": "1"] })
        stage.engine.setFaults(FaultSchedule(.crash, at: 1, of: .call("remove shop-web-1")))
        #expect(try await stage.up(wanted).map(\.what).first == "remove container shop-web-1")
        stage.engine.revive()
        let recovered = try await stage.executor().recover()
        #expect(recovered.map(\.wasCommitted) == [true])
        #expect(recovered.flatMap(\.leftovers) == [])
        #expect(try await stage.plan(wanted).isEmpty)
    }

    // MARK: Carrying out

    private static func stack() -> Project { .shop(.app("db"), .app("web") { $0.needs("db") }) }

    @Test func carryingOutGoesPastAFailure() async throws {
        let stage = try Stage()
        try await stage.up(ExecutorTests.stack())
        let observed = try await Observer(engine: stage.engine).observe(project: "shop")
        let plan = DownPlanner.down("shop", project: nil, observed: observed)
        stage.engine.setFaults(FaultSchedule(.error, at: 1, of: .call("remove shop-web-1")))
        let leftovers = await stage.executor().carryOut(plan)
        #expect(leftovers.map(\.what) == ["remove container shop-web-1"])
        stage.engine.setFaults(.none)
        // What is gone already is no failure.
        #expect(await stage.executor().carryOut(plan) == [])
        #expect(try await stage.engine.containers(matching: ObjectFilter()).isEmpty)
        #expect(try await stage.engine.networks(matching: ObjectFilter(names: ["shop"])).isEmpty)
    }

    @Test func stoppingGoesBackwards() async throws {
        let stage = try Stage()
        try await stage.up(ExecutorTests.stack())
        stage.engine.forgetCalls()
        let observed = try await Observer(engine: stage.engine).observe(project: "shop")
        #expect(await stage.executor().carryOut(DownPlanner.stop("shop", project: nil, observed: observed)) == [])
        #expect(stage.changes == ["stop shop-web-1", "stop shop-db-1"])
    }

    @Test func carryingOutIsGivenUpWithAWord() async throws {
        let stage = try Stage()
        try await stage.up(ExecutorTests.stack())
        stage.engine.forgetCalls()
        let observed = try await Observer(engine: stage.engine).observe(project: "shop")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await stage.executor().carryOut(DownPlanner.stop("shop", project: nil, observed: observed))
        }
        let leftovers = await task.value
        #expect(leftovers.map(\.what) == ["stop container shop-web-1", "stop container shop-db-1"])
        #expect(leftovers.allSatisfy { $0.reason == "was not done, because the command was interrupted" })
        #expect(stage.changes == [])
    }

    // MARK: Secrets

    @Test func nothingSecretIsStoredOrTold() async throws {
        let secret = "hunter2-CORRECT-horse"
        let folder = try TemporaryFile()
        var stage = try Stage(store: try StateStore(path: folder.path))
        let recorder = EventRecorder()
        stage.observer = recorder
        func project(_ value: String) -> Project {
            var project = Project.shop(
                .app("web") {
                    $0.environment = ["PASSWORD": value]
                    $0.secrets = [FileMount(source: "token")]
                })
            project.secrets["token"] = FileResource(key: "token", name: "token", source: .content(value))
            return project
        }
        try await stage.up(project("before"))
        stage.engine.setFaults(FaultSchedule(.error, at: 4).adding(.crash, at: 5))
        let failure = await #expect(throws: ApplyFailure.self) { try await stage.up(project(secret)) }
        #expect(try await stage.journal.unfinished(in: Stage.scope).count == 1)
        let stored = try folder.contents()
        #expect(stored.contains("shop-web-1"))
        #expect(!stored.contains(secret))
        #expect(!"\(String(describing: failure))".contains(secret))
        #expect(!recorder.events.joined().contains(secret))
    }
}

/// Gives up as soon as an operation has succeeded.
private struct Canceller: ApplyObserver {
    let description: String
    let cancel: @Sendable () -> Void

    init(after description: String, _ cancel: @escaping @Sendable () -> Void) {
        self.description = description
        self.cancel = cancel
    }

    func report(_ event: ApplyEvent) {
        if case .succeeded(let operation) = event, operation.action.description == description { cancel() }
    }
    func willStart(_ container: ContainerID, name: String, service: String) async {}
}
