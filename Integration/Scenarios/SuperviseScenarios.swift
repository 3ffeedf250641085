import EngineAPI
import Subprocess
import Testing

/// `supervise`: what is kept up, what is left alone, and how it ends.
@Suite(.onEngine) struct SuperviseScenarios {
    private static let pair = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
          web:
            image: busybox
            init: true
            command: sh -c 'echo page one; sleep infinity'
            depends_on: [db]
        """

    private static let isUp = "is up and is kept so."

    @Test func sigtermMustStopDependentsFirstAndLeaveNothingRunning() async throws {
        try await Scenario.with(Self.pair) { scenario in
            let kept = try await scenario.whileRunning("supervise") { running in
                try await running.waitForError(Self.isUp)
                try await running.waitForOutput("web-1  | page one")
                try running.signal(.terminate)
            }
            kept.exits(0)
            #expect(try await scenario.running() == [], "\(kept)")
            let (web, db) = (try await scenario.container(of: "web"), try await scenario.container(of: "db"))
            #expect(try #require(web.finishedAt) <= #require(db.finishedAt), "\(kept)")
        }
    }

    @Test func aRemovedContainerMustComeBackAndAStoppedOneMustNot() async throws {
        try await Scenario.with(Self.pair) { scenario in
            let kept = try await scenario.whileRunning("supervise", "--no-logs") { running in
                try await running.waitForError(Self.isUp)
                try await scenario.gantry("stop", "web")
                try await running.waitForError("web-1 was stopped by somebody")
                let old = try await scenario.container(of: "db").id
                try await scenario.engine.removeContainer(old, force: true, anonymousVolumes: false)
                try await scenario.wait(for: "another db") {
                    try await scenario.containers(of: "db").contains { $0.id != old && $0.state.isRunning }
                }
                try running.signal(.terminate)
            }
            kept.exits(0)
            #expect(!kept.output.contains("page one"), "\(kept)")
            #expect(try await scenario.log(of: "web") == "page one\n", "it was started once\n\(kept)")
        }
    }

    @Test func gantryDownMustEndTheSupervisor() async throws {
        try await Scenario.with(Self.pair) { scenario in
            let kept = try await scenario.whileRunning("supervise") { running in
                try await running.waitForError(Self.isUp)
                try await scenario.gantry("supervise", exits: 1).says("kept by gantry supervise (process")
                try await scenario.gantry("down", "-t", "1")
            }
            kept.exits(0).says("was taken down")
            try await scenario.expectNothing("\(kept)")
        }
    }

    @Test func anUnhealthyContainerMustBeRestartedAndWhyMustBeSaid() async throws {
        let compose = """
            services:
              web:
                image: busybox
                init: true
                command: sh -c 'echo begun; touch /ok; sleep infinity'
                healthcheck: {test: "cat /ok", interval: 1s, retries: 1, start_period: 10s}
                x-gantry: {on_unhealthy: restart}
              proxy:
                image: busybox
                init: true
                command: sleep infinity
                depends_on:
                  web: {condition: service_healthy, restart: true}
            """
        try await Scenario.with(compose) { scenario in
            let kept = try await scenario.whileRunning("supervise") { running in
                try await running.waitForError(Self.isUp)
                let before = try await scenario.runs()
                let web = try await scenario.container(of: "web").id
                let remove = try await scenario.engine.createExec(ExecSpec(command: ["rm", "/ok"]), in: web)
                try await scenario.engine.withExec(remove, terminal: false) { connection in
                    for try await _ in connection.output {}
                }
                try await running.waitForError("proxy-1 restarts with web-1.")
                let proxy = scenario.name("proxy")
                try await scenario.wait(for: "another run of proxy") {
                    try await scenario.runs()[proxy] != before[proxy]
                }
                try running.signal(.terminate)
            }
            kept.exits(0).says(
                "web-1 is unhealthy; it is restarted in 1s (attempt 1 of 5).", "can't open '/ok'", "web-1 is unhealthy."
            )
            #expect(try await scenario.log(of: "web") == "begun\nbegun\n", "\(kept)")
        }
    }

    @Test func delayAndAttemptsMustBeHeededAndThePolicyGivenBack() async throws {
        let compose = """
            services:
              job:
                image: busybox
                init: true
                command: sh -c 'echo run; test -e /fail || sleep infinity; exit 3'
                deploy: {restart_policy: {condition: on-failure, delay: 1s, max_attempts: 2}}
            """
        try await Scenario.with(compose) { scenario in
            let kept = try await scenario.whileRunning("supervise") { running in
                try await running.waitForError(Self.isUp)
                let job = try await scenario.container(of: "job").id
                try await scenario.wait(for: "the takeover") {
                    try await scenario.container(of: "job").restartPolicy?.name == "no"
                }
                let fail = try await scenario.engine.createExec(
                    ExecSpec(command: ["sh", "-c", "touch /fail; killall sleep"]), in: job)
                try await scenario.engine.withExec(fail, terminal: false) { connection in
                    for try await _ in connection.output {}
                }
                try await running.waitForError("2 restarts have failed, which is the limit.")
                try running.signal(.terminate)
            }
            kept.exits(0).says("job-1 ended with code 3; it is started again in 1s.", "its last lines:")
            let job = try await scenario.container(of: "job")
            #expect(try await scenario.log(of: "job").split(separator: "\n").count { $0 == "run" } == 3, "\(kept)")
            #expect(job.restartCount == 0, "the engine restarted nothing\n\(kept)")
            #expect(job.restartPolicy == RestartPolicySpec(name: "on-failure", maximumRetries: 2))
        }
    }

    /// The first run falls before the project is up; the second comes up.
    @Test func theDelayMustBeHeededFromTheFirstFallOn() async throws {
        let compose = """
            services:
              db:
                image: busybox
                init: true
                command: sh -c 'echo run; test -e /again && touch /ready && sleep infinity; touch /again; exit 3'
                healthcheck: {test: "test -e /ready", interval: 600s}
                deploy: {restart_policy: {condition: on-failure, delay: 2s, max_attempts: 2}}
              web:
                image: busybox
                init: true
                command: sleep infinity
                depends_on: {db: {condition: service_healthy}}
            """
        try await Scenario.with(compose) { scenario in
            let kept = try await scenario.whileRunning("supervise") { running in
                try await running.waitForError(Self.isUp)
                #expect(try await scenario.container(of: "db").restartCount == 0, "the engine restarts nothing")
                try running.signal(.terminate)
            }
            kept.exits(0).says("db-1 ended with code 3; it is started again in 2s.")
            #expect(try await scenario.log(of: "db") == "run\nrun\n", "\(kept)")
            #expect(
                try await scenario.container(of: "db").restartPolicy
                    == RestartPolicySpec(name: "on-failure", maximumRetries: 2))
        }
    }

    @Test func whatWasStoppedDuringItsDelayMustStaySo() async throws {
        let compose = """
            services:
              job:
                image: busybox
                init: true
                command: sh -c 'echo run; sleep 3; exit 3'
                deploy: {restart_policy: {condition: any, delay: 3s}}
            """
        try await Scenario.with(compose) { scenario in
            let kept = try await scenario.whileRunning("supervise") { running in
                try await running.waitForError("it is started again in 3s.")
                try await scenario.gantry("stop", "job")
                try await running.waitForError("job-1 was stopped by somebody, and is left so.")
                try running.signal(.terminate)
            }
            kept.exits(0)
            #expect(try await scenario.log(of: "job") == "run\n", "\(kept)")
        }
    }

    @Test func whatHadToBeKilledMustBeNamedInTheEnd() async throws {
        let compose = """
            services:
              deaf:
                image: busybox
                command: sleep infinity
                stop_grace_period: 2s
            """
        try await Scenario.with(compose) { scenario in
            let kept = try await scenario.whileRunning("supervise") { running in
                try await running.waitForError(Self.isUp)
                try running.signal(.terminate)
            }
            kept.exits(0).says(
                "\(scenario.name("deaf")) was killed after 2 s: its process 1 ignored SIGTERM; consider \"init: true\"")
        }
    }

    @Test func upMustPutRightWhatAKilledSupervisorLeft() async throws {
        let compose = """
            services:
              web:
                image: busybox
                init: true
                command: sleep infinity
                deploy: {restart_policy: {condition: any, delay: 1s}}
            """
        try await Scenario.with(compose) { scenario in
            _ = try await scenario.whileRunning("supervise") { running in
                try await scenario.wait(for: "the takeover") {
                    guard try await scenario.containers(of: "web").count == 1 else { return false }
                    return try await scenario.container(of: "web").restartPolicy?.name == "no"
                }
                try await scenario.gantry("up", "-d")
                #expect(try await scenario.container(of: "web").restartPolicy?.name == "no", "it is supervised")
                try running.signal(.kill)
            }
            let before = try await scenario.runs()
            try await scenario.gantry("up", "-d")
            #expect(try await scenario.runs() == before)
            #expect(try await scenario.container(of: "web").restartPolicy?.name == "always")
        }
    }

    @Test func sighupMustApplyTheFilesOrKeepWhatIs() async throws {
        try await Scenario.with(Self.pair) { scenario in
            let kept = try await scenario.whileRunning("supervise") { running in
                try await running.waitForError(Self.isUp)
                let before = try await scenario.runs()
                try scenario.write(Self.pair + "\nx: [", to: "compose.yaml")
                try running.signal(.terminalClosed)
                try await running.waitForError("What the files say now is not in force")
                #expect(try await scenario.runs() == before)
                try scenario.write(Self.pair.replacing("page one", with: "page two"), to: "compose.yaml")
                try running.signal(.terminalClosed)
                try await running.waitForOutput("page two")
                try await running.waitForError("The files are in force.")
                #expect(try await scenario.runs()[scenario.name("db")] == before[scenario.name("db")])
                try running.signal(.terminate)
            }
            kept.exits(0)
            #expect(try await scenario.running() == [], "\(kept)")
        }
    }
}
