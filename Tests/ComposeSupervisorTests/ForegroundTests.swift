import ComposeExecutor
import ComposeLogs
import ComposePlanner
import ComposeState
import EngineAPI
import EngineTesting
import Glibc
import Testing

@testable import ComposeSupervisor

@Suite(.timeLimit(.minutes(5))) struct ForegroundTests {
    private let stage = AttachedStage()
    private let said = Log()
    private let signals = AsyncStream.makeStream(of: Signal.self)
    private var engine: InMemoryEngine { stage.engine }

    init() { Signals.ignoreBrokenPipes() }

    private func run(
        _ options: AttachedRun.Options = AttachedRun.Options(), on stage: AttachedStage? = nil,
        _ apply: @escaping @Sendable (any ApplyObserver) async throws -> Void
    ) async throws -> Foreground.End {
        let stage = stage ?? self.stage
        let attached = stage.attachedRun(options)
        let executor = Executor(
            engine: stage.engine, journal: Journal(try StateStore()),
            scope: JournalScope(engine: "memory", project: "shop"),
            observer: attached.observer(reportingTo: SilentObserver()))
        let foreground = Foreground(
            run: attached,
            stopper: RunStopper(engine: stage.engine, executor: executor, project: "shop", grace: nil),
            announce: { said.say("\($0)") }, leave: { said.say("left with \($0)") })
        return try await foreground.run(signals: signals.stream, reportingTo: SilentObserver()) { observer in
            try await apply(observer)
            return []
        }
    }

    private func states() async throws -> [String: ContainerState] {
        let containers = try await engine.containers(matching: ObjectFilter())
        return Dictionary(uniqueKeysWithValues: containers.map { ($0.name, $0.state) })
    }

    @Test func endsWithZeroWhenTheContainersEndByThemselves() async throws {
        engine.script(service: "job", ContainerBehavior(run: .exits(code: 3)))
        let end = try await run { _ = try await stage.up("job", $0) }
        #expect(end.signal == nil && end.exitCode(from: nil) == 0)
        #expect(said.words.isEmpty)
    }

    @Test func stopsWhatItStartedDependentsFirstAndNothingElse() async throws {
        _ = try await stage.up("before", SilentObserver())
        async let ended = run { observer in
            _ = try await stage.up("db", observer)
            _ = try await stage.up("web", needs: ["db"], observer)
            said.say("up")
        }
        await said.waitFor("up")
        signals.continuation.yield(.interrupt)
        let end = try await ended
        #expect(end.exitCode(from: nil) == 130)
        #expect(end.leftovers.isEmpty)
        #expect(try await states() == ["shop-before-1": .running, "shop-db-1": .exited, "shop-web-1": .exited])
        let stops = engine.calls.map(\.description).filter { $0.hasPrefix("stop") }
        #expect(stops == ["stop shop-web-1", "stop shop-db-1"])
        #expect(await stage.shown.suffix(2) == ["web-1 exited with code 143", "db-1 exited with code 143"])
        #expect(said.words == ["up", "stopGracefully"])
    }

    @Test func runsTheHooksOfWhatItStopsAndShowsTheirOutput() async throws {
        engine.script(service: "web", ContainerBehavior(execs: [["drain"]: ExecResult(output: ["drained"])]))
        async let ended = run { observer in
            _ = try await stage.up("web", observer) { $0.labels[ComposeLabels.hooks] = ForegroundTests.drain }
            said.say("up")
        }
        await said.waitFor("up")
        signals.continuation.yield(.interrupt)
        #expect(try await ended.leftovers.isEmpty)
        let calls = engine.calls.map(\.description).filter { $0.hasPrefix("exec") || $0.hasPrefix("stop") }
        #expect(calls == ["exec shop-web-1 drain", "stop shop-web-1"])
        #expect(await stage.shown.contains("web-1 ->  | drained"))
    }

    private static let drain = #"{"pre_stop":[{"command":["drain"]}]}"#

    @Test func aFailingHookKeepsItsContainerAndTheRunEnds() async throws {
        engine.script(service: "web", ContainerBehavior(execs: [["drain"]: ExecResult(exitCode: 3)]))
        async let ended = run { observer in
            _ = try await stage.up("web", observer) { $0.labels[ComposeLabels.hooks] = ForegroundTests.drain }
            said.say("up")
        }
        await said.waitFor("up")
        signals.continuation.yield(.interrupt)
        let end = try await ended
        #expect(end.exitCode(from: nil) == 130)
        #expect(end.leftovers.map(\.what) == ["pre_stop hook 1 of shop-web-1", "stop container shop-web-1"])
        #expect(try await states() == ["shop-web-1": .running])
    }

    @Test func aSecondSignalKillsWhatAHookHoldsUp() async throws {
        engine.script(
            service: "web",
            ContainerBehavior(execs: [["drain"]: ExecResult(output: ["draining"], isEndless: true)]))
        async let ended = run { observer in
            _ = try await stage.up("web", observer) { $0.labels[ComposeLabels.hooks] = ForegroundTests.drain }
            said.say("up")
        }
        await said.waitFor("up")
        signals.continuation.yield(.interrupt)
        await stage.waitFor("web-1 ->  | draining")
        signals.continuation.yield(.interrupt)
        let end = try await ended
        #expect(end.leftovers.isEmpty)
        #expect(end.exits.exits.map(\.code) == [137])
    }

    /// The run lasts for the services, and a hook's container is none.
    @Test func theContainerOfAHookIsShownAndNotWaitedFor() async throws {
        engine.script(
            container: "shop-web-pre_start-1", ContainerBehavior(run: .exits(code: 0), output: ["migrated"]))
        engine.script(container: "shop-web-1", ContainerBehavior(run: .exits(code: 5)))
        var options = AttachedRun.Options()
        options.abort = .firstExit
        let end = try await run(options) { observer in
            try await stage.runPreStart(observer)
            _ = try await stage.up("web", observer)
        }
        #expect(end.abortCause?.label == "web-1")
        #expect(end.exits.exits.map(\.code) == [5])
        #expect(await stage.shown.contains { $0.hasPrefix("web-pre_start-1 ->") && $0.hasSuffix("| migrated") })
        #expect(await !stage.shown.contains { $0.hasPrefix("web-pre_start-1 exited") })
    }

    @Test func stopsDependenciesThatItDoesNotWatch() async throws {
        var options = AttachedRun.Options()
        options.shown = ["web"]
        async let ended = run(options) { observer in
            _ = try await stage.up("db", observer)
            _ = try await stage.up("web", needs: ["db"], observer)
            said.say("up")
        }
        await said.waitFor("up")
        signals.continuation.yield(.terminate)
        #expect(try await ended.exitCode(from: nil) == 143)
        #expect(try await states() == ["shop-db-1": .exited, "shop-web-1": .exited])
    }

    @Test func killsAtTheSecondSignal() async throws {
        engine.script(service: "web", ContainerBehavior(stop: .holds))
        async let ended = run { observer in
            _ = try await stage.up("web", observer)
            said.say("up")
        }
        await said.waitFor("up")
        signals.continuation.yield(.interrupt)
        while !engine.calls.contains(where: { $0.description == "stop shop-web-1" }), !Task.isCancelled {
            await Task.yield()
        }
        signals.continuation.yield(.interrupt)
        let end = try await ended
        #expect(end.exits.exits.map(\.code) == [137])
        #expect(end.exitCode(from: nil) == 130)
        #expect(said.words == ["up", "stopGracefully", "kill"])
    }

    @Test func stopsEverythingThoughTheOutputClosesMeanwhile() async throws {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        let (reading, writing) = (ends[0], ends[1])
        defer { close(writing) }
        let stage = AttachedStage(output: writing)
        stage.engine.script(service: "web", ContainerBehavior(stop: .holds))
        let ended = Task {
            try await run(on: stage) { observer in
                _ = try await stage.up("db", observer)
                _ = try await stage.up("web", needs: ["db"], observer)
                said.say("up")
            }
        }
        await said.waitFor("up")
        signals.continuation.yield(.interrupt)
        while !stage.engine.calls.contains(where: { $0.description == "stop shop-web-1" }), !Task.isCancelled {
            await Task.yield()
        }
        close(reading)
        #expect(await stage.writer.waitForFailure() == .closed)
        try stage.engine.exit("shop-web-1", code: 0)
        let error = await #expect(throws: Foreground.Interrupted.self) { _ = try await ended.value }
        #expect(error?.signal == .interrupt && error?.reason as? OutputFailure == .closed)
        let states = try await stage.engine.containers(matching: ObjectFilter()).map(\.state)
        #expect(states == [.exited, .exited])
    }

    @Test func endsWhenTheOutputCloses() async throws {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        defer { close(ends[1]) }
        close(ends[0])
        let stage = AttachedStage(output: ends[1])
        await #expect(throws: OutputFailure.closed) {
            _ = try await run(on: stage) { _ = try await stage.up("web", $0) }
        }
    }

    @Test func interruptsAnApplyThatIsUnderWay() async throws {
        let ended = Task {
            try await run { observer in
                _ = try await stage.up("web", observer)
                said.say("up")
                do {
                    try await Task.sleep(for: .seconds(3600))
                } catch {
                    // What an executor does when it is cancelled.
                    try await Task {
                        try await engine.removeContainer("shop-web-1", force: true, anonymousVolumes: true)
                    }
                    .value
                    throw error
                }
            }
        }
        await said.waitFor("up")
        signals.continuation.yield(.interrupt)
        let error = await #expect(throws: Foreground.Interrupted.self) { _ = try await ended.value }
        #expect(error?.signal == .interrupt && error?.reason is CancellationError)
        #expect(try await states() == [:])
    }

    @Test func stopsTheOthersWhenOneEndIsToEndAll() async throws {
        engine.script(service: "test", ContainerBehavior(run: .exits(code: 4)))
        var options = AttachedRun.Options()
        options.abort = .firstExit
        let end = try await run(options) { observer in
            _ = try await stage.up("db", observer)
            _ = try await stage.up("test", needs: ["db"], observer)
        }
        #expect(end.abortCause?.label == "test-1")
        #expect(end.exitCode(from: nil) == 4 && end.exitCode(from: "db") == 143)
        #expect(try await states() == ["shop-db-1": .exited, "shop-test-1": .exited])
    }

    @Test func endsThoughASignalCameAndTheEngineIsOut() async throws {
        engine.setFaults(FaultSchedule(.error, at: 1, of: .call("events")))
        signals.continuation.yield(.interrupt)
        // Whether the signal is seen before the engine's refusal is open; either way it ends.
        await #expect(throws: (any Error).self) { _ = try await run { _ in } }
    }
}
