import EngineAPI
import EngineTesting
import FoundationEssentials
import Subprocess
import Testing

/// The hooks of services run when they must, are part of the transaction, and leave nothing behind.
@Suite(.onEngine) struct HookScenarios {
    /// Its hooks say in the file `said` that they ran, and end as the environment wants.
    private static let compose = """
        services:
          web:
            image: busybox
            init: true
            command: sh -c 'cat /data/seed; sleep infinity'
            environment: {RELEASE: "${RELEASE:-1}"}
            volumes: ["data:/data", "./:/host"]
            pre_start:
              - command: sh -c 'echo seeding; echo seeded > /data/seed; echo prepare >> /host/said; sleep ${NAP:-0}; exit ${PREPARE:-0}'
            post_start:
              - command: sh -c 'echo first >> /host/said'
              - command: sh -c 'echo second >> /host/said; echo warming failed >&2; exit ${WARM:-0}'
            pre_stop:
              - command: sh -c 'echo drain >> /host/said; echo cannot drain; exit ${DRAIN:-0}'
          other:
            image: busybox
            init: true
            command: sleep infinity
        volumes:
          data:
        """

    private static let start = ["prepare", "first", "second"]

    /// What the hooks said since it was last asked.
    private static func said(_ scenario: Scenario) throws -> [String] {
        let path = scenario.folder + "/said"
        defer { try? FileManager.default.removeItem(atPath: path) }
        guard let text = FileManager.default.contents(atPath: path) else { return [] }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func setting(_ name: String, _ value: String, _ scenario: Scenario) -> Scenario {
        var changed = scenario
        changed.environment[name] = value
        return changed
    }

    @Test func hooksMustRunAroundAStartAndBeforeEveryStop() async throws {
        try await Scenario.with(HookScenarios.compose) { scenario in
            try await scenario.gantry("up", "-d")
            #expect(try HookScenarios.said(scenario) == HookScenarios.start)
            try await scenario.wait(for: "the start of web") { try await scenario.log(of: "web") == "seeded\n" }
            #expect(try await scenario.containers().map(\.name) == [scenario.name("other"), scenario.name("web")])
            try await scenario.gantry("up", "-d")
            #expect(try HookScenarios.said(scenario) == [])
            try await scenario.gantry("stop")
            #expect(try HookScenarios.said(scenario) == ["drain"])
            try await scenario.gantry("start")
            #expect(try HookScenarios.said(scenario) == HookScenarios.start)
            try await HookScenarios.setting("RELEASE", "2", scenario).gantry("up", "-d")
            #expect(try HookScenarios.said(scenario) == ["drain"] + HookScenarios.start)
            // Which hooks a container has, its label tells.
            try scenario.write("services: {}", to: "compose.yaml")
            try await scenario.gantry("down", "--remove-orphans")
            #expect(try HookScenarios.said(scenario) == ["drain"])
            #expect(try await scenario.containers().isEmpty)
        }
    }

    @Test func ctrlCMustRunTheHooksOfWhatItStops() async throws {
        try await Scenario.with(HookScenarios.compose) { scenario in
            let attached = try await scenario.whileRunning("up") { running in
                try await scenario.wait(for: "both running") { try await scenario.running() == ["web", "other"] }
                try await running.waitForError("Container \(scenario.name("other"))  Started")
                try await running.waitForError("Ran post_start hook 2")
                try running.signal(.interrupt)
            }
            attached.exits(130)
            #expect(try HookScenarios.said(scenario) == HookScenarios.start + ["drain"], "\(attached)")
            #expect(attached.output.contains("web-pre_start-1 ->  | seeding"), "\(attached)")
            #expect(attached.output.contains("| cannot drain"), "\(attached)")
            #expect(try await scenario.running() == [])
        }
    }

    @Test(arguments: [
        (variable: "PREPARE", says: ["web-pre_start-1 exited with code 7", "| seeding"]),
        ("WARM", ["post_start hook 2 of", "exited with code 7", "| warming failed"]),
    ])
    func aHookThatFailsMustTakeUpBack(_ failure: (variable: String, says: [String])) async throws {
        try await Scenario.with(HookScenarios.compose) { scenario in
            let broken = HookScenarios.setting(failure.variable, "7", scenario)
            let first = try await broken.gantry("up", "-d", exits: 1)
            try await scenario.expectNothing("\(first)")
            try await scenario.gantry("up", "-d")
            let before = try await scenario.state()
            _ = try HookScenarios.said(scenario)
            let outcome = try await broken.gantry("up", "-d", exits: 1)
            for text in failure.says + ["Rolled back", "is not undone"] { outcome.says(text) }
            try await scenario.expectState(before, "\(outcome)")
            // The container that had to make way is as after any start.
            #expect(try HookScenarios.said(scenario).suffix(2) == ["first", "second"], "\(outcome)")
        }
    }

    @Test func aPreStopHookThatFailsMustKeepItsContainerAlone() async throws {
        try await Scenario.with(HookScenarios.compose) { scenario in
            try await HookScenarios.setting("DRAIN", "5", scenario).gantry("up", "-d")
            let before = try await scenario.runs()[scenario.name("web")]
            let replaced = try await scenario.gantry("up", "-d", exits: 1)
            replaced.says("pre_stop hook 1 of \(scenario.name("web")) exited with code 5", "| cannot drain")
            for command in ["stop", "down"] {
                let outcome = try await scenario.gantry(command, exits: 1)
                outcome.says(
                    "pre_stop hook 1 of \(scenario.name("web")): exited with code 5", "| cannot drain",
                    "`docker stop \(scenario.name("web"))`")
                #expect(try await scenario.running() == ["web"], "\(outcome)")
            }
            #expect(try await scenario.runs()[scenario.name("web")] == before)
            try await scenario.engine.stopContainer(ContainerID(scenario.name("web")), timeout: .seconds(1))
            try await scenario.gantry("down", "-v")
            try await scenario.expectNothing()
        }
    }

    @Test(arguments: ["up", "down"]) func aKilledUpMustLeaveNoHookBehind(next: String) async throws {
        try await Scenario.with(HookScenarios.compose) { scenario in
            let hook = ContainerID(scenario.project + "-web-pre_start-1")
            let killed = try await HookScenarios.setting("NAP", "600", scenario).whileRunning("up", "-d") { running in
                try await scenario.wait(for: "the hook's start") {
                    (try? await scenario.engine.container(hook))?.state == .running
                }
                try running.signal(.kill)
            }
            #expect(killed.code == nil, "\(killed)")
            let outcome = try await scenario.gantry(next, next == "up" ? "-d" : "-v")
            outcome.says("interrupted `gantry up`")
            let names = next == "up" ? [scenario.name("other"), scenario.name("web")] : []
            #expect(try await scenario.containers().map(\.name) == names, "\(outcome)")
        }
    }

    /// Docker Compose keeps the container of a hook that failed.
    @Test(arguments: ["up", "down"]) func whatDockerComposeKeptOfAHookMustGo(next: String) async throws {
        try await Scenario.with(HookScenarios.compose) { scenario in
            var spec = ContainerSpec(image: "busybox")
            spec.labels = [
                "com.docker.compose.project": scenario.project, "com.docker.compose.service": "web",
                "com.docker.compose.hook": "pre_start",
            ]
            let kept = try await scenario.engine.createContainer(spec, name: scenario.project + "-web-pre_start-1")
            let outcome = try await scenario.gantry(next, next == "up" ? "-d" : "-v")
            #expect(try await !scenario.containers().contains { $0.id == kept }, "\(outcome)")
        }
    }
}
