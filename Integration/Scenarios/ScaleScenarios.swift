import EngineAPI
import EngineTesting
import Testing

/// `scale`: another number of replicas, as a transaction.
@Suite(.onEngine) struct ScaleScenarios {
    private static let stack = """
        services:
          db: {image: busybox, init: true, command: sleep infinity}
          web:
            image: busybox
            init: true
            command: sleep infinity
            depends_on: [db]
          fixed: {image: busybox, init: true, command: sleep infinity, container_name: "${NAME}"}
        """

    private static func with(_ body: @escaping @Sendable (Scenario) async throws -> Void) async throws {
        let name = "scale-\(UInt32.random(in: 0...UInt32.max))"
        try await Scenario.with(stack, environment: ["NAME": name], body)
    }

    @Test func replicasMustComeAndGoAndTheOthersStay() async throws {
        try await ScaleScenarios.with { scenario in
            try await scenario.gantry("scale", "web=3")
            #expect(try await scenario.running() == ["db", "web"])
            let before = try await scenario.runs()
            #expect(before.count == 4)
            try await scenario.gantry("scale", "web=1", "db=1")
            let after = try await scenario.runs()
            #expect(Set(after.keys) == [scenario.name("db"), scenario.name("web")])
            #expect(after.allSatisfy { before[$0.key] == $0.value })
            try await scenario.gantry("scale", "web=0")
            #expect(try await scenario.running() == ["db"])
        }
    }

    @Test func withTheLastReplicaMustEndWhatNothingNeedsAnyMore() async throws {
        try await ScaleScenarios.with { scenario in
            try await scenario.gantry("scale", "web=2")
            try await scenario.gantry("scale", "--keep-deps", "web=0")
            #expect(try await scenario.running() == ["db"])
            let dry = try await scenario.gantry("--dry-run", "scale", "web=0")
            #expect(dry.output.contains("stop container \(scenario.name("db"))"), "\(dry)")
            try await scenario.gantry("scale", "web=0").says("db ends too, because nothing needs it any more")
            #expect(try await scenario.running() == [])
            try await scenario.gantry("scale", "web=0")
            #expect(try await scenario.running() == [], "what has no replica needs nothing")
        }
    }

    @Test func withoutDependenciesOnlyTheServiceMustComeUp() async throws {
        try await ScaleScenarios.with { scenario in
            try await scenario.gantry("scale", "--no-deps", "web=2")
            #expect(try await scenario.containers().map(\.name) == [scenario.name("web", 1), scenario.name("web", 2)])
        }
    }

    @Test func whatCannotBeScaledMustBeRefusedBeforeAnythingChanges() async throws {
        try await ScaleScenarios.with { scenario in
            try await scenario.gantry("scale", "web=2", "fixed=2", exits: 1).says("container_name")
            try await scenario.gantry("scale", "wbe=2", exits: 1).says("no service \"wbe\"", "did you mean \"web\"?")
            try await scenario.gantry("scale", "web", exits: 1).says("\"web\" does not say how many replicas")
            try await scenario.expectNothing()
        }
    }
}
