import EngineAPI
import Subprocess
import Testing

/// Lines arrive once, in order, and go on through restarts.
@Suite(.onEngine) struct LogScenarios {
    private static let countdown = """
        services:
          web:
            image: busybox
            init: true
            command: sh -c 'echo "run of $$(cat /proc/sys/kernel/random/uuid)"; seq 1 100; sleep infinity'
            stop_grace_period: 1s
        """

    @Test func followingMustSurviveAContainersRestart() async throws {
        try await Scenario.with(LogScenarios.countdown) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let followed = try await scenario.whileRunning("logs", "-f") { running in
                for run in 1...3 {
                    try await running.transcript.wait(for: "the end of run \(run)") {
                        LogScenarios.numbers($0.output).count { $0 == 100 } == run
                    }
                    guard run < 3 else { break }
                    try await scenario.gantry("stop")
                    try await scenario.gantry("start")
                }
                try running.signal(.interrupt)
            }
            let once = Array(1...100)
            #expect(LogScenarios.numbers(followed.output) == once + once + once, "\(followed)")
            #expect(followed.code == 130)
        }
    }

    @Test func followingMustGoOnWithTheReplacementOfAContainer() async throws {
        try await Scenario.with(LogScenarios.countdown) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let followed = try await scenario.whileRunning("logs", "-f") { running in
                try await running.transcript.wait(for: "100") { LogScenarios.numbers($0.output).contains(100) }
                try await scenario.gantry("up", "-d", "--force-recreate")
                try await running.transcript.wait(for: "100 twice") {
                    LogScenarios.numbers($0.output).count { $0 == 100 } == 2
                }
                try running.signal(.interrupt)
            }
            #expect(LogScenarios.numbers(followed.output) == Array(1...100) + Array(1...100), "\(followed)")
        }
    }

    @Test func linesOfAllServicesMustBeInTheOrderOfTheirTimes() async throws {
        // Each line of one service is written because it saw a line of the other: there is only one order.
        let compose = """
            services:
              ping:
                image: busybox
                command: sh -c 'for i in $$(seq 1 2 39); do echo $$i; echo >/turn/$$i; until test -e /turn/$$((i+1)); do sleep 0.01; done; done'
                volumes: [turn:/turn]
              pong:
                image: busybox
                command: sh -c 'for i in $$(seq 2 2 40); do until test -e /turn/$$((i-1)); do sleep 0.01; done; echo $$i; echo >/turn/$$i; done'
                volumes: [turn:/turn]
            volumes:
              turn:
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            try await scenario.wait(for: "the end of both") { try await scenario.running().isEmpty }
            let logs = try await scenario.gantry("logs")
            #expect(LogScenarios.numbers(logs.output) == Array(1...40), "\(logs)")
            let bare = try await scenario.gantry("logs", "--no-log-prefix")
            #expect(bare.lines == (1...40).map(String.init), "\(bare)")
        }
    }

    @Test func theLastLinesMustBeCountedPerService() async throws {
        let compose = """
            services:
              a: {image: busybox, command: seq 1 50}
              b: {image: busybox, command: seq 51 100}
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up")
            let logs = try await scenario.gantry("logs", "-n", "3")
            #expect(LogScenarios.numbers(logs.output).sorted() == [48, 49, 50, 98, 99, 100], "\(logs)")
            let timed = try await scenario.gantry("logs", "-t", "-n", "1", "--no-log-prefix", "a")
            let words = timed.output.split(separator: " ")
            #expect(words.first.flatMap { EngineTime(String($0)) } != nil, "\(timed)")
            let one = try await scenario.gantry("logs", "b")
            #expect(LogScenarios.numbers(one.output) == Array(51...100), "\(one)")
        }
    }

    @Test func aReaderThatLeavesMustEndTheCommandQuietly() async throws {
        let compose = """
            services:
              a: {image: busybox, command: seq 1 100000}
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            try await scenario.wait(for: "the end") { try await scenario.running().isEmpty }
            var command = try scenario.command(["-o", "pipefail", "-c", "\"$0\" logs --no-log-prefix | head -n 2"])
            command.arguments.append(command.program)
            command.program = "/bin/bash"
            let outcome = try await command.run().exits(0)
            #expect(outcome.output == "1\n2\n")
            #expect(outcome.error == "", "\(outcome)")
        }
    }

    @Test func controlCharactersMustNotReachATerminal() async throws {
        let compose = #"""
            services:
              rude: {image: busybox, command: ["printf", "title \\033]0;mine\\007 end\\n"]}
            """#
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up")
            let shown = try await scenario.whileRunning("logs", onTerminal: true) { _ in }
            #expect(shown.output.contains("title") && shown.output.contains("end"), "\(shown)")
            #expect(!shown.output.contains("\u{1B}]0;"), "a container may not set the terminal's title")
        }
    }

    /// The lines that are numbers, after their prefix.
    private static func numbers(_ text: String) -> [Int] {
        text.split(separator: "\n").compactMap { line in
            line.split(separator: "|").last.flatMap { Int($0.trimmingPrefix(" ")) }
        }
    }
}
