import FoundationEssentials
import Subprocess
import Testing

/// What nobody is to see: the secrets in lines are not on the disk, those in settings are shown nowhere.
@Suite(.onEngine) struct SecrecyScenarios {
    /// Letters and digits that occur nowhere else.
    private static func token(_ length: Int, of letters: String = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789") -> String {
        String((0..<length).compactMap { _ in letters.randomElement() })
    }

    /// 16 digits, the last of which makes a card number of them.
    private static func card() -> String {
        let digits = [4] + (0..<14).map { _ in Int.random(in: 0...9) }
        let sum = digits.enumerated().reduce(0) { sum, digit in
            let value = digit.offset % 2 == 0 ? digit.element * 2 : digit.element
            return sum + (value > 9 ? value - 9 : value)
        }
        return (digits + [(10 - sum % 10) % 10]).map(String.init).joined()
    }

    /// Secrets, and the lines that hold them, of all kinds that are known by their form and by the project's own rules.
    private static func corpus(_ count: Int) -> [(secret: String, lines: String)] {
        (0..<count).map { number in
            let secret = token(40)
            // Across the bound at which the engine divides a line.
            let padding = String(repeating: "x", count: 16_384 - number % 60)
            return switch number % 12 {
            case 0: (secret, "export DB_PASSWORD=\(secret)")
            case 1: (secret, "> Authorization: Basic \(secret)")
            case 2: (secret, "connecting to postgres://app:\(secret)@db:5432/shop")
            case 3: (secret, #"{"level":"info","sessionKey":"\#(secret)","n":\#(number)}"#)
            case 4: ("AKIA" + secret.prefix(16), "using AKIA\(secret.prefix(16)) for uploads")
            case 5: ("ghp_" + secret, "cloning with ghp_\(secret)")
            case 6: (secret, "cookie eyJhbGciOiJIUzI1NiJ9.\(secret).\(secret)")
            case 7:
                { (card: String) in (card, "charged \(card)") }(card())
            case 8: (secret, "PIN=\(secret) was right")
            case 9: (secret, "-----BEGIN PRIVATE KEY-----\n\(secret)\n-----END PRIVATE KEY-----")
            case 10: (secret, "\(padding) password: '\(secret)'")
            default: (secret, #"nested "{\"client_secret\": \"\#(secret)\"}""#)
            }
        }
    }

    /// Where any of the texts stands in the files of a folder: their names.
    private static func files(in folder: String, with texts: [String], of scenario: Scenario) async throws -> [String] {
        try scenario.write(texts.joined(separator: "\n") + "\n", to: "texts")
        let grep = Command(
            program: "/usr/bin/grep",
            arguments: ["-r", "-l", "-a", "-F", "-f", scenario.folder + "/texts", folder],
            environment: TestBed.basicEnvironment, folder: "/")
        return try await grep.run().lines
    }

    @Test func aThousandSecretsInLinesMustNotReachTheDisk() async throws {
        let corpus = Self.corpus(1000)
        let lines = corpus.map { "marker \($0.lines)" }.joined(separator: "\n")
        // What nobody answers keeps everything in the spool.
        let compose = """
            services:
              talker: {image: busybox, command: [cat, /lines], volumes: ['./lines:/lines:ro']}
            x-gantry:
              logs:
                sinks: {file: 'file:./shipped/out.jsonl', nobody: 'http://127.0.0.1:9/'}
                routes: [{redact_builtin: all, redact: ['(?i)pin=\\K\\S+'], redact_keys: [sessionKey], to: [file, nobody]}]
            """
        try await Scenario.with(["compose.yaml": compose, "lines": lines + "\n"]) { scenario in
            try await scenario.gantry("up", "-d", "--no-rollback")
            try await scenario.wait(for: "the end") {
                try await scenario.log(of: "talker").utf8.count >= lines.utf8.count
            }
            try await scenario.gantry("ship", "--once", "--drain-timeout", "3", exits: 1)
            let secrets = corpus.map(\.secret)
            for folder in [scenario.stateFolder, scenario.folder + "/shipped"] {
                #expect(try await !Self.files(in: folder, with: ["marker"], of: scenario).isEmpty, "nothing is there")
                let leaks = try await Self.files(in: folder, with: secrets, of: scenario)
                print("T18 secrets in lines: \(secrets.count), on the disk in \(leaks.count) files")
                #expect(leaks.isEmpty)
            }
        }
    }

    @Test func theSecretsOfSinksMustBeShownNowhere() async throws {
        let secrets = (0..<9).map { _ in Self.token(20) }
        let echo = secrets.prefix(4).joined(separator: " ")
        let answer = "HTTP/1.1 500 Broken\r\nContent-Length: \(echo.utf8.count)\r\n\r\n\(echo)"
        try await Listener.withPort(answering: answer) { listener in
            let compose = """
                services:
                  talker: {image: busybox, init: true, command: [sh, -c, 'echo one; exec sleep infinity']}
                x-gantry:
                  logs:
                    sinks:
                      hook: {url: 'http://127.0.0.1:\(listener.port)/in', token: \(secrets[0]), secret: \(secrets[1]),
                             header: {X-Key: \(secrets[2])}, query: {key: \(secrets[3])}}
                      redis: 'redis://shipper:\(secrets[4])@127.0.0.1:9'
                      s3: {url: 's3+http://127.0.0.1:9/bucket', access_key: me, secret_key: \(secrets[5])}
                      forward: {url: 'forward://shipper:\(secrets[6])@127.0.0.1:9', shared_key: \(secrets[7])}
                """
            try await Scenario.with(compose) { scenario in
                try await scenario.gantry("up", "-d")
                let told = try await Self.outputs(of: scenario, secrets[8])
                for secret in secrets {
                    for (what, text) in told where text.contains(secret) {
                        Issue.record("\(what) shows \(secret):\n\(text)")
                    }
                }
                let leaks = try await Self.files(in: scenario.stateFolder, with: secrets, of: scenario)
                print("T18 secrets of sinks: \(secrets.count), on the disk in \(leaks.count) files")
                #expect(leaks.isEmpty)
            }
        }
    }

    /// What commands about the sinks say while a shipper runs and fails, by what it is; `token` is one more sink's.
    private static func outputs(of scenario: Scenario, _ token: String) async throws -> [String: String] {
        let ended = try await scenario.whileRunning("ship", "--drain-timeout", "1") { running in
            for sink in ["hook", "redis", "s3", "forward"] { try await running.waitForError(sink) }
            for arguments in [["--status"], ["--status", "--format", "json"]] {
                let status = try await scenario.command(["ship"] + arguments).run().exits(0)
                #expect(status.output.contains("hook"))
            }
            try running.signal(.terminate)
        }
        var told = ["the shipper": ended.description]
        let sink = "hec+http://127.0.0.1:9?token=\(token)"
        for arguments in [
            ["ship", "--status"], ["ship", "--status", "--format", "json"], ["sink", "ls"], ["sink", "check", "hook"],
            ["sink", "check", "redis"], ["sink", "check", "s3"], ["sink", "check", "forward"], ["ship", "dlq", "ls"],
            ["plan"], ["releases"], ["ship", "--print-unit"], ["ship", "--print-unit", "--sink", sink],
            ["ship", "--once", "--drain-timeout", "1", "--sink", sink],
        ] {
            let outcome = try await scenario.command(arguments).run()
            // What is typed is shown; what a command says of it is not.
            told[arguments.joined(separator: " ")] = outcome.output + outcome.error
        }
        return told
    }
}
