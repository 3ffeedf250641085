import EngineAPI
import EngineTesting
import Testing

/// `up` changes what differs from the file, and nothing else.
@Suite(.onEngine) struct ConvergenceScenarios {
    private static let pair = """
        services:
          api:
            image: busybox
            init: true
            command: sleep infinity
            environment: {COLOR: "${COLOR:-blue}"}
            networks: [inner]
            volumes: [data:/data]
          web:
            image: busybox
            init: true
            command: sleep infinity
            networks: [inner]
            depends_on: [api]
        networks:
          inner:
        volumes:
          data:
        """

    @Test func aSecondUpMustChangeNothing() async throws {
        try await Scenario.with(ConvergenceScenarios.pair) { scenario in
            try await scenario.gantry("up", "-d")
            let (state, runs) = (try await scenario.state(), try await scenario.runs())
            try await scenario.gantry("up", "-d").says("nothing to do")
            try await scenario.expectState(state)
            #expect(try await scenario.runs() == runs)
            let plan = try await scenario.gantry("plan")
            #expect(plan.output.contains("nothing to do"))
        }
    }

    @Test func aStoppedContainerMustBeStartedAgainNotReplaced() async throws {
        try await Scenario.with(ConvergenceScenarios.pair) { scenario in
            try await scenario.gantry("up", "-d")
            let before = try await scenario.state()
            try await scenario.gantry("stop", "-t", "1")
            #expect(try await scenario.running() == [])
            try await scenario.gantry("up", "-d")
            try await scenario.expectState(before)
        }
    }

    @Test func aChangedServiceAloneMustBeReplacedForTheReasonThePlanNames() async throws {
        try await Scenario.with(ConvergenceScenarios.pair) { scenario in
            try await scenario.gantry("up", "-d")
            let before = try await scenario.runs()
            var changed = scenario
            changed.environment["COLOR"] = "green"
            let plan = try await changed.gantry("plan", exits: 2)
            #expect(plan.output.contains(#"environment.COLOR: "blue" -> "green""#), "\(plan)")
            #expect(!plan.output.contains("web-1"), "the plan touches what has not changed\n\(plan)")
            try await changed.gantry("up", "-d")
            let after = try await scenario.runs()
            #expect(after[scenario.name("web")] == before[scenario.name("web")])
            #expect(after[scenario.name("api")] != before[scenario.name("api")])
            #expect(after.count == 2)
            try await changed.gantry("plan")
        }
    }

    @Test func dryRunsMustChangeNothing() async throws {
        try await Scenario.with(ConvergenceScenarios.pair) { scenario in
            let first = try await scenario.gantry("--dry-run", "up", "-d")
            #expect(first.output.contains(scenario.name("web")), "\(first)")
            try await scenario.expectNothing("\(first)")
            try await scenario.gantry("up", "-d")
            let (state, runs) = (try await scenario.state(), try await scenario.runs())
            try await scenario.gantry("up", "-d", "--force-recreate", "--dry-run")
            try await scenario.gantry("down", "-v", "--dry-run")
            try await scenario.expectState(state)
            #expect(try await scenario.runs() == runs)
        }
    }

    @Test func scalingMustKeepTheReplicasThatStay() async throws {
        try await Scenario.with(ConvergenceScenarios.pair) { scenario in
            try await scenario.gantry("up", "-d")
            let one = try await scenario.runs()
            try await scenario.gantry("up", "-d", "--scale", "web=3")
            let three = try await scenario.runs()
            #expect(
                three.keys.sorted()
                    == [scenario.name("api"), scenario.name("web"), scenario.name("web", 2), scenario.name("web", 3)])
            #expect(one.allSatisfy { three[$0.key] == $0.value })
            try await scenario.gantry("up", "-d", "--scale", "web=1")
            #expect(try await scenario.runs() == one)
        }
    }

    @Test func orphansMustBeNamedAndStayUntilToldOtherwise() async throws {
        try await Scenario.with(ConvergenceScenarios.pair) { scenario in
            try await scenario.gantry("up", "-d")
            let before = try await scenario.state()
            try scenario.write(
                """
                services:
                  api:
                    image: busybox
                    init: true
                    command: sleep infinity
                    environment: {COLOR: "${COLOR:-blue}"}
                    networks: [inner]
                    volumes: [data:/data]
                networks:
                  inner:
                volumes:
                  data:
                """, to: "compose.yaml")
            try await scenario.gantry("up", "-d").says("orphan", scenario.name("web"))
            try await scenario.expectState(before)
            try await scenario.gantry("up", "-d", "--remove-orphans")
            #expect(try await scenario.containers().map(\.name) == [scenario.name("api")])
            let api = before.containers.first { $0.name == scenario.name("api") }
            #expect(try await scenario.containers().map(\.id) == [api?.id])
        }
    }

    @Test func twoUpsAtOnceMustMakeOneStack() async throws {
        try await Scenario.with(ConvergenceScenarios.pair) { scenario in
            async let left = scenario.gantry("up", "-d")
            async let right = scenario.gantry("up", "-d")
            let outcomes = try await [left, right]
            let state = try await scenario.state()
            #expect(state.containers.map(\.name) == [scenario.name("api"), scenario.name("web")], "\(outcomes)")
            #expect(state.containers.allSatisfy { $0.activity == "running" })
            #expect(state.networks.count == 1 && state.volumes.count == 1)
            try await scenario.gantry("plan")
        }
    }

    @Test func fiftyServicesMustComeAndGo() async throws {
        let services = (1...50).map { number in
            """
              s\(number):
                image: busybox
                init: true
                command: sleep infinity
            """
        }
        try await Scenario.with("services:\n" + services.joined(separator: "\n"), alone: true) { scenario in
            try await scenario.gantry("up", "-d")
            let containers = try await scenario.containers()
            #expect(containers.count == 50)
            #expect(containers.allSatisfy { $0.state == .running })
            let runs = try await scenario.runs()
            try await scenario.gantry("up", "-d")
            #expect(try await scenario.runs() == runs)
            try await scenario.gantry("down")
            try await scenario.expectNothing()
        }
    }

    @Test func downMustStopDependentsFirst() async throws {
        try await Scenario.with(ConvergenceScenarios.pair) { scenario in
            try await scenario.gantry("up", "-d")
            let ends = try await scenario.engine.withEvents(
                matching: EventFilter(types: ["container"], labels: [scenario.label]), since: nil
            ) { events in
                try await scenario.gantry("down")
                var ends: [String] = []
                for try await event in events {
                    if event.action == "die" { ends.append(event.attributes["name"] ?? "") }
                    if ends.count == 2 { break }
                }
                return ends
            }
            #expect(ends == [scenario.name("web"), scenario.name("api")])
            let left = try await scenario.state()
            #expect(left.volumes.map(\.name) == ["\(scenario.project)_data"], "a volume goes with -v only")
            try await scenario.gantry("down", "-v")
            try await scenario.expectNothing()
            try await scenario.gantry("down", "-v")
        }
    }
}
