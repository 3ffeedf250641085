import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting
import Testing

@testable import ComposeExecutor

@Suite struct ReadinessTests {
    // MARK: Decisions

    private func details(
        _ state: ContainerState, _ health: ContainerHealth = .none, code: Int = 0, failure: String = "",
        outOfMemory: Bool = false
    ) -> ContainerDetails {
        ContainerDetails(
            id: "c", name: "c", imageID: "i", state: state, exitCode: code, failure: failure, outOfMemory: outOfMemory,
            health: health)
    }

    private func decide(
        _ details: ContainerDetails, _ readiness: Readiness, settled: Bool = false, restarts: Int = 0
    ) -> ReadinessDecision {
        ReadinessDecision(details, for: readiness, hasSettled: settled, restarts: restarts)
    }

    @Test func aContainerThatRuns() {
        #expect(decide(details(.running, .healthy), .healthy) == .ready)
        #expect(decide(details(.running, .starting), .healthy) == .pending)
        #expect(decide(details(.running, .unhealthy), .healthy) == .failed("is unhealthy"))
        #expect(decide(details(.running, .unhealthy), .up) == .failed("is unhealthy"))
        #expect(decide(details(.running, .healthy), .completed) == .pending)
        #expect(decide(details(.running), .up) == .pending)
        #expect(decide(details(.running), .up, settled: true) == .ready)
        #expect(decide(details(.running, .starting), .up, settled: true) == .pending)
        guard case .failed(let reason) = decide(details(.running), .healthy) else {
            Issue.record("ready without a healthcheck")
            return
        }
        #expect(reason.hasPrefix("has no healthcheck"))
    }

