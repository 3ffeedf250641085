import ComposeExecutor
import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting
import Testing

@testable import ComposeSupervisor

/// An attached `up` that keeps what it has started, on a clock that the test moves.
private final class KeptStage: Sendable {
    let stage: SupervisedStage
    let console = AttachedStage()
    let signals = AsyncStream.makeStream(of: Signal.self)
    var engine: InMemoryEngine { stage.engine }

    init(_ services: Service...) async throws { stage = try await SupervisedStage(services, isLasting: false) }

    /// Runs it to its end while `body` watches, when `apply` has ended or with it; the containers run before that.
    func run(
        _ options: AttachedRun.Options = AttachedRun.Options(),
        apply: (@Sendable () async throws -> Void)? = nil, _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> Foreground.End {
        let attached = AttachedRun(
            engine: engine, project: "shop", options: options, sink: console.sink,
            clock: TestClock(advancingWhenSleeping: 1), warn: { [stage] in stage.notes.say($0) })
        let foreground = Foreground(
            run: attached, keeping: AttachedRun.Keeping(stage.supervisor, reloads: stage.reloads.stream),
            stopper: stage.stopper, announce: { [stage] in stage.notes.say("\($0)") }, leave: { _ in })
        let ended = Task {
            try await foreground.run(signals: signals.stream, reportingTo: SilentObserver()) { _ in
                try await apply?()
                return []
            }
        }
        while stage.supervisor.containers.isEmpty || apply == nil && stage.supervisor.isComingUp, !Task.isCancelled {
            await Task.yield()
        }
        try await body()
        return try await ended.value
    }
}

@Suite(.timeLimit(.minutes(5))) struct KeptForegroundTests {
    @Test func lastsAcrossADelayedRestartAndGivesThePolicyBack() async throws {
        let kept = try await KeptStage(.app("web").restarting(delay: 5, attempts: 1))
        let stage = kept.stage
        let end = try await kept.run {
            let web = try await stage.id("web")
            await stage.waitFor("update shop-web-1 to restart no")
            try stage.engine.exit(web, code: 7)
            await stage.notes.waitFor("web-1 ended with code 7; it is started again in 5s.")
            await kept.console.waitFor("web-1 exited with code 7")
            await stage.pass { stage.count("start shop-web-1") == 2 }
            await stage.waitFor("web", .running)
            // Nor does the end of the last restart end it before its keeper has given it up.
            try stage.engine.exit(web, code: 8)
        }
        #expect(end.signal == nil && end.exitCode(from: nil) == 0)
        #expect(stage.notes.words.contains { $0.contains("1 restart has failed, which is the limit") })
        #expect(stage.count("start shop-web-1") == 2)
        #expect(stage.count("update shop-web-1 to restart on-failure") == 1)
    }

    @Test func aSignalDuringTheDelayEndsItAndStartsNothing() async throws {
        let kept = try await KeptStage(.app("web").restarting("any", delay: 5), .app("db"))
        let stage = kept.stage
        let end = try await kept.run {
            await stage.waitFor("update shop-web-1 to restart no")
            try stage.engine.exit(try await stage.id("web"), code: 7)
            await stage.notes.waitFor("web-1 ended with code 7; it is started again in 5s.")
            kept.signals.continuation.yield(.interrupt)
            // What ran before is none of its business, so it goes on.
            await stage.notes.waitFor("stopGracefully")
        }
        #expect(end.exitCode(from: nil) == 130)
        #expect(stage.count("start shop-web-1") == 1)
        #expect(stage.count("update shop-web-1 to restart always") == 1)
        #expect(await stage.state("db") == .running)
    }

    /// As with Docker Compose, whose `--abort-on-container-exit` does not wait for the engine's restarts either.
    @Test(arguments: [AttachedRun.Abort.firstExit, .firstFailure])
    func anEndThatIsToEndAllDoesSoThoughItWouldBeRestarted(_ abort: AttachedRun.Abort) async throws {
        let kept = try await KeptStage(.app("web").restarting("any", delay: 5))
        let stage = kept.stage
        var options = AttachedRun.Options()
        options.abort = abort
        let end = try await kept.run(options) {
            await stage.waitFor("update shop-web-1 to restart no")
            try stage.engine.exit(try await stage.id("web"), code: 7)
        }
        #expect(end.abortCause?.label == "web-1" && end.exitCode(from: nil) == 7)
        #expect(stage.count("start shop-web-1") == 1)
    }

    @Test func theUnhealthyIsRestartedAndItsOutputGoesOn() async throws {
        let kept = try await KeptStage(.app("web").onUnhealthy("restart"))
        let stage = kept.stage
        stage.engine.script(service: "web", ContainerBehavior(output: ["begun"]))
        _ = try await kept.run {
            let web = try await stage.id("web")
            try stage.engine.setHealth(.unhealthy, of: web)
            await stage.notes.waitFor("web-1 is unhealthy; it is restarted in 1s (attempt 1 of 5).")
            await stage.pass { stage.count("start shop-web-1") == 2 }
            await kept.console.waitFor("web-1  | begun")
            try stage.engine.exit(web, code: 0)
        }
    }

    /// Though the project is not up yet, and is its transaction's.
    @Test func whatFallsWhileTheProjectComesUpIsStartedAfterItsDelay() async throws {
        let kept = try await KeptStage(.app("web").restarting(delay: 5, attempts: 1))
        let stage = kept.stage
        let isUp = Gate()
        _ = try await kept.run(apply: { await isUp.wait() }) {
            let web = try await stage.id("web")
            await stage.waitFor("update shop-web-1 to restart no")
            try stage.engine.exit(web, code: 7)
            await stage.notes.waitFor("web-1 ended with code 7; it is started again in 5s.")
            #expect(stage.count("start shop-web-1") == 1)
            await stage.pass { stage.count("start shop-web-1") == 2 }
            await stage.waitFor("web", .running)
            isUp.open()
            try stage.engine.exit(web, code: 8)
        }
        #expect(stage.notes.words.contains { $0.contains("1 restart has failed, which is the limit") })
        #expect(stage.count("update shop-web-1 to restart on-failure") == 1)
    }

    @Test func whatDoesNotComeUpHasItsPoliciesAsBefore() async throws {
        struct NotUp: Error {}
        let kept = try await KeptStage(.app("web").restarting(delay: 5))
        let stage = kept.stage
        try await stage.engine.updateContainer(
            try await stage.id("web"), restartPolicy: RestartPolicySpec(name: "unless-stopped"))
        await #expect(throws: NotUp.self) { try await kept.run(apply: { throw NotUp() }) {} }
        #expect(try await stage.engine.container("shop-web-1").restartPolicy?.name == "unless-stopped")
    }

    @Test func whatIsRemovedIsGone() async throws {
        let kept = try await KeptStage(.app("web").restarting("any", delay: 5))
        let stage = kept.stage
        _ = try await kept.run {
            try await stage.engine.removeContainer(try await stage.id("web"), force: true, anonymousVolumes: true)
        }
        #expect(stage.count("create shop-web-1") == 1)
    }

    @Test func whatTheEngineTookWithItComesBackAndTheRunGoesOn() async throws {
        let kept = try await KeptStage(.app("web"), .app("db"))
        let stage = kept.stage
        _ = try await kept.run {
            let (web, db) = (try await stage.id("web"), try await stage.id("db"))
            // The engine stops what runs, and goes.
            for container in [web, db] { try await stage.engine.stopContainer(container, timeout: nil) }
            stage.engine.cutStreams()
            await stage.notes.waitFor { $0.hasPrefix("The connection to the engine broke") }
            await stage.pass { stage.count("start shop-web-1") == 2 && stage.count("start shop-db-1") == 2 }
            await stage.waitFor("web", .running)
            #expect(stage.notes.words.contains("The engine answers again."))
            for container in [web, db] { try stage.engine.exit(container, code: 0) }
        }
    }
}
