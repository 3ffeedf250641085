import ComposeExecutor
import ComposeLogs
import ComposePlanner
import EngineAPI
import EngineTesting
import Synchronization
import Testing

@testable import ComposeSupervisor

@Suite(.timeLimit(.minutes(5))) struct AttachedRunTests {
    private let stage = AttachedStage()
    private var engine: InMemoryEngine { stage.engine }

    @Test func missesNothingOfAContainerThatIsOverAtOnce() async throws {
        engine.script(service: "job", ContainerBehavior(run: .exits(code: 3), output: ["one", "two"]))
        let end = try await stage.run { observer in _ = try await stage.up("job", observer) }
        #expect(await stage.shown == ["job-1  | one", "job-1  | two", "job-1 exited with code 3"])
        #expect(end.exits.map(\.code) == [3])
    }

    @Test func lastsUntilAllHaveEnded() async throws {
        engine.script(service: "web", ContainerBehavior(output: ["hello"]))
        let ids = Mutex<[ContainerID]>([])
        async let end = stage.run { observer in
            let both = [try await stage.up("web", observer), try await stage.up("db", observer)]
            ids.withLock { $0 = both }
        }
        await stage.waitFor("web-1  | hello")
        while ids.withLock(\.isEmpty), !Task.isCancelled { await Task.yield() }
        let (web, db) = ids.withLock { ($0[0], $0[1]) }
        try engine.exit(web, code: 0)
        await stage.waitFor("web-1 exited with code 0")
        try engine.emit("still here\n", from: db)
        await stage.waitFor("db-1   | still here")
        try engine.exit(db, code: 1)
        #expect(try await end.exits.map { "\($0.label) \($0.code ?? -1)" } == ["web-1 0", "db-1 1"])
        #expect(await stage.shown.last == "db-1 exited with code 1")
    }

    @Test func showsRunningContainersFromHereOn() async throws {
        let web = try await stage.up("web", SilentObserver())
        try engine.emit("old\n", from: web)
        async let end = stage.run { _ in try engine.emit("new\n", from: web) }
        await stage.waitFor("web-1  | new")
        try engine.exit(web, code: 0)
        #expect(try await end.exits.count == 1)
        #expect(await stage.shown == ["web-1  | new", "web-1 exited with code 0"])
    }

    @Test func goesOnWhenTheEngineRestartsAContainer() async throws {
        engine.script(service: "web", ContainerBehavior(output: ["start"]))
        let web = Mutex<ContainerID?>(nil)
        async let end = stage.run { observer in
            let id = try await stage.up("web", observer) { spec in
                spec.restartPolicy = RestartPolicySpec(name: "on-failure")
            }
            web.withLock { $0 = id }
        }
        while web.withLock({ $0 == nil }), !Task.isCancelled { await Task.yield() }
        let id = try #require(web.withLock { $0 })
        try engine.exit(id, code: 1)
        await stage.waitFor("web-1  | start", times: 2)
        try engine.emit("after\n", from: id)
        await stage.waitFor("web-1  | after")
        try engine.exit(id, code: 0)
        #expect(try await end.exits.map(\.code) == [0])
        #expect(
            await stage.shown == [
                "web-1  | start", "web-1 exited with code 1 (restarting)", "web-1  | start", "web-1  | after",
                "web-1 exited with code 0",
            ])
    }

    @Test func endsWhenAContainerIsStoppedThatIsAboutToBeRestarted() async throws {
        let web = Mutex<ContainerID?>(nil)
        async let end = stage.run { observer in
            let id = try await stage.up("web", observer) { spec in
                spec.restartPolicy = RestartPolicySpec(name: "always")
            }
            web.withLock { $0 = id }
        }
        while web.withLock({ $0 == nil }), !Task.isCancelled { await Task.yield() }
        let id = try #require(web.withLock { $0 })
        // The engine restarts it at once a few times; of those falls the run may see each, or the last alone.
        var falls = 0
        while try await engine.container(id).state != .restarting {
            try engine.exit(id, code: 2)
            falls += 1
        }
        try await engine.stopContainer(id, timeout: nil)
        let codes = try await end.exits.map(\.code)
        #expect(!codes.isEmpty && codes.count <= falls && codes.allSatisfy { $0 == 2 })
    }

    @Test func goesOnAcrossARestartFromOutside() async throws {
        let clock = TestClock()
        let stage = AttachedStage(clock: clock)
        let web = Mutex<ContainerID?>(nil)
        async let end = stage.run { observer in
            let id = try await stage.up("web", observer)
            web.withLock { $0 = id }
        }
        while web.withLock({ $0 == nil }), !Task.isCancelled { await Task.yield() }
        let id = try #require(web.withLock { $0 })
        try await stage.engine.stopContainer(id, timeout: nil)
        try await clock.waitForSleepers(1)
        try await stage.engine.startContainer(id)
        try stage.engine.emit("again\n", from: id)
        await stage.waitFor("web-1  | again")
        try stage.engine.exit(id, code: 0)
        let time = Task {
            while true {
                try await clock.waitForSleepers(1)
                clock.advance(by: Succession.grace)
            }
        }
        defer { time.cancel() }
        #expect(try await end.exits.map(\.code) == [143, 0])
        #expect(
            await stage.shown == ["web-1 exited with code 143", "web-1  | again", "web-1 exited with code 0"])
    }

    @Test func survivesBrokenConnectionsWithoutLossOrRepetition() async throws {
        let web = Mutex<ContainerID?>(nil)
        async let end = stage.run { observer in
            let id = try await stage.up("web", observer)
            web.withLock { $0 = id }
        }
        while web.withLock({ $0 == nil }), !Task.isCancelled { await Task.yield() }
        let id = try #require(web.withLock { $0 })
        for number in 0..<6 {
            try engine.emit("\(number)\n", from: id)
            await stage.waitFor("web-1  | \(number)")
            engine.cutStreams()
        }
        try engine.exit(id, code: 7)
        #expect(try await end.exits.map(\.code) == [7])
        #expect(await stage.shown == (0..<6).map { "web-1  | \($0)" } + ["web-1 exited with code 7"])
    }

    @Test func noticesAnEndThatNoEventToldOf() async throws {
        let web = Mutex<ContainerID?>(nil)
        async let end = stage.run { observer in
            let id = try await stage.up("web", observer)
            web.withLock { $0 = id }
        }
        while web.withLock({ $0 == nil }), !Task.isCancelled { await Task.yield() }
        let id = try #require(web.withLock { $0 })
        // The connection goes, and with it the news.
        engine.cutStreams()
        try engine.exit(id, code: 4)
        #expect(try await end.exits.map(\.code) == [4])
    }

    @Test func showsOnlyWhatIsAskedForAndLastsForThat() async throws {
        var options = AttachedRun.Options()
        options.shown = ["web"]
        engine.script(service: "web", ContainerBehavior(run: .exits(code: 0), output: ["w"]))
        engine.script(service: "db", ContainerBehavior(output: ["d"]))
        let end = try await stage.run(options) { observer in
            _ = try await stage.up("db", observer)
            _ = try await stage.up("web", observer)
        }
        #expect(await stage.shown == ["web-1  | w", "web-1 exited with code 0"])
        #expect(end.exits.map(\.service) == ["web"])
    }

    @Test(arguments: [(AttachedRun.Abort.firstExit, "quick-1"), (.firstFailure, "bad-1")])
    func abortsAtTheEndAskedFor(_ abort: AttachedRun.Abort, _ cause: String) async throws {
        engine.script(service: "quick", ContainerBehavior(run: .exits(code: 0)))
        engine.script(service: "bad", ContainerBehavior(run: .exits(code: 5)))
        var options = AttachedRun.Options()
        options.abort = abort
        let web = Mutex<ContainerID?>(nil)
        let log = Log()
        let end = try await stage.run(
            options,
            onAbort: { exit in
                log.say(exit.label)
                if let id = web.withLock({ $0 }) { try? await engine.stopContainer(id, timeout: nil) }
            }
        ) { observer in
            let id = try await stage.up("web", observer)
            web.withLock { $0 = id }
            _ = try await stage.up("quick", observer)
            _ = try await stage.up("bad", observer)
        }
        #expect(log.words == [cause])
        #expect(end.exits.map { $0.code ?? -1 } == [0, 5, 143])
        #expect(end.firstExit(of: "web")?.code == 143)
        #expect(end.firstExit(of: "none")?.code == 0)
    }

    @Test func throwsWhatApplyThrows() async throws {
        struct Failure: Error {}
        await #expect(throws: Failure.self) {
            _ = try await stage.run { observer in
                _ = try await stage.up("web", observer)
                throw Failure()
            }
        }
    }

    @Test func throwsWhereTheEngineCannotBeReached() async throws {
        engine.setFaults(FaultSchedule(.error, at: 1, of: .call("events")))
        await #expect(throws: EngineError.self) {
            _ = try await stage.run { _ in Issue.record("nothing is to be applied") }
        }
    }

    @Test func startsEvenWhereAttachingFails() async throws {
        engine.script(service: "job", ContainerBehavior(run: .exits(code: 0), output: ["lost"]))
        engine.setFaults(FaultSchedule(.error, at: 1, of: .call("attach shop-job-1")))
        let end = try await stage.run { observer in _ = try await stage.up("job", observer) }
        #expect(end.exits.map(\.code) == [0])
        #expect(stage.warnings.words.contains { $0.contains("output of job-1") })
    }

    @Test func endsWhenCancelled() async throws {
        let task = Task {
            try await stage.run { observer in _ = try await stage.up("web", observer) }
        }
        while !engine.calls.contains(where: { $0.description == "start shop-web-1" }), !Task.isCancelled {
            await Task.yield()
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
