import EngineAPI
import EngineTesting
import Subprocess
import Testing

/// `run`: one command in a further container of a service.
@Suite(.onEngine) struct RunScenarios {
    private static let stack = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            healthcheck: {test: "test -e /ready", interval: 600s}
            post_start: [{command: touch /ready}]
          web:
            image: busybox
            init: true
            command: sleep infinity
            restart: always
            stop_grace_period: 1s
            ports: ["80"]
            depends_on: {db: {condition: service_healthy}}
          tool:
            image: busybox
            profiles: [tools]
            entrypoint: echo
            command: the default
        """

    @Test func itMustBringUpWhatItNeedsAndPassOnOutputAndExitCode() async throws {
        try await Scenario.with(RunScenarios.stack) { scenario in
            let run = try await scenario.gantry(
                "run", "--name", scenario.name("once"), "web", "sh", "-c", "echo out; echo err >&2; exit 7", exits: 7)
            #expect(run.output == "out\n", "\(run)")
            run.says("err\n")
            #expect(try await scenario.running() == ["db"])
            let once = try await scenario.container(of: "web")
            #expect(once.name == scenario.name("once") && once.exitCode == 7)
            #expect(once.restartCount == 0 && !once.terminal)
            let summary = try #require(try await scenario.containers(of: "web").first)
            #expect(summary.labels["com.docker.compose.oneoff"] == "True" && summary.ports.isEmpty)
        }
    }

    @Test func everyByteMustArrive() async throws {
        try await Scenario.with(RunScenarios.stack) { scenario in
            let run = try await scenario.gantry(
                "run", "--rm", "--no-deps", "web", "sh", "-c", "seq 200000; printf end")
            let expected = (1...200_000).map { "\($0)\n" }.joined() + "end"
            #expect(run.output == expected)
        }
    }

    @Test func aTemporaryContainerMustBeGoneWhenTheCommandEnds() async throws {
        try await Scenario.with(RunScenarios.stack) { scenario in
            for _ in 0..<3 {
                try await scenario.gantry("run", "--rm", "--no-deps", "--name", scenario.name("same"), "web", "true")
            }
            #expect(try await scenario.containers().isEmpty)
        }
    }

    @Test func aTerminalThatIsAskedForMustBeSaidToHaveNoEffect() async throws {
        try await Scenario.with(RunScenarios.stack) { scenario in
            let run = try await scenario.gantry("run", "--rm", "-it", "tool")
            run.says("-i and -t have no effect yet: the command gets neither input nor a terminal.")
        }
    }

    @Test func aProfileMustBeOnForTheServiceNamed() async throws {
        try await Scenario.with(RunScenarios.stack) { scenario in
            let own = try await scenario.gantry("run", "--rm", "tool")
            #expect(own.output == "the default\n", "\(own)")
            let other = try await scenario.gantry("run", "--rm", "tool", "hello", "-n", "--rm")
            #expect(other.output == "hello -n --rm\n", "\(other)")
        }
    }

    @Test func aFailingDependencyMustLeaveNothingBehind() async throws {
        let compose = """
            services:
              job: {image: busybox, command: sh -c 'echo no such table; exit 3'}
              web:
                image: busybox
                depends_on: {job: {condition: service_completed_successfully}}
            """
        try await Scenario.with(compose) { scenario in
            let run = try await scenario.gantry("run", "web", "true", exits: 1)
            run.says("\(scenario.name("job")) exited with code 3", "no such table")
            try await scenario.expectNothing()
        }
    }

    @Test func whatCannotStartMustLeaveOnlyItsDependencies() async throws {
        try await Scenario.with(RunScenarios.stack) { scenario in
            let run = try await scenario.gantry("run", "--entrypoint", "/nowhere", "tool", exits: 1)
            run.says("Could not start container", "/nowhere")
            #expect(try await scenario.containers().isEmpty)
            try await scenario.gantry("run", "-v", "/nowhere:/x:ro,rshared", "web", "true", exits: 1)
            #expect(try await scenario.running() == ["db"])
        }
    }

    @Test(arguments: [true, false])
    func aSignalMustReachTheContainer(isInterrupt: Bool) async throws {
        try await Scenario.with(RunScenarios.stack) { scenario in
            let script = "trap 'echo told; exit 9' INT TERM; echo ready; while :; do sleep 0.1; done"
            let run = try await scenario.whileRunning("run", "--rm", "--no-deps", "web", "sh", "-c", script) {
                running in
                try await running.waitForOutput("ready")
                try running.signal(isInterrupt ? .interrupt : .terminate)
            }
            run.exits(9).says("The signal was handed on to the command; press Ctrl-C again to stop its container.")
            #expect(run.output == "ready\ntold\n", "\(run)")
            #expect(try await scenario.containers().isEmpty)
        }
    }

    @Test func theSecondSignalMustStopWhatHeedsNone() async throws {
        try await Scenario.with(RunScenarios.stack) { scenario in
            let script = "trap '' INT TERM; echo ready; while :; do sleep 0.1; done"
            let run = try await scenario.whileRunning("run", "--rm", "--no-deps", "web", "sh", "-c", script) {
                running in
                try await running.waitForOutput("ready")
                // Two of a kind may become one before they arrive.
                try running.signal(.interrupt)
                try running.signal(.terminate)
            }
            run.exits(137)
            #expect(try await scenario.containers().isEmpty)
        }
    }

    @Test func detachedItMustPrintTheContainerAndDownMustTakeItAlong() async throws {
        try await Scenario.with(RunScenarios.stack) { scenario in
            let run = try await scenario.gantry("run", "-d", "web", "sleep", "infinity")
            let once = try await scenario.container(of: "web")
            #expect(run.output == "\(once.id)\n")
            // As with Docker Compose it is no part of the project's services.
            try await scenario.gantry("down", "-t", "1").says(once.name)
            #expect(try await scenario.running() == ["web"])
            try await scenario.gantry("down", "-t", "1", "--remove-orphans")
            try await scenario.expectNothing()
        }
    }

    @Test func aKilledCommandMustLeaveWhatItRanToDown() async throws {
        try await Scenario.with(RunScenarios.stack) { scenario in
            let run = try await scenario.whileRunning("run", "--rm", "web", "sh", "-c", "echo ready; sleep infinity") {
                try await $0.waitForOutput("ready")
                try $0.signal(.kill)
            }
            #expect(run.code == nil)
            try await scenario.gantry("down", "-t", "1", "--remove-orphans")
            try await scenario.expectNothing()
        }
    }

    /// A container of each tool, with the same options, differs in nothing but its name and what tells it from others.
    @Test(.besideDockerCompose)
    func itMustBeTheContainerThatDockerComposeMakes() async throws {
        try await Scenario.with(RunScenarios.stack) { scenario in
            let words = ["run", "-T", "-e", "A=1", "-l", "b=c", "--name"]
            try await scenario.command(words + [scenario.name("ours"), "tool", "hello"]).run().exits(0)
            var theirs = try scenario.command(words + [scenario.name("theirs"), "tool", "hello"])
            theirs.program = try #require(await TestBed.referenceCompose)
            try await theirs.run().exits(0)
            let containers = try await scenario.containers(of: "tool")
            let labels = containers.map { container in
                container.labels.filter {
                    !$0.key.hasPrefix("io.gantry.") && !$0.key.hasSuffix(".slug") && !$0.key.hasSuffix(".config-hash")
                }
            }
            #expect(labels.count == 2 && labels.first == labels.last)
        }
    }
}
