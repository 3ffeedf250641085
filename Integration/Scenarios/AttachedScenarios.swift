import EngineAPI
import EngineTesting
import Subprocess
import Testing

/// `up` without `-d`: the containers' output on the terminal, and Ctrl-C as the inverse of `up`.
@Suite(.onEngine) struct AttachedScenarios {
    private static let talking = """
        services:
          db:
            image: busybox
            init: true
            command: sh -c 'echo database speaks; sleep infinity'
          web:
            image: busybox
            init: true
            command: sh -c 'echo page one; echo page two >&2; sleep infinity'
            depends_on: [db]
          other:
            image: busybox
            init: true
            command: sh -c 'echo other speaks; sleep infinity'
        """

    @Test func ctrlCMustStopExactlyWhatTheRunStartedDependenciesIncluded() async throws {
        try await Scenario.with(AttachedScenarios.talking) { scenario in
            try await scenario.gantry("up", "-d", "other")
            let before = try await scenario.runs()
            let attached = try await scenario.whileRunning("up", "web") { running in
                try await running.waitForOutput("page one")
                // The engine lists a container as running only after its first output.
                try await scenario.wait(for: "all three running") {
                    try await scenario.running() == ["db", "web", "other"]
                }
                try running.signal(.interrupt)
            }
            attached.exits(130)
            #expect(try await scenario.running() == ["other"], "\(attached)")
            let name = scenario.name("other")
            #expect(try await scenario.runs()[name] == before[name], "\(attached)")
            #expect(!attached.output.contains("other speaks"), "\(attached)")
        }
    }

    @Test func ctrlCMustNotStopTheDependencyThatRanBefore() async throws {
        try await Scenario.with(AttachedScenarios.talking) { scenario in
            try await scenario.gantry("up", "-d", "db")
            let before = try await scenario.runs()
            let attached = try await scenario.whileRunning("up", "web") { running in
                try await running.waitForOutput("page one")
                try running.signal(.interrupt)
            }
            attached.exits(130)
            #expect(try await scenario.running() == ["db"], "\(attached)")
            #expect(try await scenario.runs()[scenario.name("db")] == before[scenario.name("db")])
        }
    }

    /// The last one turns off the light.
    @Test func ctrlCMustLeaveWhatAnotherRunNeeds() async throws {
        let compose = AttachedScenarios.talking.replacing("  other:", with: "  admin:\n    depends_on: [db]")
        try await Scenario.with(compose) { scenario in
            let first = try await scenario.whileRunning("up", "web") { first in
                try await first.waitForOutput("page one")
                let second = try await scenario.whileRunning("up", "admin") { second in
                    try await second.waitForOutput("other speaks")
                    try await scenario.wait(for: "all") { try await scenario.running() == ["db", "web", "admin"] }
                    try first.signal(.interrupt)
                    try await first.waitForError("db stays, because admin needs it.")
                    try await scenario.wait(for: "web's end") { try await scenario.running() == ["db", "admin"] }
                    try second.signal(.interrupt)
                }
                second.exits(130)
                #expect(try await scenario.running() == [], "\(second)")
            }
            first.exits(130)
        }
    }

    @Test func runsThatEndAtOnceMustLeaveNothing() async throws {
        let slow = "sh -c 'trap \"sleep 1; exit 0\" TERM; echo $$0 speaks; while :; do sleep 0.1; done'"
        let compose = """
            services:
              db: {image: busybox, init: true, command: sleep infinity}
              web: {image: busybox, depends_on: [db], command: \(slow) web}
              admin: {image: busybox, depends_on: [db], command: \(slow) admin}
            """
        try await Scenario.with(compose) { scenario in
            let first = try await scenario.whileRunning("up", "web") { first in
                try await first.waitForOutput("web speaks")
                let second = try await scenario.whileRunning("up", "admin") { second in
                    try await second.waitForOutput("admin speaks")
                    try first.signal(.interrupt)
                    try second.signal(.interrupt)
                }
                second.exits(130)
            }
            first.exits(130)
            #expect(try await scenario.running() == [], "\(first)")
        }
    }

