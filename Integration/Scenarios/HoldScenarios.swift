import EngineAPI
import EngineTesting
import FoundationEssentials
import Subprocess
import Testing

/// `stop` and `down` are the inverse of `up`.
@Suite(.onEngine) struct HoldScenarios {
    private static let stack = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
          web:
            image: busybox
            init: true
            command: sleep infinity
            depends_on: [db]
          admin:
            image: busybox
            init: true
            command: sleep infinity
            depends_on: [db]
        """

    @Test func stopAfterUpOfAServiceMustLeaveThingsAsBefore() async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "admin")
            let before = try await scenario.runs()
            try await scenario.gantry("up", "-d", "web")
            try await scenario.gantry("stop", "web")
            #expect(try await scenario.running() == ["db", "admin"], "admin needs db")
            #expect(try await scenario.runs().filter { $0.key != scenario.name("web") } == before)
            let last = try await scenario.gantry("stop", "admin")
            #expect(try await scenario.running() == [], "\(last)")
            last.says("db ends too, because nothing needs it any more; --keep-deps keeps it.")
        }
    }

    @Test func downAfterUpOfAServiceMustLeaveNothing() async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "web")
            let down = try await scenario.gantry("down", "web")
            try await scenario.expectNothing("\(down)")
        }
    }

    @Test func stopOfOneAfterUpOfAllMustStopItAlone() async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d")
            try await scenario.gantry("stop", "web", "admin")
            #expect(try await scenario.running() == ["db"])
        }
    }

    @Test func whatRanBeforeMustGoOn() async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "db")
            try await scenario.gantry("up", "-d", "web")
            try await scenario.gantry("stop", "web")
            #expect(try await scenario.running() == ["db"])
        }
    }

    @Test func whatIsNamedLaterMustBeHeldThoughItRunsAlready() async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "web")
            try await scenario.gantry("up", "-d", "db").says("nothing to do")
            try await scenario.gantry("stop", "web")
            #expect(try await scenario.running() == ["db"])
        }
    }

    @Test(arguments: ["stop", "down"]) func keepDepsMustEndTheNamedAlone(_ command: String) async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "web")
            try await scenario.gantry(command, "--keep-deps", "web")
            #expect(try await scenario.running() == ["db"])
        }
    }

    @Test func withALostStateOnlyTheNamedMustStop() async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "web")
            try FileManager.default.removeItem(atPath: scenario.stateFolder)
            try await scenario.gantry("stop", "web")
            #expect(try await scenario.running() == ["db"])
        }
    }

    @Test(.besideDockerCompose) func whatAnotherToolStartedMustCountAsHeld() async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "web")
            try await scenario.dockerCompose("up", "-d", "--force-recreate", "db")
            try await scenario.gantry("stop", "web")
            #expect(try await scenario.running() == ["db"])
        }
    }

    @Test func aStackWhoseAttachedUpWasKilledMustStopByName() async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            _ = try await scenario.whileRunning("up", "web") { up in
                try await up.waitForError("Container \(scenario.name("web"))  Started")
                try up.signal(.kill)
            }
            try await scenario.gantry("stop", "web")
            #expect(try await scenario.running() == [])
        }
    }

    @Test(arguments: ["stop", "down"]) func whatARemovedContainerNeededMustEndWithIt(_ command: String) async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "web")
            let web = try await scenario.container(of: "web").id
            try await scenario.engine.removeContainer(web, force: true, anonymousVolumes: true)
            try await scenario.gantry(command, "web").says("db ends too")
            #expect(try await scenario.running() == [])
        }
    }

    // MARK: What down leaves

    /// Runs a container of nobody's project in a network of the scenario's until `body` has ended.
    private static func withGuest(
        in network: String, of scenario: Scenario, _ body: (_ name: String) async throws -> Void
    ) async throws {
        var spec = ContainerSpec(image: "busybox")
        spec.command = ["sleep", "infinity"]
        spec.networks = [NetworkAttachment(network: network)]
        let name = "\(scenario.project)-guest"
        let guest = try await scenario.engine.createContainer(spec, name: name)
        let result: Result<Void, any Error>
        do {
            try await scenario.engine.startContainer(guest)
            try await body(name)
            result = .success(())
        } catch { result = .failure(error) }
        try await scenario.engine.removeContainer(guest, force: true, anonymousVolumes: true)
        try result.get()
    }

    @Test func downMustNameWhoStillUsesTheNetworkAndBeRepeatable() async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "web")
            let network = "\(scenario.project)_default"
            try await HoldScenarios.withGuest(in: network, of: scenario) { guest in
                for _ in 0..<2 {
                    let down = try await scenario.gantry("down")
                    down.says("Network \(network) stays, because \(guest) uses it.")
                    #expect(try await scenario.containers() == [], "\(down)")
                }
            }
            let last = try await scenario.gantry("down")
            try await scenario.expectNothing("\(last)")
            try await scenario.gantry("down").says("nothing to down")
        }
    }

    @Test func downWithoutAFileMustFollowTheLabels() async throws {
        try await Scenario.with(HoldScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "web")
            try FileManager.default.removeItem(atPath: scenario.folder + "/compose.yaml")
            try await scenario.gantry("-p", scenario.project, "stop", "web")
            #expect(try await scenario.running() == [])
            try await scenario.gantry("-p", scenario.project, "down")
            try await scenario.expectNothing()
        }
    }

    // MARK: What does not heed its signal

    private static let deaf = """
        services:
          deaf:
            image: busybox
            command: sleep infinity
            stop_grace_period: 3s
            scale: 2
          quick:
            image: busybox
            init: true
            command: sleep infinity
          slow:
            image: busybox
            init: true
            command: sh -c 'trap "" TERM; while :; do sleep 1; done'
            stop_signal: SIGINT
            stop_grace_period: 2s
        """

    @Test func whatWasKilledMustBeNamedOnceForItsService() async throws {
        try await Scenario.with(HoldScenarios.deaf) { scenario in
            try await scenario.gantry("up", "-d", "deaf", "quick")
            let stop = try await scenario.gantry("stop")
            let told = stop.error.split(separator: "\n").filter { $0.contains("was killed") }
            #expect(told.count == 1, "\(stop)")
            #expect(
                told.first?.hasSuffix(
                    "was killed after 3 s: its process 1 ignored SIGTERM; consider \"init: true\" or \"stop_signal\"")
                    == true, "\(stop)")
            #expect(told.first?.contains("\(scenario.project)-deaf-") == true, "\(stop)")
        }
    }

    @Test func theGracePeriodMustCountDownOnATerminal() async throws {
        try await Scenario.with(HoldScenarios.deaf) { scenario in
            try await scenario.gantry("up", "-d", "deaf")
            let stop = try await scenario.whileRunning("stop", onTerminal: true) { _ in }
            stop.exits(0)
            #expect(stop.output.contains("Stopping 2s left") && stop.output.contains("Stopping 1s left"), "\(stop)")
            #expect(stop.output.contains("was killed after 3 s"), "\(stop)")
        }
    }

    /// The engine goes on with the stop of a command that was killed.
    @Test func downMustEndBesideAnUnfinishedStop() async throws {
        try await Scenario.with(HoldScenarios.deaf) { scenario in
            try await scenario.gantry("up", "-d", "deaf")
            _ = try await scenario.whileRunning("stop", "-t", "600") { stop in
                try await stop.waitForError("\(scenario.name("deaf", 2))  Stopping")
                try stop.signal(.kill)
            }
            let down = try await scenario.gantry("down", "-t", "1")
            down.says("was killed after 1 s")
            try await scenario.expectNothing("\(down)")
        }
    }

    // MARK: In the foreground

    private static let stubborn = HoldScenarios.deaf.replacing("3s", with: "10m")

    @Test func theFirstCtrlCMustCountDownTheSecondKillAndTheThirdLeave() async throws {
        try await Scenario.with(HoldScenarios.stubborn) { scenario in
            let up = try await scenario.whileRunning("up", "deaf", onTerminal: true) { up in
                try await up.waitForOutput("\(scenario.name("deaf", 2))  Started")
                try await up.type("\u{3}")
                try await up.waitForOutput("59")
                try await up.type("\u{3}")
                try await up.waitForOutput("Killing it")
            }
            up.exits(130)
            #expect(up.output.contains("s left"), "\(up)")
            #expect(try await scenario.running() == [])
            #expect(!up.output.contains("was killed after"), "it was killed because it was told to\n\(up)")
        }
    }

    @Test(arguments: [(signal: Signal.interrupt, code: Int32(130)), (.terminate, 143)])
    func threeSignalsMustEndTheCommandAtOnce(_ end: (signal: Signal, code: Int32)) async throws {
        try await Scenario.with(HoldScenarios.stubborn) { scenario in
            let up = try await scenario.whileRunning("up", "deaf") { up in
                try await up.waitForError("\(scenario.name("deaf", 2))  Started")
                try up.signal(end.signal)
                try await up.waitForError("Stopping what this command started")
                try up.signal(end.signal)
                try up.signal(end.signal)
            }
            up.exits(end.code)
            // Debian's engine may never end a stop beside the one of ten minutes that it was left with.
            for container in try await scenario.containers() {
                try await scenario.engine.removeContainer(container.id, force: true, anonymousVolumes: true)
            }
            // What else it left is named by labels, and the next command ends it.
            try await scenario.gantry("down", "-t", "1")
            try await scenario.expectNothing("\(up)")
        }
    }
}
