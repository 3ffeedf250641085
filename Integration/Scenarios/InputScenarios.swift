import EngineTesting
import FoundationEssentials
import Testing

/// Bad input ends a command with one sentence and a place, and changes nothing.
@Suite(.onEngine) struct InputScenarios {
    /// A file that cannot be used.
    struct Bad: Sendable, CustomTestStringConvertible {
        let what: String
        let compose: String
        /// What must be said; the first is the place.
        let says: [String]
        var testDescription: String { what }
    }

    private static let good = """
        services:
          web: {image: busybox, init: true, command: sleep infinity}
        """

    static let bad = [
        Bad(what: "invalid YAML", compose: "services:\n  web: [image: busybox\n", says: ["compose.yaml:"]),
        Bad(
            what: "a wrong type", compose: "services:\n  web:\n    image: busybox\n    ports: 80\n",
            says: ["compose.yaml:4:", "services.web.ports"]),
        Bad(
            what: "an unknown key", compose: "services:\n  web:\n    image: busybox\n    imgae: nginx\n",
            says: ["compose.yaml:4:", "imgae"]),
        Bad(
            what: "an undefined dependency",
            compose: "services:\n  web:\n    image: busybox\n    depends_on: [dbb]\n  db: {image: busybox}\n",
            says: ["compose.yaml:4:", "dbb", "did you mean \"db\""]),
        Bad(
            what: "an undefined network", compose: "services:\n  web:\n    image: busybox\n    networks: [inner]\n",
            says: ["compose.yaml:4:", "inner"]),
        Bad(
            what: "an undefined volume", compose: "services:\n  web:\n    image: busybox\n    volumes: [data:/data]\n",
            says: ["compose.yaml:4:", "data"]),
        Bad(
            what: "a cycle",
            compose: """
                services:
                  a: {image: busybox, depends_on: [b]}
                  b: {image: busybox, depends_on: [a]}
                """, says: ["compose.yaml:2:", "a -> b -> a"]),
        Bad(
            what: "a variable that must be set",
            compose: "services:\n  web:\n    image: busybox:${TAG:?tell me which}\n",
            says: ["compose.yaml:3:", "TAG", "tell me which"]),
        Bad(what: "an empty file", compose: "", says: ["compose.yaml"]),
        Bad(
            what: "neither image nor build", compose: "services:\n  web:\n    command: \"true\"\n",
            says: ["compose.yaml:", "image", "build"]),
    ]

    @Test(arguments: bad)
    func badFilesMustBeRefusedWithAPlace(bad: Bad) async throws {
        try await Scenario.with(InputScenarios.good) { scenario in
            try await scenario.gantry("up", "-d")
            let (state, runs) = (try await scenario.state(), try await scenario.runs())
            try scenario.write(bad.compose, to: "compose.yaml")
            for arguments in [["up", "-d"], ["plan"], ["config"]] {
                let outcome = try await scenario.command(arguments).run().exits(1)
                for text in bad.says { outcome.says(text) }
                #expect(outcome.output == "", "\(outcome)")
                #expect(!outcome.error.contains("Error("), "this is no sentence\n\(outcome)")
            }
            try await scenario.expectState(state)
            #expect(try await scenario.runs() == runs)
        }
    }

    @Test func upOfAFileWithoutServicesMustSaySoAndChangeNothing() async throws {
        try await Scenario.with(InputScenarios.good) { scenario in
            try await scenario.gantry("up", "-d")
            let state = try await scenario.state()
            try scenario.write("volumes: {data: {}}\n", to: "compose.yaml")
            try await scenario.gantry("up", "-d", exits: 1).says("service")
            try await scenario.expectState(state)
        }
    }

    @Test func allErrorsMustBeToldAtOnce() async throws {
        let compose = """
            services:
              web: {image: busybox, imgae: nginx, depends_on: [dbb]}
              db: {image: busybox, ports: 80}
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("up", "-d", exits: 1).says("imgae", "dbb", "services.db.ports")
            try await scenario.expectNothing()
        }
    }

    @Test func aMissingFileMustBeNamed() async throws {
        try await Scenario.with { scenario in
            try await scenario.gantry("up", "-d", exits: 1).says("compose.yaml", scenario.folder)
            try await scenario.gantry("-f", "elsewhere.yaml", "up", "-d", exits: 1).says("elsewhere.yaml")
            try await scenario.expectNothing()
        }
    }

    @Test func aFileThatCannotBeReadMustBeNamed() async throws {
        try await Scenario.with { scenario in
            // Root may read every file, but not a folder as a file.
            try FileManager.default.createDirectory(
                atPath: scenario.folder + "/compose.yaml", withIntermediateDirectories: false)
            try await scenario.gantry("up", "-d", exits: 1).says("compose.yaml")
            try await scenario.expectNothing()
        }
    }

    @Test func aServiceThatIsNotThereMustBeNamedWithASuggestion() async throws {
        try await Scenario.with(InputScenarios.good) { scenario in
            for command in ["up", "stop", "start", "down", "logs", "ps"] {
                let outcome = try await scenario.gantry(command, "wbe", exits: 1)
                outcome.says("\"wbe\"", "web")
            }
            try await scenario.expectNothing()
        }
    }

    @Test func aFileOnStandardInputMustBeUsed() async throws {
        try await Scenario.with { scenario in
            try await scenario.gantry("-f", "-", "up", "-d", input: InputScenarios.good)
            #expect(try await scenario.running() == ["web"])
        }
    }

    @Test func anEngineThatIsNotThereMustBeNamed() async throws {
        try await Scenario.with(InputScenarios.good) { scenario in
            var lost = scenario
            lost.environment["DOCKER_HOST"] = "unix://\(scenario.folder)/nobody.sock"
            for command in ["up", "down", "ps", "logs", "plan"] {
                let outcome = try await lost.command([command] + (command == "up" ? ["-d"] : [])).run().exits(1)
                outcome.says("\(scenario.folder)/nobody.sock", "DOCKER_HOST")
            }
        }
    }

    @Test func anEngineThatIsTooOldMustBeRefused() async throws {
        let answer = "HTTP/1.1 200 OK\r\nApi-Version: 1.24\r\nOSType: linux\r\nContent-Length: 2\r\n\r\nOK"
        try await Scenario.with(InputScenarios.good) { scenario in
            let socket = "\(scenario.folder)/old.sock"
            try await Listener.withSocket(socket, answering: answer) { _ in
                var old = scenario
                old.environment["DOCKER_HOST"] = "unix://\(socket)"
                try await old.gantry("up", "-d", exits: 1).says("1.24", "1.41")
            }
        }
    }

    @Test func somethingThatIsNoEngineMustBeNamed() async throws {
        try await Scenario.with(InputScenarios.good) { scenario in
            try await Listener.withPort(answering: "220 mail.example.com ESMTP\r\n") { listener in
                var wrong = scenario
                wrong.environment["DOCKER_HOST"] = "tcp://127.0.0.1:\(listener.port)"
                try await wrong.gantry("up", "-d", exits: 1).says("127.0.0.1:\(listener.port)")
            }
        }
    }

    @Test func aStateFolderThatCannotBeUsedMustBeNamedBeforeAnythingChanges() async throws {
        try await Scenario.with(InputScenarios.good) { scenario in
            var full = scenario
            full.environment["GANTRY_STATE_DIR"] = "/proc/gantry"
            try await full.gantry("up", "-d", exits: 1).says("/proc/gantry")
            try await scenario.expectNothing()
        }
    }
}
