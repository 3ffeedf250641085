import EngineAPI
import EngineTesting
import Testing

/// What fails leaves the project exactly as it was, and says why.
@Suite(.onEngine) struct FailureScenarios {
    /// A change to the service `api` that cannot succeed.
    enum Change: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case imageThatIsNowhere
        case checkThatFails
        case commandThatExits
        case commandThatIsNotThere
        case portInUse

        var testDescription: String { rawValue }

        /// The attributes that make it.
        func yaml(port: Int) -> String {
            switch self {
            case .imageThatIsNowhere: "image: localhost:\(port)/nobody/nothing:1"
            case .checkThatFails:
                """
                image: busybox
                    init: true
                    command: sh -c 'echo about to be judged; sleep infinity'
                    healthcheck: {test: "echo not yet ready; exit 1", interval: 1s, retries: 2}
                """
            case .commandThatExits:
                """
                image: busybox
                    command: sh -c 'echo cannot go on >&2; exit 7'
                """
            case .commandThatIsNotThere:
                """
                image: busybox
                    command: /no/such/program
                """
            case .portInUse:
                """
                image: busybox
                    init: true
                    command: sleep infinity
                    ports: ["127.0.0.1:\(port):80"]
                """
            }
        }

        /// What a person must be able to read.
        func facts(port: Int) -> [String] {
            switch self {
            case .imageThatIsNowhere: ["localhost:\(port)/nobody/nothing:1"]
            case .checkThatFails: ["unhealthy", "not yet ready", "about to be judged"]
            case .commandThatExits: ["7", "cannot go on"]
            case .commandThatIsNotThere: ["/no/such/program"]
            case .portInUse: ["\(port)", "in use"]
            }
        }
    }

    private static func compose(_ api: String) -> String {
        """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            volumes: [data:/data]
            networks: [inner]
          api:
            \(api)
            depends_on: [db]
            networks: [inner]
          web:
            image: busybox
            init: true
            command: sleep infinity
            depends_on:
              api: {condition: service_started, restart: true}
            networks: [inner, outer]
        networks:
          inner:
          outer:
        volumes:
          data:
        """
    }

    private static let good = compose(
        """
        image: busybox
            init: true
            command: sleep infinity
        """)

    @Test(arguments: Change.allCases)
    func aFailedChangeMustLeaveTheRunningProjectAsItWas(change: Change) async throws {
        try await Listener.withPort { listener in
            let port = listener.port
            try await Scenario.with(FailureScenarios.good) { scenario in
                try await scenario.gantry("up", "-d", "--wait")
                let before = try await scenario.state()
                let web = try await scenario.container(of: "web")
                try scenario.write(FailureScenarios.compose(change.yaml(port: port)), to: "compose.yaml")
                let failed = try await scenario.gantry("up", "-d", "--wait", exits: 1)
                failed.says("gantry: ")
                for fact in change.facts(port: port) { failed.says(fact) }
                try await scenario.expectState(before, "\(failed)")
                #expect(try await scenario.running() == ["db", "api", "web"])
                if change == .portInUse || change == .imageThatIsNowhere {
                    // Seen before the first step, so that nothing was even stopped.
                    #expect(try await scenario.container(of: "web").startedAt == web.startedAt, "\(failed)")
                }
                try scenario.write(FailureScenarios.good, to: "compose.yaml")
                try await scenario.gantry("plan")
            }
        }
    }

    @Test(arguments: Change.allCases)
    func aFailedFirstUpMustLeaveNothing(change: Change) async throws {
        try await Listener.withPort { listener in
            let port = listener.port
            try await Scenario.with(FailureScenarios.compose(change.yaml(port: port))) { scenario in
                let failed = try await scenario.gantry("up", "-d", "--wait", exits: 1)
                for fact in change.facts(port: port) { failed.says(fact) }
                try await scenario.expectNothing("\(failed)")
            }
        }
    }

    @Test func aFailedUpMustKeepTheVolumeThatWasThere() async throws {
        try await Scenario.with(FailureScenarios.good) { scenario in
            try await scenario.gantry("up", "-d")
            try await scenario.gantry("down")
            let before = try await scenario.state()
            #expect(before.volumes.count == 1)
            try scenario.write(FailureScenarios.compose(Change.commandThatExits.yaml(port: 0)), to: "compose.yaml")
            let failed = try await scenario.gantry("up", "-d", "--wait", exits: 1)
            try await scenario.expectState(before, "\(failed)")
        }
    }

    @Test func aServiceThatWasStoppedMustBeStoppedAgainAfterAFailure() async throws {
        try await Scenario.with(FailureScenarios.good) { scenario in
            try await scenario.gantry("up", "-d")
            try await scenario.gantry("stop", "-t", "1", "web", "db")
            let before = try await scenario.state()
            let running = try await scenario.running()
            try scenario.write(FailureScenarios.compose(Change.commandThatExits.yaml(port: 0)), to: "compose.yaml")
            let failed = try await scenario.gantry("up", "-d", "--wait", exits: 1)
            try await scenario.expectState(before, "\(failed)")
            #expect(try await scenario.running() == running)
        }
    }

    @Test func aFailedJobMustStopWhatWaitsForItFromBeingStarted() async throws {
        let compose = """
            services:
              job:
                image: busybox
                command: sh -c 'echo migration failed on row 12; exit 3'
              web:
                image: busybox
                init: true
                command: sleep infinity
                depends_on:
                  job: {condition: service_completed_successfully}
            """
        try await Scenario.with(compose) { scenario in
            let failed = try await scenario.gantry("up", "-d", exits: 1)
            failed.says(scenario.name("job"), "3", "migration failed on row 12")
            try await scenario.expectNothing("\(failed)")
        }
    }

    @Test func aWaitThatIsTooLongMustSayWhatItWaitedFor() async throws {
        let compose = """
            services:
              slow:
                image: busybox
                init: true
                command: sh -c 'echo warming up; sleep infinity'
                healthcheck: {test: "test -e /ready", interval: 600s, start_period: 600s}
            """
        try await Scenario.with(compose) { scenario in
            let failed = try await scenario.gantry("up", "-d", "--wait", "--wait-timeout", "2", exits: 1)
            failed.says(scenario.name("slow"), "healthy", "2", "warming up")
            try await scenario.expectNothing("\(failed)")
        }
    }
}
