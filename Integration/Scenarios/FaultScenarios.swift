import EngineAPI
import EngineTesting
import Synchronization
import Testing

/// Whichever call to the engine breaks, the project ends as it was or as it was to be.
@Suite(.onEngine) struct FaultScenarios {
    private static let compose = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            environment: {RELEASE: "${RELEASE:-1}"}
            volumes: [data:/data]
          web:
            image: busybox
            init: true
            command: sleep infinity
            environment: {RELEASE: "${RELEASE:-1}"}
            depends_on: [db]
        volumes:
          data:
        """

    /// More calls than any of these commands makes, so that the last number breaks none.
    private static let limit = 40

    /// For each call of the command that `attempt` runs: `prepare`, break that call of `attempt`, `check`.
    private static func breakEveryCall(
        _ fault: FaultProxy.Fault, in scenario: Scenario,
        prepare: (Scenario) async throws -> Void,
        attempt: (Scenario) async throws -> Outcome,
        check: (Scenario, Outcome, Comment) async throws -> Void
    ) async throws {
        let socket = "\(scenario.folder)/engine.sock"
        let engine = try #require(TestBed.engineHost?.split(separator: "unix://").first.map(String.init))
        try await FaultProxy.with(path: socket, engine: engine) { proxy in
            var behind = scenario
            behind.environment["DOCKER_HOST"] = "unix://\(socket)"
            for number in 1...limit {
                try await prepare(behind)
                proxy.breakCall(number, fault)
                let outcome = try await attempt(behind)
                let wasBroken = proxy.mend()
                try await check(behind, outcome, "call \(number): \(outcome)")
                if !wasBroken { return }
            }
            Issue.record("the command makes more than \(limit) calls")
        }
    }

    @Test(arguments: FaultProxy.Fault.allCases)
    func aBrokenCallOfAFirstUpMustLeaveNothingOrEverything(fault: FaultProxy.Fault) async throws {
        try await Scenario.with(FaultScenarios.compose) { scenario in
            try await FaultScenarios.breakEveryCall(fault, in: scenario) { scenario in
                try await scenario.gantry("down", "-v", "-t", "1")
                try await scenario.expectNothing()
            } attempt: { scenario in
                try await scenario.command(["up", "-d"]).run()
            } check: { scenario, outcome, comment in
                if outcome.code == 0 {
                    #expect(try await scenario.running() == ["db", "web"], comment)
                    try await scenario.gantry("plan")
                } else {
                    outcome.exits(1)
                    try await scenario.expectNothing(comment)
                }
            }
        }
    }

    @Test(arguments: FaultProxy.Fault.allCases)
    func aBrokenCallOfAChangeMustLeaveTheOldReleaseOrTheNewOne(fault: FaultProxy.Fault) async throws {
        try await Scenario.with(FaultScenarios.compose) { scenario in
            let before = Mutex(try await scenario.state())
            try await FaultScenarios.breakEveryCall(fault, in: scenario) { scenario in
                try await scenario.gantry("up", "-d", "-t", "1")
                let state = try await scenario.state()
                before.withLock { $0 = state }
            } attempt: { scenario in
                var changed = scenario
                changed.environment["RELEASE"] = "2"
                return try await changed.command(["up", "-d"]).run()
            } check: { scenario, outcome, comment in
                let before = before.withLock { $0 }
                guard outcome.code == 0 else {
                    outcome.exits(1)
                    return try await scenario.expectState(before, comment)
                }
                // Committed: what is left to be tidied up, the next command does, and keeps the new containers.
                var changed = scenario
                changed.environment["RELEASE"] = "2"
                let new = try await scenario.containers().filter(\.state.isRunning).map(\.id).sorted()
                let next = try await changed.gantry("up", "-d")
                let state = try await scenario.state()
                #expect(state.containers.map(\.name) == before.containers.map(\.name), "\(comment)\n\(next)")
                #expect(state.containers.map(\.id).sorted() == new, "\(comment)\n\(next)")
                #expect(try await scenario.running() == ["db", "web"], "\(comment)\n\(next)")
                try await changed.gantry("plan")
            }
        }
    }

    @Test(arguments: FaultProxy.Fault.allCases)
    func whateverBreaksTheNextDownMustLeaveNothing(fault: FaultProxy.Fault) async throws {
        try await Scenario.with(FaultScenarios.compose) { scenario in
            try await FaultScenarios.breakEveryCall(fault, in: scenario) { scenario in
                try await scenario.gantry("up", "-d")
            } attempt: { scenario in
                try await scenario.command(["down", "-v", "-t", "1"]).run()
            } check: { scenario, outcome, comment in
                if outcome.code != 0 {
                    outcome.exits(1).says("Repeat")
                    try await scenario.gantry("down", "-v", "-t", "1")
                }
                try await scenario.expectNothing(comment)
            }
        }
    }
}
