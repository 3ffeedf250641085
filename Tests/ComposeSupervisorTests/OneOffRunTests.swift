import ComposeLogs
import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting
import Testing

@testable import ComposeSupervisor

@Suite(.timeLimit(.minutes(5))) struct OneOffRunTests {
    private static func run(_ stage: AttachedStage, isTemporary: Bool = false) throws -> OneOffRun {
        var project = Project(name: "shop", workingDirectory: "/shop", configFiles: [])
        var service = Service(name: "web")
        service.image = "busybox"
        service.networkMode = "none"
        project.services["web"] = service
        var options = OneOffOptions()
        options.name = "shop-web-run"
        options.isTemporary = isTemporary
        let container = try OneOff(of: service, in: project, observed: ObservedState(), options: options, slug: "5109")
        return OneOffRun(
            engine: stage.engine, container: container, output: stage.writer, announce: { stage.warnings.say("\($0)") },
            leave: { stage.warnings.say("left with \($0)") })
    }

    private static let noSignals = AsyncStream<Signal> { $0.finish() }

    @Test(arguments: [false, true])
    func itsOutputIsOursAndSoIsItsExitCode(isTemporary: Bool) async throws {
        let stage = AttachedStage()
        stage.engine.script(
            service: "web",
            ContainerBehavior(run: .exits(code: 7), output: ["out", OutputLine("err", on: .stderr)]))
        let run = try OneOffRunTests.run(stage, isTemporary: isTemporary)
        #expect(try await run.attached(signals: OneOffRunTests.noSignals) == 7)
        #expect(await stage.shown == ["out", "err"])
        #expect(try await stage.engine.containers(matching: ObjectFilter()).count == (isTemporary ? 0 : 1))
    }

    @Test func theFirstSignalIsHandedOnAndTheNextOnesEndIt() async throws {
        let stage = AttachedStage()
        stage.engine.script(service: "web", ContainerBehavior(stop: .holds))
        let (signals, continuation) = AsyncStream.makeStream(of: Signal.self)
        let run = try OneOffRunTests.run(stage)
        for signal in [Signal.windowChange, .hangup, .terminate, .interrupt] { continuation.yield(signal) }
        #expect(try await run.attached(signals: signals) != 0)
        let changes = stage.engine.calls.map(\.description)
        #expect(changes.contains { $0.contains("kill") && $0.contains("SIGHUP") }, "\(changes)")
        #expect(changes.contains { $0.hasPrefix("stop") }, "\(changes)")
        #expect(stage.warnings.words == ["handOn", "stop", "kill"])
    }

    /// Whatever fails: attaching, following what happens, or reading what it writes.
    @Test(arguments: ["attach shop-web-run", "events", "start shop-web-run"])
    func whatCannotBeSeenToItsEndLeavesNothingBehind(call: String) async throws {
        let stage = AttachedStage()
        stage.engine.setFaults(FaultSchedule(.error, at: 1, of: .call(call)))
        await #expect(throws: (any Error).self) {
            try await OneOffRunTests.run(stage).attached(signals: OneOffRunTests.noSignals)
        }
        stage.engine.setFaults(.none)
        #expect(try await stage.engine.containers(matching: ObjectFilter()) == [])
    }

    @Test(arguments: [false, true])
    func whatCannotStartLeavesNothingBehind(isDetached: Bool) async throws {
        let stage = AttachedStage()
        stage.engine.script(service: "web", ContainerBehavior(run: .failsToStart(message: "no such file")))
        let run = try OneOffRunTests.run(stage)
        let error = await #expect(throws: NotRun.self) {
            if isDetached {
                _ = try await run.detached()
            } else {
                _ = try await run.attached(signals: OneOffRunTests.noSignals)
            }
        }
        #expect(error?.description == "Could not start container shop-web-run: no such file.")
        #expect(try await stage.engine.containers(matching: ObjectFilter()) == [])
    }
}
