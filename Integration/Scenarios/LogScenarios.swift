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

    @Test func followingMustSurviveWhatTheEngineRestarts() async throws {
        let compose = """
            services:
              web:
                image: busybox
                restart: always
                command: sh -c 'echo >>/runs/count; seq 1 100; test $$(wc -l </runs/count) -lt 4 || sleep infinity'
                init: true
                volumes: [runs:/runs]
            volumes:
              runs:
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d")
            let followed = try await scenario.whileRunning("logs", "-f") { running in
                try await running.transcript.wait(for: "four runs") {
                    LogScenarios.numbers($0.output).count { $0 == 100 } == 4
                }
                try running.signal(.interrupt)
            }
            #expect(LogScenarios.numbers(followed.output) == (1...4).flatMap { _ in 1...100 }, "\(followed)")
            #expect(followed.code == 130)
        }
    }

    @Test func followingMustSurviveStopAndStart() async throws {
        let keeper = "  keeper: {image: busybox, init: true, command: sleep infinity}"
        try await Scenario.with(LogScenarios.countdown + "\n" + keeper) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let followed = try await scenario.whileRunning("logs", "-f") { running in
                for run in 1...3 {
                    try await running.transcript.wait(for: "the end of run \(run)") {
                        LogScenarios.numbers($0.output).count { $0 == 100 } == run
                    }
                    guard run < 3 else { break }
                    try await scenario.gantry("stop", "web")
                    try await scenario.gantry("start", "web")
                }
                try running.signal(.interrupt)
            }
            #expect(LogScenarios.numbers(followed.output) == (1...3).flatMap { _ in 1...100 }, "\(followed)")
        }
    }

    @Test func followingMustEndWhenTheProjectHasStopped() async throws {
        try await Scenario.with(LogScenarios.countdown) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let followed = try await scenario.whileRunning("logs", "-f") { running in
                try await running.transcript.wait(for: "100") { LogScenarios.numbers($0.output).contains(100) }
                try await scenario.gantry("down")
            }
            #expect(LogScenarios.numbers(followed.output) == Array(1...100), "\(followed)")
            #expect(followed.code == 0)
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
        // The two take turns, so that their lines alternate closely.
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
            let logs = try await scenario.gantry("logs", "-t", "--no-log-prefix")
            let words = logs.lines.map { $0.split(separator: " ") }
            let times = words.compactMap { $0.first.flatMap { EngineTime(String($0)) } }
            #expect(times.count == 40 && times == times.sorted(), "\(logs)")
            let numbers = words.compactMap { $0.last.flatMap { Int($0) } }
            #expect(numbers.sorted() == Array(1...40), "\(logs)")
            let bare = try await scenario.gantry("logs", "--no-log-prefix")
            #expect(bare.lines == numbers.map(String.init), "\(bare)")
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

    @Test func whatContainersDoMustBeSaidOnATerminalAndKeptOutOfAPipe() async throws {
        let compose = """
            services:
              web: {image: busybox, init: true, command: sh -c 'echo up; sleep infinity', stop_grace_period: 1s}
            """
        try await Scenario.with(compose) { scenario in
            let play: @Sendable (RunningCommand, @escaping (Transcript) -> String) async throws -> Void = {
                running, said in
                try await running.transcript.wait(for: "its line") { $0.output.contains("up") }
                for (command, notice) in [
                    (["restart", "web"], "restarted (exit 143)"), (["up", "-d", "--force-recreate"], "was replaced"),
                    (["down"], "exited (exit 143)"),
                ] {
                    _ = try await scenario.command(command).run().exits(0)
                    try await running.transcript.wait(for: notice) { said($0).contains("-- web-1 \(notice) --") }
                }
            }
            try await scenario.gantry("up", "-d", "--wait")
            let piped = try await scenario.whileRunning("logs", "-f") { try await play($0) { $0.error } }
            #expect(piped.lines == Array(repeating: "web-1  | up", count: 3) && piped.code == 0, "\(piped)")
            try await scenario.gantry("up", "-d", "--wait")
            let shown = try await scenario.whileRunning("logs", "-f", onTerminal: true) {
                try await play($0) { $0.output }
            }
            let order = shown.output.split(whereSeparator: \.isNewline).compactMap { line in
                ["restarted", "replaced", "exited", "up"].first { line.contains($0) }
            }
            #expect(order == ["up", "restarted", "up", "replaced", "up", "exited"], "\(shown)")
        }
    }

    @Test func whatIsAskedForMustBeShown() async throws {
        let compose = #"""
            services:
              web-a:
                image: busybox
                command: ["printf", "[info] a\\n\\033[31mERROR\\033[0m disk full\\n  at one\\n[warn] b\\nplain\\n"]
              web-b: {image: busybox, command: "seq 1 9"}
              db: {image: busybox, command: "seq 1 3"}
            """#
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up")
            let errors = try await scenario.gantry("logs", "--level", "error")
            #expect(errors.lines == ["web-a-1  | ERROR disk full", "web-a-1  |   at one"], "\(errors)")
            let near = try await scenario.gantry("logs", "--grep", "^[37]$", "-C", "1", "--no-log-prefix", "web-b")
            #expect(near.lines == ["2", "3", "4", "--", "6", "7", "8"], "\(near)")
            let some = try await scenario.gantry("logs", "--services", "web-*", "--exclude", "[a-z]{2}|[1-8]")
            #expect(some.lines == ["web-b-1  | 9"], "\(some)")
            let marked = try await scenario.whileRunning("logs", "--grep", "disk", onTerminal: true) { _ in }
            #expect(marked.output.contains("ERROR \u{1B}[1;31mdisk\u{1B}[0m full"), "\(marked)")
            let bare = try await scenario.gantry("--ansi", "never", "logs", "--grep", "disk")
            #expect(bare.lines == ["web-a-1  | ERROR disk full"])
            let json = try await scenario.gantry("logs", "--json", "--grep", "disk")
            #expect(json.lines.count == 1 && json.output.hasPrefix("{\"time\":\"2"), "\(json)")
            for fact in [
                #""stream":"stdout","level":"error","project":"\#(scenario.project)","service":"web-a","replica":1,"#,
                #""message":"\u001b[31mERROR\u001b[0m disk full"}"#,
            ] { #expect(json.output.contains(fact), "\(json)") }
            let wrong = try await scenario.gantry("logs", "web-x", exits: 1)
            #expect(wrong.error.contains("did you mean \"web-a\"?"), "\(wrong)")
        }
    }

    @Test func labelsMustSufficeWithoutAFile() async throws {
        try await Scenario.with("services: {web: {image: busybox, command: seq 1 3}}") { scenario in
            try await scenario.gantry("up")
            var command = try scenario.command(["-p", scenario.project, "logs", "--services", "w?b"])
            command.folder = "/"
            #expect(LogScenarios.numbers(try await command.run().exits(0).output) == [1, 2, 3])
            command.arguments = ["-p", scenario.project, "logs", "wbe"]
            let wrong = try await command.run().exits(1)
            #expect(wrong.error.contains("there is no service \"wbe\"") && wrong.error.contains("\"web\"?"), "\(wrong)")
        }
    }

    @Test func bytesMustComeAsTheyWereWritten() async throws {
        // The json-file driver keeps text; the local one keeps bytes.
        let compose = #"""
            services:
              web:
                image: busybox
                command: ["printf", "a\\000b\\r\\n\\377\\033[2J\\nno newline"]
                logging: {driver: local}
            """#
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d")
            try await scenario.wait(for: "the end") { try await scenario.running().isEmpty }
            let command = try scenario.command(["-c", "\"$0\" logs --no-log-prefix | od -An -c", TestBed.binary ?? ""])
            var shell = command
            shell.program = "/bin/sh"
            let bytes = try await shell.run().exits(0).output.split { " \n".contains($0) }.joined(separator: " ")
            #expect(bytes == #"a \0 b \r \n 377 033 [ 2 J \n n o n e w l i n e"#)
        }
    }

    @Test func linesOfContainersThatWereReplacedMustBeKept() async throws {
        let compose = """
            services:
              web: {image: busybox, command: sh -c 'echo "run of $$NAME"; sleep infinity', init: true, environment: [NAME]}
            """
        try await Scenario.with(compose, environment: ["NAME": "one"]) { scenario in
            let unknown = try await scenario.gantry("logs", "--since-last-up", exits: 1)
            #expect(unknown.error.contains("no `gantry up` of project"), "\(unknown)")
            try await scenario.gantry("up", "-d", "--wait")
            let nothing = try await scenario.gantry("logs", "--previous")
            #expect(nothing.output == "" && nothing.error.contains("Nothing is kept"), "\(nothing)")
            var second = scenario
            second.environment["NAME"] = "two"
            try await second.gantry("up", "-d", "--wait")
            let previous = try await scenario.gantry("logs", "--previous")
            #expect(previous.output == "web-1  | run of one\n" && previous.error == "-- web-1 was removed --\n")
            #expect(try await scenario.gantry("logs", "--since-last-up").output == "web-1  | run of two\n")
            try await scenario.gantry("down", "-t", "1")
            // Nothing comes after what `down` removes.
            let kept = try await scenario.gantry("logs", "--previous", "web")
            #expect(kept.output == "web-1  | run of one\n", "\(kept)")
        }
    }

    /// The lines that are numbers, after their prefix.
    private static func numbers(_ text: String) -> [Int] {
        text.split(separator: "\n").compactMap { line in
            line.split(separator: "|").last.flatMap { Int($0.trimmingPrefix(" ")) }
        }
    }
}
