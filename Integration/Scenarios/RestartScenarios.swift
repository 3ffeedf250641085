import EngineAPI
import EngineTesting
import Testing

/// `restart`: stops dependents first, and starts again when conditions hold.
@Suite(.onEngine) struct RestartScenarios {
    private static let stack = """
        services:
          db:
            image: busybox
            init: true
            command: sh -c 'rm -f /shared/ready; sleep 0.5; touch /shared/ready; sleep infinity'
            volumes: [shared:/shared]
            healthcheck: {test: "test -e /shared/ready", interval: 600s}
          api:
            image: busybox
            init: true
            command: sh -c 'ls /shared; sleep infinity'
            volumes: [shared:/shared]
            depends_on: {db: {condition: service_healthy, restart: true}}
            post_start: [{command: touch /shared/started}]
          web:
            image: busybox
            init: true
            command: sleep infinity
            depends_on: [api]
          other: {image: busybox, profiles: [spare]}
        volumes:
          shared:
        """

    @Test func dependentsThatSaySoMustRestartWhenTheirConditionsHold() async throws {
        try await Scenario.with(RestartScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let before = try await scenario.runs()
            try await scenario.gantry("restart", "-t", "5", "db")
            let after = try await scenario.runs()
            let restarted = before.keys.filter { before[$0] != after[$0] }.sorted()
            #expect(restarted == [scenario.name("api"), scenario.name("db")])
            let ids = { (runs: [String: String]) in Set(runs.values.compactMap { $0.split(separator: " ").first }) }
            #expect(ids(before) == ids(after), "containers were made anew")
            #expect(try await scenario.log(of: "api") == "ready\nready\nstarted\n")
        }
    }

    @Test func withoutDependentsOnlyWhatIsNamedMustRestart() async throws {
        try await Scenario.with(RestartScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let before = try await scenario.runs()
            try await scenario.gantry("restart", "--no-deps", "-t", "5", "db")
            let after = try await scenario.runs()
            #expect(before.keys.filter { before[$0] != after[$0] } == [scenario.name("db")])
        }
    }

    @Test func withoutItsFileAProjectMustRestartInOrder() async throws {
        try await Scenario.with(RestartScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let before = try await scenario.runs()
            var restart = try scenario.command(["-p", scenario.project, "restart", "-t", "5"])
            restart.folder = "/"
            try await restart.run().exits(0)
            let after = try await scenario.runs()
            #expect(before.keys.allSatisfy { before[$0] != after[$0] })
            #expect(try await scenario.log(of: "api") == "ready\nready\nstarted\n")
        }
    }

    /// The file declares that `web` was asked for; the database is up for it alone.
    @Test func holdsMustStayAsTheyWere() async throws {
        try await Scenario.with(RestartScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "web")
            try await scenario.gantry("restart", "-t", "5", "db")
            try await scenario.gantry("stop", "-t", "1", "web")
            #expect(try await scenario.running().isEmpty)
        }
    }

    @Test func whatDoesNotComeUpAgainMustBeToldAndTheOthersRun() async throws {
        let compose = """
            services:
              db:
                image: busybox
                init: true
                command: sh -c 'test -e /done && echo no space left && exit 4; touch /done; sleep infinity'
              web:
                image: busybox
                init: true
                command: sleep infinity
                depends_on: {db: {condition: service_started, restart: true}}
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d")
            let restart = try await scenario.gantry("restart", "-t", "1", "db", exits: 1)
            restart.says("\(scenario.name("db")) exited with code 4", "no space left")
            #expect(try await scenario.running() == ["web"])
        }
    }

    @Test func anUnknownServiceMustBeNamedAndOneWithoutContainersPassedOver() async throws {
        try await Scenario.with(RestartScenarios.stack) { scenario in
            try await scenario.gantry("up", "-d", "--no-deps", "web")
            let before = try await scenario.runs()
            try await scenario.gantry("restart", "wbe", exits: 1).says("no service \"wbe\"", "did you mean \"web\"?")
            try await scenario.gantry("restart", "other").says("Service other has no container")
            #expect(try await scenario.runs() == before)
        }
    }
}
