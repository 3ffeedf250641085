import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import EngineTesting
import Synchronization
import Testing

@testable import ComposeExecutor

@Suite(.timeLimit(.minutes(5))) struct HookTests {
    private static func stack(version: String = "1") -> Project {
        .shop(
            .app("db") {
                $0.environment["VERSION"] = version
                $0.runs(.preStart, "migrate", "seed")
                $0.runs(.postStart, "warm", "index")
                $0.runs(.preStop, "drain")
            },
            .app("web") { $0.needs("db") })
    }

    /// What a container says and how its further processes end.
    private static func failing(_ command: String, code: Int = 3) -> ContainerBehavior {
        ContainerBehavior(
            output: ["serving"],
            execs: [[command]: ExecResult(exitCode: code, output: ["trying", OutputLine("no way", on: .stderr)])])
    }

    /// The calls that did something in containers or with them.
    private func calls(_ stage: Stage) -> [String] {
        stage.engine.calls.filter { $0.kind != .reading }.map(\.description)
            .filter { $0.hasPrefix("start") || $0.hasPrefix("stop") || $0.hasPrefix("exec") || $0.hasPrefix("remove") }
    }

    private func stop(_ stage: Stage) async throws -> [Leftover] {
        let observed = try await Observer(engine: stage.engine).observe(project: "shop")
        return await stage.executor().carryOut(DownPlanner.down("shop", project: nil, observed: observed))
    }

    // MARK: Order

    @Test func theyRunAroundTheStartAndBeforeTheStop() async throws {
        let stage = try Stage()
        #expect(try await stage.up(HookTests.stack()) == [])
        let made = calls(stage)
        #expect(
            made.prefix(6) == [
                "start shop-db-pre_start-1", "start shop-db-pre_start-2", "start shop-db-1", "exec shop-db-1 warm",
                "exec shop-db-1 index", "start shop-web-1",
            ])
        // Both at once.
        #expect(made.dropFirst(6).sorted() == ["remove shop-db-pre_start-1", "remove shop-db-pre_start-2"])
        stage.engine.forgetCalls()
        #expect(try await stop(stage) == [])
        #expect(
            calls(stage).filter { !$0.hasPrefix("remove") } == [
                "stop shop-web-1", "exec shop-db-1 drain", "stop shop-db-1",
            ])
    }

    @Test func aPreStartHookSeesTheVolumesOfTheFirstReplica() async throws {
        let stage = try Stage()
        var mounts: [[String?]] = []
        let project = Project.shop(
            .app("db") {
                $0.volumes = [Mount(.volume, target: "/data")]
                $0.runs(.preStart, "seed")
            })
        stage.engine.script(container: "shop-db-pre_start-1", ContainerBehavior(run: .exits(code: 1)))
        stage.engine.setFaults(FaultSchedule(.crash, at: 1, of: .call("start shop-db-pre_start-1")))
        _ = try? await stage.up(project)
        stage.engine.revive()
        for name in ["shop-db-1", "shop-db-pre_start-1"] {
            mounts.append(try await stage.container(name).mounts.map(\.name))
        }
        #expect(mounts[0].count == 1)
        #expect(mounts[0] == mounts[1])
    }

    // MARK: Failures of up

    @Test func aFailingPreStartHookIsReportedAndTakenBack() async throws {
        let stage = try Stage()
        stage.engine.script(
            container: "shop-db-pre_start-2", ContainerBehavior(run: .exits(code: 3), output: ["no schema"]))
        let failure = try await stage.failingUp(HookTests.stack())
        #expect(failure.reason == "shop-db-pre_start-2 exited with code 3")
        #expect(failure.container?.lastLines == ["no schema"])
        #expect(failure.hooksRan)
        #expect(!calls(stage).contains("start shop-db-1"))
    }

    @Test func aFailingPostStartHookIsReportedAndTakenBack() async throws {
        let stage = try Stage()
        stage.engine.script(service: "db", HookTests.failing("index"))
        stage.engine.script(container: "shop-db-pre_start-1", ContainerBehavior(run: .exits(code: 0)))
        stage.engine.script(container: "shop-db-pre_start-2", ContainerBehavior(run: .exits(code: 0)))
        let failure = try await stage.failingUp(HookTests.stack())
        #expect(failure.reason == "post_start hook 2 of shop-db-1 exited with code 3")
        #expect(failure.hookOutput == ["trying", "no way"])
        #expect(failure.container?.lastLines == ["serving"])
        #expect(!calls(stage).contains("start shop-web-1"))
    }

    @Test func aFailingPreStopHookStopsNothing() async throws {
        let stage = try Stage()
        try await stage.up(HookTests.stack())
        stage.engine.script(container: "shop-db-1", HookTests.failing("drain"))
        stage.engine.forgetCalls()
        let failure = try await stage.failingUp(HookTests.stack(version: "2"))
        #expect(failure.reason == "pre_stop hook 1 of shop-db-1 exited with code 3")
        #expect(!calls(stage).contains("stop shop-db-1"))
    }

    @Test func aHookThatDoesNotEndIsGivenUpAtTheDeadline() async throws {
        var stage = try Stage()
        stage.clock = TestClock(advancingWhenSleeping: 1)
        stage.limits.readinessDeadline = .seconds(90)
        stage.engine.script(
            service: "web",
            ContainerBehavior(execs: [["warm"]: ExecResult(output: ["still at it"], isEndless: true)]))
        let failure = try await stage.failingUp(.shop(.app("web") { $0.runs(.postStart, "warm") }))
        #expect(failure.reason == "post_start hook 1 of shop-web-1 did not end within 90 seconds")
    }

    @Test func givingUpEndsTheWaitForAHook() async throws {
        var stage = try Stage()
        let began = Gate()
        stage.observer = HookWatcher { began.open() }
        stage.engine.script(
            service: "web", ContainerBehavior(execs: [["warm"]: ExecResult(output: ["working"], isEndless: true)]))
        let before = stage.snapshot
        let task = stage.beginUp(.shop(.app("web") { $0.runs(.postStart, "warm") }))
        try await began.wait()
        task.cancel()
        let failure = await #expect(throws: ApplyFailure.self) { try await task.value }
        #expect(failure?.isCancelled == true)
        #expect(failure?.hooksRan == true)
        #expect(before.difference(to: stage.snapshot) == "")
    }

    // MARK: Taking back

    /// A change that fails when the old container has stopped.
    private func failAfterStop(_ stage: Stage) async throws -> ApplyFailure {
        stage.engine.setFaults(FaultSchedule(.error, at: 1, of: .call("start shop-db-pre_start-1")))
        let error = await #expect(throws: ApplyFailure.self) { try await stage.up(HookTests.stack(version: "2")) }
        return try #require(error)
    }

    @Test func whatStartsAgainRunsItsHooksAgain() async throws {
        let stage = try Stage()
        try await stage.up(HookTests.stack())
        stage.engine.forgetCalls()
        let failure = try await failAfterStop(stage)
        #expect(failure.leftovers == [])
        #expect(
            calls(stage).filter { !$0.hasPrefix("remove") } == [
                "exec shop-db-1 drain", "stop shop-db-1", "start shop-db-pre_start-1", "stop shop-db-pre_start-1",
                "start shop-db-1", "exec shop-db-1 warm", "exec shop-db-1 index",
            ])
    }

    @Test func thatTheyFailThenIsOnlyReported() async throws {
        let stage = try Stage()
        try await stage.up(HookTests.stack())
        stage.engine.script(container: "shop-db-1", HookTests.failing("warm"))
        let failure = try await failAfterStop(stage)
        #expect(failure.leftovers.map(\.what) == ["post_start hook 1 of shop-db-1"])
        #expect(failure.leftovers.map(\.output) == [["trying", "no way"]])
        #expect(try await stage.container("shop-db-1").state == .running)
        #expect(try await stage.journal.unfinished(in: Stage.scope) == [])
    }

    /// What did not stop has no new process.
    @Test func whatWasNotStoppedRunsNone() async throws {
        let stage = try Stage()
        try await stage.up(HookTests.stack())
        stage.engine.forgetCalls()
        stage.engine.setFaults(FaultSchedule(.error, at: 1, of: .call("stop shop-db-1")))
        _ = try await stage.failingUp(HookTests.stack(version: "2"))
        #expect(!calls(stage).contains("exec shop-db-1 warm"))
    }

    // MARK: Stopping

    @Test func aFailingPreStopHookKeepsItsContainerAndWhatItNeeds() async throws {
        let stage = try Stage()
        let project = Project.shop(
            .app("db"),
            .app("web") {
                $0.needs("db")
                $0.runs(.preStop, "drain", "flush")
            }, .app("other"))
        try await stage.up(project)
        stage.engine.script(container: "shop-web-1", HookTests.failing("drain"))
        let leftovers = try await stop(stage)
        let left = try await stage.engine.containers(matching: ObjectFilter())
        #expect(left.map(\.name).sorted() == ["shop-db-1", "shop-web-1"])
        #expect(left.allSatisfy { $0.state == .running })
        #expect(
            leftovers.first
                == Leftover(
                    what: "pre_stop hook 1 of shop-web-1",
                    reason: "exited with code 3, so the container goes on running. `docker stop shop-web-1` stops it "
                        + "without its hooks.", output: ["trying", "no way"]))
        #expect(
            Set(leftovers.dropFirst().map(\.what)) == [
                "run pre_stop hook 2 of shop-web-1", "stop container shop-web-1", "remove container shop-web-1",
                "stop container shop-db-1", "remove container shop-db-1", "remove network shop_default",
            ])
        #expect(
            leftovers.dropFirst().allSatisfy {
                $0.reason == "was not done, because pre_stop hook 1 of shop-web-1 failed"
            })
    }

    @Test func whatHasEndedMeanwhileNeedsNoHook() async throws {
        let stage = try Stage()
        try await stage.up(HookTests.stack())
        let observed = try await Observer(engine: stage.engine).observe(project: "shop")
        try await stage.engine.killContainer("shop-db-1", signal: "SIGKILL")
        let plan = DownPlanner.down("shop", project: nil, observed: observed)
        #expect(await stage.executor().carryOut(plan) == [])
    }

    /// The second Ctrl-C kills the containers while their hooks run.
    @Test func killingAContainerEndsItsHook() async throws {
        var stage = try Stage()
        try await stage.up(HookTests.stack())
        stage.engine.script(
            container: "shop-db-1",
            ContainerBehavior(execs: [["drain"]: ExecResult(output: ["working"], isEndless: true)]))
        let engine = stage.engine
        stage.observer = HookWatcher { try? await engine.killContainer("shop-db-1", signal: "SIGKILL") }
        #expect(try await stop(stage) == [])
    }

    // MARK: Output and secrets

    @Test func theirOutputComesInWholeLines() async throws {
        var stage = try Stage()
        let watcher = HookWatcher {}
        stage.observer = watcher
        stage.engine.script(
            service: "web",
            ContainerBehavior(
                execs: [["warm"]: ExecResult(output: ["one", OutputLine("two", on: .stderr), "three"])]))
        try await stage.up(.shop(.app("web") { $0.runs(.postStart, "warm") }))
        #expect(
            watcher.lines.withLock { $0 } == [
                "shop-web-1 stdout one", "shop-web-1 stderr two", "shop-web-1 stdout three",
            ])
    }

    @Test func nothingOfAHookIsStoredOrTold() async throws {
        let secret = "hunter2-CORRECT-horse"
        let folder = try TemporaryFile()
        var stage = try Stage(store: try StateStore(path: folder.path))
        let recorder = EventRecorder()
        stage.observer = recorder
        let project = Project.shop(
            .app("web") { service in
                for kind in Hook.Kind.allCases { service.runs(kind, secret) }
            })
        stage.engine.setFaults(FaultSchedule(.crash, at: 1, of: .call("exec shop-web-1 \(secret)")))
        await #expect(throws: ApplyFailure.self) { try await stage.up(project) }
        let stored = try folder.contents()
        #expect(stored.contains("post_start"))
        #expect(!stored.contains(secret))
        #expect(!recorder.events.joined().contains(secret))
    }
}

/// Keeps the lines of hooks, and does something at each.
private final class HookWatcher: ApplyObserver {
    let lines = Mutex<[String]>([])
    private let body: @Sendable () async -> Void

    init(_ body: @escaping @Sendable () async -> Void) { self.body = body }

    func report(_ event: ApplyEvent) {}
    func willStart(_ container: ContainerID, name: String, service: String) async {}

    func hookWrote(_ lines: [OutputFrame], in container: ContainerID, name: String, service: String) async {
        guard !lines.isEmpty else { return }
        self.lines.withLock {
            $0 += lines.map { "\(name) \($0.stream) \(String(decoding: $0.bytes, as: UTF8.self))" }
        }
        await body()
    }
}
