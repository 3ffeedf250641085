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
}