    @Test func aContainerThatEnded() {
        #expect(decide(details(.exited), .completed) == .ready)
        #expect(decide(details(.exited), .up) == .ready)
        #expect(decide(details(.exited), .healthy) == .failed("exited with code 0 before it was healthy"))
        #expect(decide(details(.exited, code: 3), .completed) == .failed("exited with code 3"))
        #expect(
            decide(details(.exited, code: 137, outOfMemory: true), .up)
                == .failed("exited with code 137, because memory ran out"))
        #expect(
            decide(details(.exited, code: 128, failure: "no such file"), .up)
                == .failed("could not start: no such file"))
        #expect(decide(details(.paused), .up) == .failed("is paused"))
        #expect(decide(details(.created), .up, settled: true) == .pending)
    }

    @Test func aContainerThatRestarts() {
        #expect(decide(details(.restarting, .starting), .healthy, restarts: 1) == .pending)
        #expect(decide(details(.restarting), .completed, restarts: 1) == .pending)
        let looping = ReadinessDecision.failed("keeps exiting with code 1 (restarted 5 times)")
        #expect(decide(details(.restarting, .starting, code: 1), .healthy, restarts: 5) == looping)
        #expect(decide(details(.running, .starting, code: 1), .healthy, restarts: 5) == looping)
        // Without a healthcheck one restart within the settling time is enough.
        #expect(
            decide(details(.running, code: 1), .up, settled: true, restarts: 1)
                == .failed("keeps exiting with code 1 (restarted once)"))
    }

    /// One that a supervisor starts again after a while.
    @Test func aContainerThatIsStartedAgain() {
        func decide(_ code: Int, _ readiness: Readiness, restarts: Int = 0, always: Bool = false) -> ReadinessDecision {
            ReadinessDecision(
                details(.exited, code: code), for: readiness, hasSettled: false, restarts: restarts,
                restartedBy: RestartRule(always: always, delay: .seconds(1), attempts: 2))
        }
        #expect(decide(3, .healthy) == .pending && decide(3, .completed, restarts: 1) == .pending)
        #expect(decide(3, .healthy, restarts: 2) == .failed("keeps exiting with code 3 (restarted 2 times)"))
        #expect(decide(0, .completed, always: true) == .ready && decide(0, .healthy, always: true) == .pending)
        #expect(decide(0, .healthy) == .failed("exited with code 0 before it was healthy"))
        #expect(decide(3, .up) == .pending, "what is told to be started again is not a failure yet")
        #expect(decide(3, .up, restarts: 2) == .failed("keeps exiting with code 3 (restarted 2 times)"))
    }

    // MARK: Waiting

    private static let check = HealthCheck(test: ["CMD", "check"])

    /// `web` needs `db` healthy; the database behaves as said.
    private static func stack(_ stage: Stage, _ behavior: ContainerBehavior) -> Project {
        stage.engine.script(service: "db", behavior)
        return .shop(.app("db") { $0.healthCheck = check }, .app("web") { $0.needs("db", .healthy) })
    }

    /// No tick of the engine passes, so its own probes never run.
    @Test func theFirstSuccessIsFoundWithoutTheEnginesProbes() async throws {
        var stage = try Stage()
        // The deadline and the delay between two probes.
        let clock = TestClock(advancingWhenSleeping: 2)
        stage.clock = clock
        try await stage.up(ReadinessTests.stack(stage, ContainerBehavior(health: .healthy(afterProbes: 4))))
        #expect(try await stage.container("shop-web-1").state == .running)
        // 50 ms, then half as long again.
        #expect(clock.now.offset == .milliseconds(50) + .milliseconds(75) + .milliseconds(112.5))
    }

    /// What the engine finds out counts at once; the clock stands still.
    @Test func theEnginesWordIsHeardWithoutPolling() async throws {
        var stage = try Stage()
        let clock = TestClock()
        stage.clock = clock
        let project = ReadinessTests.stack(stage, ContainerBehavior(health: .manual))
        let done = stage.beginUp(project)
        try await clock.waitForSleepers(2)
        try stage.engine.setHealth(.healthy, of: "shop-db-1")
        #expect(try await done.value == [])
        #expect(clock.now.offset == .zero)
    }

    @Test func eventsLostWithTheConnectionAreMadeUpFor() async throws {
        var stage = try Stage()
        let clock = TestClock()
        stage.clock = clock
        let project = ReadinessTests.stack(stage, ContainerBehavior(health: .manual))
        let done = stage.beginUp(project)
        try await clock.waitForSleepers(2)
        stage.engine.cutStreams()
        try stage.engine.setHealth(.healthy, of: "shop-db-1")
        #expect(try await done.value == [])
    }

    @Test func theDeadlineEndsAWaitAndTellsWhatForAndWhatWasSaid() async throws {
        var stage = try Stage()
        stage.clock = TestClock(advancingWhenSleeping: 2)
        stage.limits.readinessDeadline = .seconds(30)
        let behavior = ContainerBehavior(health: .manual, output: ["recovering", "still recovering"])
        let failure = try await stage.failingUp(ReadinessTests.stack(stage, behavior))
        #expect(failure.reason == "shop-db-1 was not healthy within 30 seconds (web needs it healthy)")
        #expect(failure.operation?.action.description == "wait until shop-db-1 is healthy")
        #expect(failure.container?.lastLines == ["recovering", "still recovering"])
        #expect(failure.container?.probeOutput == "not ready\n")
        #expect(!failure.isCancelled)
    }

    /// The engine may not have run the healthcheck yet when the wait is given up.
    @Test func theDeadlineTellsWhatOurOwnProbesPrinted() async throws {
        var stage = try Stage()
        stage.clock = TestClock(advancingWhenSleeping: 2)
        stage.limits.readinessDeadline = .seconds(30)
        let behavior = ContainerBehavior(
            health: .manual, execs: [["check"]: ExecResult(exitCode: 1, output: ["no answer on 5432"])])
        let failure = try await stage.failingUp(ReadinessTests.stack(stage, behavior))
        #expect(failure.container?.probeOutput == "no answer on 5432\n")
    }

    @Test func theLastLinesAreThoseOfTheLastRun() async throws {
        let stage = try Stage()
        stage.engine.script(service: "web", ContainerBehavior(output: ["yesterday's"]))
        let project = Project.shop(.app("web"))
        try await stage.up(project)
        try await stage.engine.stopContainer("shop-web-1", timeout: nil)
        stage.engine.tick()
        stage.engine.script(service: "web", ContainerBehavior(run: .exits(code: 1), output: ["today's"]))
        let failure = try await stage.failingUp(project, ReadinessTests.lasting)
        #expect(failure.container?.lastLines == ["today's"])
    }

    /// What has a healthcheck is up when it is healthy, so that is what was missing.
    @Test func waitingForTheWholeProjectSaysWhatIsMissing() async throws {
        var stage = try Stage()
        stage.clock = TestClock(advancingWhenSleeping: 2)
        stage.limits.readinessDeadline = .seconds(30)
        stage.engine.script(service: "web", ContainerBehavior(health: .manual, output: ["loading"]))
        var options = UpOptions()
        options.wait = true
        let failure = try await stage.failingUp(.shop(.app("web") { $0.healthCheck = ReadinessTests.check }), options)
        #expect(failure.reason == "shop-web-1 was not healthy within 30 seconds (the command waits for it)")
        #expect(failure.container?.lastLines == ["loading"])
    }

    @Test func anUnhealthyDependencyFailsAtOnce() async throws {
        let stage = try Stage()
        let behavior = ContainerBehavior(health: .unhealthy(afterProbes: 2))
        let failure = try await stage.failingUp(ReadinessTests.stack(stage, behavior))
        #expect(failure.reason == "shop-db-1 is unhealthy")
        // The network, two containers, one start.
        #expect(failure.undone == 4)
    }

    @Test func aDependencyThatDiesIsReportedWithItsCode() async throws {
        let stage = try Stage()
        let behavior = ContainerBehavior(
            run: .exits(code: 3), output: ["starting", OutputLine("no such table", on: .stderr)])
        let failure = try await stage.failingUp(ReadinessTests.stack(stage, behavior))
        #expect(failure.reason == "shop-db-1 exited with code 3 before it was healthy")
        #expect(failure.container?.exitCode == 3)
        #expect(failure.container?.state == .exited)
        #expect(failure.container?.lastLines == ["starting", "no such table"])
    }

    @Test func aJobThatFailsTakesEverythingBack() async throws {
        let stage = try Stage()
        stage.engine.script(service: "job", ContainerBehavior(run: .exits(code: 1), output: ["duplicate key"]))
        let failure = try await stage.failingUp(
            .shop(.app("job"), .app("web") { $0.needs("job", .completed) }))
        #expect(failure.reason == "shop-job-1 exited with code 1")
        #expect(failure.container?.lastLines == ["duplicate key"])
    }

    @Test func anOptionalDependencyIsGivenUp() async throws {
        let stage = try Stage()
        stage.engine.script(service: "db", ContainerBehavior(health: .unhealthy(afterProbes: 1)))
        try await stage.up(
            .shop(
                .app("db") { $0.healthCheck = ReadinessTests.check },
                .app("web") { $0.dependencies["db"] = Dependency(.healthy, required: false) }))
        #expect(try await stage.container("shop-web-1").state == .running)
    }

    @Test func aServiceWithoutHealthcheckIsWatchedForAWhile() async throws {
        var stage = try Stage()
        let clock = TestClock(advancingWhenSleeping: 2)
        stage.clock = clock
        var options = UpOptions()
        options.wait = true
        try await stage.up(.shop(.app("web")), options)
        #expect(clock.now.offset == ReadinessWaiter.settlingTime)
    }

    // MARK: What nobody waits for

    private static let lasting = {
        var options = UpOptions()
        options.refusesEarlyExits = true
        return options
    }()

    @Test func aContainerThatDiesBeforeTheCommandEndsTakesEverythingBack() async throws {
        let stage = try Stage()
        stage.engine.script(service: "job", ContainerBehavior(run: .exits(code: 1), output: ["duplicate key"]))
        let failure = try await stage.failingUp(.shop(.app("job"), .app("web")), ReadinessTests.lasting)
        #expect(failure.reason == "shop-job-1 exited with code 1")
        #expect(failure.operation?.action.description == "start container shop-job-1")
        #expect(failure.container?.lastLines == ["duplicate key"])
    }

    /// A job that is done, and one that its dependents can do without.
    @Test func whatIsDoneOrDispensableIsNoFailure() async throws {
        let stage = try Stage()
        stage.engine.script(service: "done", ContainerBehavior(run: .exits(code: 0)))
        stage.engine.script(service: "spare", ContainerBehavior(run: .exits(code: 1)))
        let project = Project.shop(
            .app("done"), .app("spare"),
            .app("web") { $0.dependencies["spare"] = Dependency(.started, required: false) })
        try await stage.up(project, ReadinessTests.lasting)
        #expect(try await stage.container("shop-web-1").state == .running)
    }

    @Test func aCrashLoopThatNobodyWaitsForTakesEverythingBack() async throws {
        let stage = try Stage()
        stage.engine.script(service: "loop", ContainerBehavior(run: .exits(code: 3), output: ["boom"]))
        let project = Project.shop(.app("loop") { $0.restart = RestartPolicy(.always) }, .app("web"))
        let failure = try await stage.failingUp(project, ReadinessTests.lasting)
        #expect(failure.reason.hasPrefix("shop-loop-1 keeps exiting with code 3 (restarted "), "\(failure.reason)")
        #expect(failure.container?.lastLines.last == "boom")
    }

    /// What a container is like at the end of a command, and at a second look where that is needed.
    struct Early: Sendable, CustomTestStringConvertible {
        let what: String
        var state = ContainerState.running
        var health = ContainerHealth.none
        var code = 0
        var restarts = 0
        var earlier: Int?
        let decision: EarlyExitDecision

        var testDescription: String { what }
    }

    @Test(arguments: [
        Early(what: "one that runs", decision: .well),
        Early(what: "a job that is done", state: .exited, decision: .well),
        Early(what: "a job that is done at the second attempt", state: .exited, restarts: 1, decision: .well),
        Early(what: "one that has ended", state: .exited, code: 3, decision: .failed("exited with code 3")),
        Early(what: "one that falls", state: .restarting, code: 3, decision: .failed("keeps exiting with code 3")),
        Early(
            what: "one that falls again", state: .restarting, code: 3, restarts: 1,
            decision: .failed("keeps exiting with code 3 (restarted once)")),
        Early(what: "one that the engine starts for ever as it asks", state: .restarting, decision: .well),
        Early(what: "one that was restarted", restarts: 2, decision: .suspect),
        Early(what: "one that stays up after that", restarts: 2, earlier: 2, decision: .well),
        Early(
            what: "one that does not", restarts: 3, earlier: 2,
            decision: .failed("keeps exiting (restarted 3 times)")),
        Early(what: "one that is healthy after restarts", health: .healthy, restarts: 2, decision: .well),
        Early(what: "one that somebody paused", state: .paused, restarts: 2, decision: .well),
    ]) func whatFallsAgainAndAgainIsToldFromWhatComesUp(_ row: Early) {
        func details(_ restarts: Int) -> ContainerDetails {
            var details = self.details(row.state, row.health, code: row.code)
            details.restartCount = restarts
            return details
        }
        #expect(EarlyExitDecision(details(row.restarts), after: row.earlier.map(details)) == row.decision)
    }

    @Test func lookingForTheDeadIsOneCallAndNoneWhereNothingIsStarted() async throws {
        let stage = try Stage()
        let project = Project.shop(.app("web"), .app("db"))
        try await stage.up(project, ReadinessTests.lasting)
        let lists = stage.engine.calls.filter { $0.description.hasPrefix("list containers") }
        #expect(lists.count == 2, "the first plans: \(lists)")
        let before = stage.engine.calls.count
        let plan = try await stage.plan(project, ReadinessTests.lasting)
        #expect(plan.isEmpty && plan.vitalStarts == [])
        #expect(stage.engine.calls[before...].filter { $0.description.hasPrefix("list containers") }.count == 1)
    }

    @Test func aContainerThatIsRemovedMeanwhileIsNoticed() async throws {
        var stage = try Stage()
        let clock = TestClock()
        stage.clock = clock
        let project = ReadinessTests.stack(stage, ContainerBehavior(health: .manual))
        let done = stage.beginUp(project)
        try await clock.waitForSleepers(2)
        try await stage.engine.removeContainer("shop-db-1", force: true, anonymousVolumes: true)
        let failure = await #expect(throws: ApplyFailure.self) { try await done.value }
        #expect(
            failure?.reason == "shop-db-1 was removed by someone else")
    }
}
