import EngineAPI
import EngineTesting
import Subprocess
import Testing

/// A command that is interrupted or killed leaves the project as it was, or as it was to be.
@Suite(.onEngine) struct InterruptionScenarios {
    private static let compose = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            environment: {RELEASE: "${RELEASE:-1}"}
            volumes: [data:/data]
          api:
            image: busybox
            init: true
            command: sleep infinity
            environment: {RELEASE: "${RELEASE:-1}"}
            depends_on: [db]
          web:
            image: busybox
            init: true
            command: sleep infinity
            depends_on: [api]
        volumes:
          data:
        """

    /// Kills `up` as soon as the engine tells of the project's `number`th event; returns what became of it.
    static func killUp(_ scenario: Scenario, atEvent number: Int) async throws -> Outcome {
        let killed = try await scenario.engine.withEvents(matching: EventFilter(), since: nil) { events in
            try await scenario.whileRunning("up", "-d") { running in
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        var seen = 0
                        for try await event in events where scenario.isOurs(event) {
                            seen += 1
                            if seen == number { return try running.signal(.kill) }
                        }
                    }
                    // A command that was quicker than its events is not killed.
                    group.addTask { try? await running.transcript.wait(for: "its end") { _ in false } }
                    try await group.next()
                    group.cancelAll()
                }
            }
        }
        // The engine still carries out what it was asked for. Networks take it longest, and it makes one after the
        // other: when this one has come and gone, the killed command's are there.
        let last = try await scenario.engine.createNetwork(NetworkSpec(name: "\(scenario.project)-settled"))
        try await scenario.engine.removeNetwork(last)
        return killed
    }

    @Test(arguments: [1, 2, 3, 4, 5, 7, 9])
    func aKilledFirstUpMustBeGoneAfterTheNextDown(event: Int) async throws {
        try await Scenario.with(InterruptionScenarios.compose) { scenario in
            let killed = try await InterruptionScenarios.killUp(scenario, atEvent: event)
            #expect(killed.code == nil, "it ended before it could be killed: \(killed)")
            let next = try await scenario.gantry("down", "-v")
            try await scenario.expectNothing("\(killed)\n\(next)")
        }
    }

    @Test(arguments: [1, 3, 5, 8])
    func aKilledFirstUpMustNotKeepTheNextFromSucceeding(event: Int) async throws {
        try await Scenario.with(InterruptionScenarios.compose) { scenario in
            let killed = try await InterruptionScenarios.killUp(scenario, atEvent: event)
            #expect(killed.code == nil, "it ended before it could be killed: \(killed)")
            let next = try await scenario.gantry("up", "-d")
            let state = try await scenario.state()
            #expect(
                state.containers.map(\.name) == [scenario.name("api"), scenario.name("db"), scenario.name("web")],
                "\(killed)\n\(next)")
            #expect(try await scenario.running() == ["db", "api", "web"])
            try await scenario.gantry("plan")
        }
    }

    @Test(arguments: [1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
    func aKilledChangeMustBeTakenBackOrFinishedByTheNextCommand(event: Int) async throws {
        try await Scenario.with(InterruptionScenarios.compose) { scenario in
            try await scenario.gantry("up", "-d")
            let before = try await scenario.state()
            var changed = scenario
            changed.environment["RELEASE"] = "2"
            let killed = try await InterruptionScenarios.killUp(changed, atEvent: event)
            // It may end at the same time as the last events.
            #expect(killed.code == nil || event > 12, "it ended before it could be killed: \(killed)")
            // The services are the same in both releases, so this command recovers and does nothing else.
            let next = try await scenario.gantry("up", "-d", "--no-recreate")
            let after = try await scenario.state()
            if after != before {
                // Then it must be the whole of the new release.
                let plan = try await changed.gantry("plan")
                #expect(
                    plan.code == 0, "neither before nor after:\n\(before.difference(to: after))\n\(killed)\n\(next)")
                #expect(after.containers.map(\.name) == before.containers.map(\.name))
            }
            #expect(try await scenario.running() == ["db", "api", "web"], "\(killed)\n\(next)")
            #expect(after.volumes == before.volumes)
            #expect(after.networks == before.networks)
        }
    }

    private static let unready = compose.replacing(
        "depends_on: [api]", with: "healthcheck: {test: \"test -e /ready\", interval: 600s}")

    @Test(arguments: [(signal: Signal.interrupt, code: Int32(130)), (.terminate, 143)])
    func aSignalWhileUpWaitsMustTakeEverythingBack(_ end: (signal: Signal, code: Int32)) async throws {
        try await Scenario.with(InterruptionScenarios.unready) { scenario in
            let interrupted = try await scenario.whileRunning("up", "-d", "--wait") { running in
                try await scenario.wait(for: "the start of all three") { try await scenario.running().count == 3 }
                try running.signal(end.signal)
            }
            interrupted.exits(end.code).says("interrupted")
            try await scenario.expectNothing("\(interrupted)")
        }
    }

    @Test func ctrlCWhileAReleaseWaitsMustBringTheOldOneBack() async throws {
        try await Scenario.with(InterruptionScenarios.compose) { scenario in
            try await scenario.gantry("up", "-d")
            let before = try await scenario.state()
            try scenario.write(InterruptionScenarios.unready, to: "compose.yaml")
            let interrupted = try await scenario.whileRunning("up", "-d", "--wait") { running in
                let old = before.containers.map(\.id)
                try await scenario.wait(for: "the start of the new web") {
                    try await scenario.containers(of: "web").contains { $0.state.isRunning && !old.contains($0.id) }
                }
                try running.signal(.interrupt)
            }
            interrupted.exits(130)
            try await scenario.expectState(before, "\(interrupted)")
        }
    }

    @Test(arguments: [["up"], ["up", "-d"], ["supervise"]])
    func ctrlCWhileACommandWaitsForAnotherMustOnlyEndTheWaiting(arguments: [String]) async throws {
        try await Scenario.with(InterruptionScenarios.unready) { scenario in
            let first = try await scenario.whileRunning("up", "-d", "--wait") { up in
                try await scenario.wait(for: "the start of all three") { try await scenario.running().count == 3 }
                let second = try await scenario.command(arguments).withProcess { second in
                    try await second.waitForError("Waiting for project \(scenario.project)")
                    try second.signal(.interrupt)
                }
                second.exits(130).says("Stopped waiting for project \(scenario.project)")
                #expect(!second.error.contains("Stopping what"), "\(second)")
                #expect(try await scenario.running().count == 3)
                try up.signal(.interrupt)
            }
            first.exits(130)
        }
    }

    @Test func aCommandMustWaitForTheOneThatChangesTheProject() async throws {
        try await Scenario.with(InterruptionScenarios.unready) { scenario in
            _ = try await scenario.whileRunning("up", "-d", "--wait") { up in
                try await scenario.wait(for: "the start of all three") { try await scenario.running().count == 3 }
                let down = try await scenario.whileRunning("down", "-v", "-t", "1") { down in
                    try await down.waitForError("Waiting for project \(scenario.project)")
                    #expect(down.transcript.error.contains("gantry up (process \(up.pid)"))
                    try up.signal(.kill)
                }
                down.exits(0).says("interrupted `gantry up`")
                try await scenario.expectNothing("\(down)")
            }
        }
    }
}