    @Test(arguments: [["up", "-d", "db"], ["up", "-d", "web"], ["start", "db"]])
    func ctrlCMustLeaveWhatWasAskedForMeanwhile(arguments: [String]) async throws {
        try await Scenario.with(AttachedScenarios.talking) { scenario in
            let attached = try await scenario.whileRunning("up", "web") { running in
                try await running.waitForOutput("page one")
                try await scenario.command(arguments).run().exits(0)
                try running.signal(.interrupt)
            }
            let service = arguments[arguments.count - 1]
            attached.exits(130).says("\(service) stays, because another command has asked for it since.")
            #expect(try await scenario.running() == (service == "db" ? ["db"] : ["db", "web"]), "\(attached)")
        }
    }

    @Test func ctrlCTypedOnATerminalMustStopTheRun() async throws {
        try await Scenario.with(AttachedScenarios.talking) { scenario in
            let attached = try await scenario.whileRunning("up", onTerminal: true) { running in
                try await running.waitForOutput("page one")
                try await running.waitForOutput("database speaks")
                try await running.type("\u{3}")
            }
            attached.exits(130)
            #expect(try await scenario.running() == [], "\(attached)")
            #expect(attached.output.contains("\u{1B}["), "a terminal gets colours\n\(attached)")
        }
    }

    @Test func sigtermMustStopTheRun() async throws {
        try await Scenario.with(AttachedScenarios.talking) { scenario in
            let attached = try await scenario.whileRunning("up") { running in
                try await running.waitForOutput("page one")
                try running.signal(.terminate)
            }
            attached.exits(143)
            #expect(try await scenario.running() == [], "\(attached)")
        }
    }

    @Test func aSecondCtrlCMustKillWhatDoesNotStop() async throws {
        let compose = """
            services:
              deaf:
                image: busybox
                command: sh -c 'trap "echo not me" TERM; echo up; while :; do sleep 0.1; done'
                stop_grace_period: 10m
            """
        try await Scenario.with(compose) { scenario in
            let attached = try await scenario.whileRunning("up") { running in
                try await running.waitForOutput("up\n")
                try running.signal(.interrupt)
                try await running.waitForOutput("not me")
                try running.signal(.interrupt)
            }
            attached.exits(130)
            #expect(try await scenario.container(of: "deaf").exitCode == 137, "\(attached)")
        }
    }

    // MARK: Keeping

    private static let failing = """
        services:
          job:
            image: busybox
            init: true
            command: sh -c 'echo run; exit 3'
            deploy: {restart_policy: {condition: on-failure, delay: 1s, max_attempts: 2}}
          db:
            image: busybox
            init: true
            command: sleep infinity
        """

    @Test func delayAndAttemptsMustBeHeededAndTheRunEndWithTheLast() async throws {
        try await Scenario.with(AttachedScenarios.failing) { scenario in
            let attached = try await scenario.gantry("up", "job")
            attached.says("it is started again in 1s.", "2 restarts have failed, which is the limit.")
            let job = try await scenario.container(of: "job")
            #expect(job.restartPolicy == RestartPolicySpec(name: "on-failure", maximumRetries: 2), "\(attached)")
            let runs = attached.lines.count { $0.hasSuffix("| run") }
            #expect(try await scenario.log(of: "job") == String(repeating: "run\n", count: runs), "\(attached)")
        }
    }

    @Test func anEndThatIsToEndAllMustDoSoThoughItWouldBeRestarted() async throws {
        try await Scenario.with(AttachedScenarios.failing) { scenario in
            try await scenario.gantry("up", "--abort-on-container-exit", "-t", "1", exits: 3)
            #expect(try await scenario.running() == [])
        }
    }

