import FoundationEssentials
import Subprocess
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The engine dies in the middle of a command: the command says so, and the next one ends what it began.
///
/// Containers die with their engine. So the state before is the same containers, networks and volumes, whether they run
/// or not, and the next `up` lets them run again.
@Suite(.onEngine) struct EngineRestartScenarios {
    private static let compose = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            healthcheck: {test: "test -d /data", interval: 1s}
            volumes: [data:/data]
          api:
            image: busybox
            init: true
            command: sleep infinity
            environment: {RELEASE: "${RELEASE:-1}"}
            volumes: [/scratch]
            depends_on: {db: {condition: service_healthy}}
          web:
            image: busybox
            init: true
            command: sleep infinity
            environment: {RELEASE: "${RELEASE:-1}"}
            depends_on: [api]
        volumes:
          data:
        """

    /// What is under way when the engine dies.
    enum Work: Int, CaseIterable, Sendable {
        case firstUp, change, down

        var arguments: [String] { self == .down ? ["down", "-v"] : ["up", "-d"] }
    }

    /// At how many instants the engine is killed.
    private static let kills = 7
    /// A command whose engine is gone has nothing to wait for; this is for a machine under load.
    private static let patience: Duration = .seconds(90)
    /// Many times what all takes on an idle machine.
    private static let limit: Duration = .seconds(900)

    // Now and then Debian's engine panics when it starts again after a kill in the middle of its own work.
    @Test(
        .enabled(if: geteuid() == 0, "only root can run an engine of its own"),
        .enabled(if: Proof.isFull, "runs with GANTRY_PROOF=full only: an engine does not survive every kill"),
        arguments: Work.allCases)
    func aKilledEngineMustBeToldOfAndTheNextCommandMustEndWhatWasBegun(work: Work) async throws {
        print("engine kills: GANTRY_SEED=\(SeededGenerator.seed)")
        try await PrivateEngine.with { engine in
            try await Scenario.with(Self.compose, on: engine.host, limit: Self.limit) { first in
                var random = SeededGenerator(stream: work.rawValue)
                var second = first
                second.environment["RELEASE"] = "2"
                let scenario = work == .change ? second : first
                try await Self.prepare(first, for: work)
                let usual = try await scenario.command(work.arguments).run().exits(0).error.count { $0 == "\n" }
                let wanted = try await ProjectState.observe(scenario).declared
                for kill in 0..<Self.kills {
                    try await Self.prepare(first, for: work)
                    let before = try await ProjectState.observe(first)
                    let part = (Double(kill) + .random(in: 0..<1, using: &random)) / Double(Self.kills)
                    let lines = Int(Double(usual) * part)
                    let outcome = try await withDeadline(Self.patience, "a command without its engine") {
                        try await scenario.command(work.arguments).withProcess { running in
                            try? await running.transcript.wait(for: "line \(lines)") { written in
                                written.error.count { $0 == "\n" } >= lines
                            }
                            try await engine.kill()
                        }
                    }
                    try await engine.start()
                    // It may have done all before the kill.
                    if outcome.code != 0 {
                        let isTold = [
                            "he engine closed the connection", "annot connect to the engine at \(engine.host)",
                        ].contains(where: outcome.error.contains)
                        #expect(isTold, "\(outcome.exits(1))")
                    }
                    let comment: Comment = "killed at line \(lines) of \(usual): \(outcome)"
                    try await Self.expectEnd(
                        of: work, scenario, before, wanted, evenly: kill.isMultiple(of: 2), comment)
                }
            }
        }
    }

    private static func prepare(_ first: Scenario, for work: Work) async throws {
        try await first.gantry("up", "-d")
        if work == .firstUp { try await first.gantry("down", "-v") }
    }

    /// - Parameter evenly: chooses between two commands that come next.
    private static func expectEnd(
        of work: Work, _ scenario: Scenario, _ before: ProjectState, _ wanted: ProjectState, evenly: Bool,
        _ comment: Comment
    ) async throws {
        if work == .down || work == .firstUp && evenly {
            try await scenario.gantry("down", "-v")
            return try await scenario.expectNothing(comment)
        }
        if work == .change {
            if evenly {
                try await scenario.gantry("recover")
            } else {
                try await scenario.gantry("up", "-d", "--no-recreate")
            }
            let after = try await ProjectState.observe(scenario)
            if after.resting != before.resting {
                #expect(
                    after.declared.resting == wanted.resting,
                    "neither before nor after: \(before.difference(to: after))\n\(comment)")
            }
        }
        try await scenario.gantry("up", "-d")
        let after = try await ProjectState.observe(scenario)
        #expect(after.declared == wanted, "\(wanted.difference(to: after.declared))\n\(comment)")
        try await scenario.gantry("plan")
        try await scenario.gantry("recover", "--dry-run").says("nothing to recover")
    }
}
