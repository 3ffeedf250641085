import EngineAPI
import Testing

/// A stack is ready when its services are, not when the next poll says so.
@Suite(.onEngine) struct ReadinessScenarios {
    @Test func aChainMustBeReadyWithoutWaitingForTheEnginesChecks() async throws {
        // The engine's own first check comes after ten minutes, when the scenario is long over.
        let compose = """
            x-service: &service
              image: busybox
              init: true
              command: sh -c 'touch /ready; sleep infinity'
              healthcheck: {test: "test -e /ready", interval: 600s}
            services:
              first:
                <<: *service
              second:
                <<: *service
                depends_on: {first: {condition: service_healthy}}
              third:
                <<: *service
                depends_on: {second: {condition: service_healthy}}
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            var starts: [EngineTime] = []
            for service in ["first", "second", "third"] {
                let container = try await scenario.container(of: service)
                #expect(container.state == .running)
                #expect(container.probes.isEmpty, "the engine has checked \(service) itself")
                starts.append(try #require(container.startedAt))
            }
            #expect(starts == starts.sorted())
        }
    }

    @Test func aDependentMustNotStartBeforeItsDependencyIsReady() async throws {
        let compose = """
            services:
              db:
                image: busybox
                init: true
                command: sh -c 'sleep 1; touch /shared/ready; sleep infinity'
                volumes: [shared:/shared]
                healthcheck: {test: "test -e /shared/ready", interval: 600s}
              web:
                image: busybox
                init: true
                command: sh -c 'ls /shared; sleep infinity'
                volumes: [shared:/shared]
                depends_on: {db: {condition: service_healthy}}
            volumes:
              shared:
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            #expect(try await scenario.log(of: "web") == "ready\n")
        }
    }

    @Test func aJobMustBeDoneBeforeWhatDependsOnItStarts() async throws {
        let compose = """
            services:
              job:
                image: busybox
                command: sh -c 'sleep 0.5; echo migrated >/shared/state'
                volumes: [shared:/shared]
              web:
                image: busybox
                init: true
                command: sh -c 'cat /shared/state; sleep infinity'
                volumes: [shared:/shared]
                depends_on: {job: {condition: service_completed_successfully}}
            volumes:
              shared:
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            #expect(try await scenario.log(of: "web") == "migrated\n")
            #expect(try await scenario.container(of: "job").exitCode == 0)
            // A job that has done its work is as declared.
            let job = try await scenario.container(of: "job")
            try await scenario.gantry("up", "-d", "--wait")
            #expect(try await scenario.container(of: "job").id == job.id)
        }
    }

    @Test func waitMustCountAJobThatSucceededAsReady() async throws {
        let compose = """
            services:
              job: {image: busybox, command: "true"}
              web: {image: busybox, init: true, command: sleep infinity}
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            #expect(try await scenario.running() == ["web"])
        }
    }

    // MARK: What fails

    @Test func aContainerThatDiesBeforeTheCommandEndsMustTakeEverythingBack() async throws {
        let compose = """
            services:
              first: {image: busybox, command: sh -c 'echo no configuration; exit 3'}
              job: {image: busybox, command: "true"}
              spare: {image: busybox, command: "false"}
              web:
                image: busybox
                init: true
                command: sleep infinity
                depends_on: {spare: {condition: service_started, required: false}}
            """
        try await Scenario.with(compose) { scenario in
            let up = try await scenario.gantry("up", "-d", exits: 1)
            up.says("\(scenario.name("first")) exited with code 3", "no configuration", "Rolled back")
            try await scenario.expectNothing()
            // A job that is done, and one that nobody requires, are no failures.
            try await scenario.gantry("up", "-d", "web", "job")
            #expect(try await scenario.running() == ["web"])
        }
    }

    @Test(arguments: [["--wait"], ["--wait", "other"], []])
    func aCrashLoopMustBeRecognisedAndShown(arguments: [String]) async throws {
        let compose = """
            services:
              loop:
                image: busybox
                restart: always
                command: sh -c 'echo no configuration; exit 1'
                healthcheck: {test: "test -e /ready", interval: 600s}
              other:
                image: busybox
                restart: always
                command: sh -c 'echo no configuration; exit 1'
              web:
                image: busybox
                init: true
                command: sleep infinity
                depends_on: {loop: {condition: service_healthy}}
            """
        try await Scenario.with(compose) { scenario in
            let up = try await scenario.command(["up", "-d"] + arguments).run().exits(1)
            up.says("keeps exiting", "| no configuration", "Rolled back")
            try await scenario.expectNothing()
        }
    }

    /// Nobody waits for it, and its policy starts it again.
    @Test func aCrashLoopMustFailUpThoughNothingWaitsForIt() async throws {
        let compose = """
            services:
              loop: {image: busybox, restart: always, command: sh -c 'echo boom; exit 3'}
              other: {image: busybox, init: true, restart: always, command: sleep infinity}
            """
        try await Scenario.with(compose) { scenario in
            let up = try await scenario.gantry("up", "-d", exits: 1)
            up.says("\(scenario.name("loop")) keeps exiting", "| boom", "Rolled back")
            try await scenario.expectNothing()
            try await scenario.gantry("up", "-d", "other")
        }
    }

    @Test func startMustRespectTheConditions() async throws {
        let compose = """
            services:
              db:
                image: busybox
                init: true
                command: sh -c 'rm -f /shared/ready; sleep 0.5; test -e /shared/broken || touch /shared/ready; sleep infinity'
                volumes: [shared:/shared]
                healthcheck: {test: "test -e /shared/ready", interval: 600s}
              web:
                image: busybox
                init: true
                command: sh -c 'ls /shared; sleep infinity'
                volumes: [shared:/shared]
                depends_on: {db: {condition: service_healthy}}
            volumes:
              shared:
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            try await scenario.gantry("stop", "-t", "1")
            try await scenario.gantry("start", "--wait", "web")
            #expect(try await scenario.log(of: "web") == "ready\nready\n")
            try await scenario.gantry("run", "--rm", "--no-deps", "web", "touch", "/shared/broken")
            try await scenario.gantry("stop", "-t", "1")
            let before = try await scenario.running()
            let start = try await scenario.gantry("start", "--wait", "--wait-timeout", "2", exits: 1)
            start.says("\(scenario.name("db")) was not healthy within 2 seconds (web needs it healthy)")
            #expect(try await scenario.running() == before)
        }
    }
}