    @Test func ctrlCDuringADelayMustStartNothingAndGiveThePolicyBack() async throws {
        let compose = AttachedScenarios.failing.replacing("delay: 1s", with: "delay: 10m")
        try await Scenario.with(compose) { scenario in
            let attached = try await scenario.whileRunning("up") { running in
                try await running.waitForError("it is started again in 10m0s.")
                let other = try await scenario.gantry("supervise", exits: 1)
                other.says("is kept by gantry up (process")
                try running.signal(.interrupt)
            }
            attached.exits(130)
            #expect(try await scenario.running() == [], "\(attached)")
            #expect(try await scenario.container(of: "job").restartPolicy?.name == "on-failure", "\(attached)")
        }
    }

    @Test func whatRanBeforeMustGoOnThoughTheRunHasRestartedIt() async throws {
        let compose = AttachedScenarios.talking.replacing(
            "command: sh -c 'echo database speaks; sleep infinity'",
            with: """
                command: sleep infinity
                    healthcheck: {test: "test ! -e /ill", interval: 1s, retries: 1}
                    x-gantry: {on_unhealthy: restart}
                """)
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d", "db")
            let before = try await scenario.runs()
            let attached = try await scenario.whileRunning("up", "web") { running in
                try await running.waitForOutput("page one")
                let db = try await scenario.container(of: "db").id
                let fail = try await scenario.engine.createExec(
                    ExecSpec(command: ["sh", "-c", "touch /ill; (sleep 2; rm /ill) &"]), in: db)
                try await scenario.engine.withExec(fail, terminal: false) { connection in
                    for try await _ in connection.output {}
                }
                try await running.waitForError("\(scenario.name("db"))  Started")
                try running.signal(.interrupt)
            }
            attached.exits(130).says("db-1 is unhealthy; it is restarted in 1s (attempt 1 of 5).")
            #expect(try await scenario.running() == ["db"], "\(attached)")
            #expect(try await scenario.runs()[scenario.name("db")] != before[scenario.name("db")], "\(attached)")
        }
    }

    @Test func everyLineMustComeOnceWithItsNameInColumns() async throws {
        let compose = """
            services:
              a:
                image: busybox
                command: seq 1 200
              longer-name:
                image: busybox
                command: sh -c 'seq 1 200 >&2'
            """
        try await Scenario.with(compose) { scenario in
            let attached = try await scenario.gantry("up")
            // A container's standard error goes to the command's.
            let lines = (attached.output + attached.error).split(separator: "\n").filter { $0.contains(" | ") }
            let columns = Set(lines.map { $0.prefix { $0 != "|" }.count })
            #expect(columns.count == 1, "\(attached)")
            for service in ["a", "longer-name"] {
                let own = lines.filter { $0.hasPrefix("\(service)-1 ") }
                let numbers = own.compactMap { $0.split(separator: "|").last.map { $0.trimmingPrefix(" ") } }
                #expect(numbers.filter { Int($0) != nil } == (1...200).map { "\($0)"[...] }, "\(attached)")
            }
        }
    }

    @Test func upMustEndWhenItsContainersHaveEnded() async throws {
        let compose = """
            services:
              first:
                image: busybox
                command: echo done first
              second:
                image: busybox
                command: echo done second
                depends_on:
                  first: {condition: service_completed_successfully}
            """
        try await Scenario.with(compose) { scenario in
            let attached = try await scenario.gantry("up")
            #expect(attached.output.contains("done first") && attached.output.contains("done second"), "\(attached)")
            let (first, second) = (
                try await scenario.container(of: "first"), try await scenario.container(of: "second")
            )
            let (end, start) = (try #require(first.finishedAt), try #require(second.startedAt))
            #expect(end <= start)
        }
    }

    @Test func aStackThatFailsToComeUpMustBeTakenBackWhenAttachedToo() async throws {
        let compose = """
            services:
              db:
                image: busybox
                init: true
                command: sleep infinity
                healthcheck: {test: "exit 1", interval: 1s, retries: 1}
              web:
                image: busybox
                init: true
                command: sleep infinity
                depends_on:
                  db: {condition: service_healthy}
            """
        try await Scenario.with(compose) { scenario in
            let failed = try await scenario.gantry("up", exits: 1)
            failed.says(scenario.name("db"), "unhealthy")
            try await scenario.expectNothing("\(failed)")
        }
    }
}
