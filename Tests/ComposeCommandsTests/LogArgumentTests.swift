import ArgumentParser
import ComposeLogs
import EngineAPI
import LogProcessing
import SinkAPI
import Testing

@testable import ComposeCommands

@Suite struct LogArgumentTests {
    private func logs(_ arguments: [String]) throws -> LogsCommand {
        try #require(try GantryCommand.parseAsRoot(["logs"] + arguments) as? LogsCommand)
    }

    @Test func linesAreAskedForAsWithGrep() throws {
        let query = try #require(
            try logs(["--grep", "a", "--grep", "b", "--exclude", "c", "-i", "-C", "3", "-A", "1", "--level", "WARN"])
                .lines.query())
        #expect(query.include.map(\.description) == ["(?i)a", "(?i)b"])
        #expect(query.exclude.map(\.description) == ["(?i)c"])
        #expect(query.before == 3 && query.after == 1 && query.level == .warning && query.separates)
        let json = try #require(try logs(["--json"]).lines.query())
        #expect(json.tellsLevels && !json.selects && !json.separates)
        #expect(try logs([]).lines.query() == nil)
        #expect(try logs(["-f", "-n", "5", "-t", "web"]).services == ["web"])
    }

    @Test(arguments: [
        (["--grep", "ä("], "--grep: the pattern \"ä(\" is no regular expression: missing closing parenthesis"),
        (["--grep", "ä("], "which is column 3."), (["-i", "--exclude", "["], "--exclude: the pattern \"[\" is"),
        (["--level", "wrning"], "There is no level \"wrning\" (did you mean \"warning\"?)."),
    ])
    func aWrongPatternOrLevelIsExplained(arguments: [String], expected: String) throws {
        let lines = try logs(arguments).lines
        let error = #expect(throws: (any Error).self) { try lines.query() }
        #expect(error.map { GantryCommand.message(for: $0) }?.contains(expected) == true, "\(error as Any)")
    }

    @Test(arguments: [
        (["-n", "x"], "--tail x is neither"), (["--index", "1"], "the one service"),
        (["--index", "1", "a", "b"], "the one service"), (["--previous", "-f"], "nothing to follow"),
        (["--since", "1h", "--since-last-up"], "exclude each other"), (["--context=-1"], "--context -1 is not from 0"),
    ])
    func wrongArgumentsAreExplained(arguments: [String], expected: String) {
        let error = #expect(throws: (any Error).self) { try logs(arguments) }
        #expect(error.map { GantryCommand.message(for: $0) }?.contains(expected) == true, "\(error as Any)")
    }

    @Test func servicesAreNamedOrMatched() throws {
        let services = LogServices(project: "shop", known: ["web-a", "web-b", "db"])
        #expect(try services.named(["db"], matching: ["web-?"]) == ["db", "web-a", "web-b"])
        for (names, patterns, expected) in [
            (["bd"], [], "no service \"bd\" in project shop (did you mean \"db\"?)"),
            ([], ["wen-a*"], "matches \"wen-a*\" (did you mean \"web-a\"?)"),
            ([], ["q*"], "matches \"q*\"; its services are db, web-a, web-b"),
        ] {
            let error = #expect(throws: (any Error).self) { try services.named(names, matching: patterns) }
            #expect(error.map { "\($0)" }?.contains(expected) == true, "\(error as Any)")
        }
    }

    @Test func aRecordIsAnObjectWithTheNamesOfTheSinks() {
        var formatter = JSONLogFormatter()
        let source = LogSource(
            container: "c0ffee", name: "shop-web-2", project: "shop", service: "web", number: 2)
        var output: [UInt8] = []
        var record = LogRecord(
            source: source, stream: .stderr, time: EngineTime(nanoseconds: 1_704_067_200_000_000_001),
            line: [0x61, 0x00, 0xFF, 0x22], level: .error)
        formatter.append(record, to: &output)
        #expect(
            String(decoding: output, as: UTF8.self) == """
                {"time":"2024-01-01T00:00:00.000000001Z","stream":"stderr","level":"error","project":"shop",\
                "service":"web","replica":2,"name":"shop-web-2","container":"c0ffee",\
                "message":"a\\u0000\u{FFFD}\\"","invalid_utf8":true}

                """)
        output = []
        record.flags = .notice
        record.line = Array("-- web-2 exited --".utf8)[...]
        formatter.append(record, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == "-- web-2 exited --\n")
    }
}
