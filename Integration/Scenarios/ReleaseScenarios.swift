import EngineAPI
import EngineTesting
import FoundationEssentials
import Testing

/// What `up` put in force can be brought back, and what others change is noticed.
@Suite(.onEngine) struct ReleaseScenarios {
    /// A service whose variable and image are given by variables.
    private static let compose = """
        services:
          web:
            image: ${IMAGE:-busybox}
            init: true
            command: ["sh", "-c", "${RUN:-sleep infinity}"]
            environment: {LOG: "${LOG}", API_TOKEN: "${TOKEN:-planted-secret-1}"}
            volumes: ["./web.conf:/etc/web.conf:ro"]
          other:
            image: busybox
            init: true
            command: sleep infinity
        """

    private static func with(_ body: @escaping @Sendable (Scenario) async throws -> Void) async throws {
        try await Scenario.with(
            ["compose.yaml": compose, "web.conf": "one\n"], environment: ["LOG": "one"]
        ) { try await body($0) }
    }

    private static func variable(_ name: String, of scenario: Scenario) async throws -> String? {
        let container = try await scenario.container(of: "web")
        let result = try await scenario.docker("inspect", "-f", "{{json .Config.Env}}", container.id.rawValue)
        let list = try JSONDecoder().decode([String].self, from: Data(result.utf8))
        return list.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    @Test func rollingBackMustRestoreConfigurationAndImageThoughTheTagHasMoved() async throws {
        try await ReleaseScenarios.with { scenario in
            let tag = "\(scenario.project):tag"
            var scenario = scenario
            scenario.environment["IMAGE"] = tag
            try await scenario.docker("tag", "busybox", tag)
            try await scenario.gantry("up", "-d")
            let first = try await scenario.container(of: "web")
            let other = try await scenario.container(of: "other")
            scenario.environment["LOG"] = "two"
            let plan = try await scenario.gantry("plan", "--format", "json", exits: 2)
            for text in [#""path" : "environment.LOG""#, #""old" : "one""#, #""new" : "two""#] {
                #expect(plan.output.contains(text), "\(plan)")
            }
            try await scenario.gantry("up", "-d")
            // Another image takes the tag.
            let copy = try await scenario.docker("create", "--label", "changed=yes", "busybox")
            try await scenario.docker("commit", copy, tag)
            try await scenario.docker("rm", copy)
            scenario.environment["LOG"] = "three"
            try await scenario.gantry("up", "-d")
            #expect(try await scenario.container(of: "web").imageID != first.imageID)

            let releases = try await scenario.gantry("releases")
            #expect(releases.output.split(separator: "\n").count == 4, "\(releases)")
            let json = try await scenario.gantry("releases", "--format", "json")
            #expect(json.output.contains("\"number\" : 3"), "\(json)")
            let dry = try await scenario.gantry("rollback", "1", "--dry-run")
            #expect(dry.output.contains("environment.LOG: \"three\" -> \"one\""), "\(dry)")

            try await scenario.gantry("rollback", "1")
            let back = try await scenario.container(of: "web")
            #expect(back.imageID == first.imageID)
            #expect(back.labels["com.docker.compose.image"] == first.imageID.rawValue)
            #expect(back.labels["com.docker.compose.config-hash"] == first.labels["com.docker.compose.config-hash"])
            #expect(try await ReleaseScenarios.variable("LOG", of: scenario) == "one")
            #expect(try await ReleaseScenarios.variable("API_TOKEN", of: scenario) == "planted-secret-1")
            #expect(try await scenario.container(of: "other").id == other.id)
            #expect(try await scenario.gantry("releases").output.contains("rollback to 1"))

            // With the tag as it was, the file of then has nothing to change.
            try await scenario.docker("tag", first.imageID.rawValue, tag)
            scenario.environment["LOG"] = "one"
            try await scenario.gantry("plan")
            try await scenario.docker("rmi", "-f", tag)
            let state = try await scenario.stateText()
            #expect(!state.contains("planted-secret-1"))
        }
    }

    /// Makes another image and gives it the tag, which leaves the one before without a name.
    private static func rebuild(_ tag: String, _ label: String, in scenario: Scenario) async throws {
        let copy = try await scenario.docker("create", "--label", "built=\(label)", "busybox")
        try await scenario.docker("commit", copy, tag)
        try await scenario.docker("rm", copy)
    }

    @Test func anImageOfAReleaseMustOutlastACleanUp() async throws {
        try await ReleaseScenarios.with { scenario in
            let tag = "\(scenario.project):tag"
            var scenario = scenario
            scenario.environment["IMAGE"] = tag
            try await ReleaseScenarios.rebuild(tag, "one", in: scenario)
            try await scenario.gantry("up", "-d")
            let first = try await scenario.container(of: "web").imageID
            try await ReleaseScenarios.rebuild(tag, "two", in: scenario)
            let plan = try await scenario.gantry("plan", exits: 2)
            let short = first.rawValue.dropFirst("sha256:".count).prefix(12)
            let name = "gantry-release:\(scenario.project).\(short)"
            #expect(plan.output.contains("keep image \(short) as \(name)"), "\(plan)")
            try await scenario.gantry("up", "-d")
            let second = try await scenario.container(of: "web").imageID
            #expect(second != first)
            try await scenario.docker("image", "prune", "-f")
            #expect(try await !scenario.gantry("releases").output.contains("(gone)"))
            // What runs is protected by its containers, what ran before by its name, whichever came later.
            try await scenario.gantry("rollback", "1")
            #expect(try await scenario.container(of: "web").imageID == first)
            try await scenario.docker("rmi", tag)
            try await scenario.docker("image", "prune", "-f")
            // Without anything that runs the names are all that there is.
            try await scenario.gantry("down", "-t", "1")
            try await scenario.docker("image", "prune", "-f")
            try await scenario.gantry("rollback", "2")
            #expect(try await scenario.container(of: "web").imageID == second)

            // Against someone who takes it away there is no help, but word of it, and nothing is begun.
            try await scenario.docker("rmi", name)
            let releases = try await scenario.gantry("releases")
            #expect(releases.output.contains("web=\(short) (gone)"), "\(releases)")
            #expect(try await scenario.gantry("releases", "--format", "json").output.contains("missingImages"))
            let before = try await scenario.state()
            let refused = try await scenario.gantry("rollback", "1", exits: 1)
            #expect(refused.error.contains("as it was then (\(short)), and the engine has it no more"), "\(refused)")
            try await scenario.expectState(before)
        }
    }

    @Test func aSecretThatIsGoneMustBeAskedFor() async throws {
        try await ReleaseScenarios.with { scenario in
            var scenario = scenario
            try await scenario.gantry("up", "-d")
            scenario.environment["TOKEN"] = "planted-secret-2"
            let plan = try await scenario.gantry("plan", exits: 2)
            #expect(plan.output.contains("environment.API_TOKEN: (hidden) -> (hidden)"), "\(plan)")
            try await scenario.gantry("up", "-d")
            let refused = try await scenario.gantry("rollback", exits: 1)
            #expect(refused.error.contains("services.web.environment.API_TOKEN"), "\(refused)")
            scenario.environment["ANY"] = "planted-secret-1"
            try await scenario.gantry("rollback")
            #expect(try await ReleaseScenarios.variable("API_TOKEN", of: scenario) == "planted-secret-1")
        }
    }

    @Test func aRollbackThatFailsMustBeTakenBack() async throws {
        try await ReleaseScenarios.with { scenario in
            var scenario = scenario
            scenario.environment["RUN"] = "test -e /etc/web.conf && grep -q one /etc/web.conf && sleep 300"
            try await scenario.gantry("up", "-d")
            scenario.environment["RUN"] = "sleep infinity"
            try scenario.write("two\n", to: "web.conf")
            try await scenario.gantry("up", "-d", "--wait")
            let (before, runs) = (try await scenario.state(), try await scenario.runs())
            // The file on the host is not what it was, so that the service of then cannot run.
            let failed = try await scenario.gantry("rollback", "--wait", exits: 1)
            #expect(failed.error.contains("Rolled back"), "\(failed)")
            #expect(try await scenario.state().difference(to: before) == "")
            #expect(try await scenario.runs().keys == runs.keys)
            #expect(try await scenario.gantry("releases").output.split(separator: "\n").count == 3)
        }
    }

    @Test func aChangedFileMustReplaceTheServiceThatMountsItOnce() async throws {
        try await ReleaseScenarios.with { scenario in
            try await scenario.gantry("up", "-d")
            let (web, other) = (try await scenario.container(of: "web"), try await scenario.container(of: "other"))
            try await scenario.gantry("plan")
            try scenario.write("two\n", to: "web.conf")
            let drift = try await scenario.gantry("drift", exits: 2)
            #expect(drift.output.contains("another content of file ./web.conf"), "\(drift)")
            let plan = try await scenario.gantry("plan", exits: 2)
            #expect(plan.output.contains("file ./web.conf changed"), "\(plan)")
            try await scenario.gantry("up", "-d")
            #expect(try await scenario.container(of: "web").id != web.id)
            #expect(try await scenario.container(of: "other").id == other.id)
            try await scenario.gantry("plan")
            try await scenario.gantry("drift")
        }
    }

    @Test func whatOthersChangeMustBeDrift() async throws {
        try await ReleaseScenarios.with { scenario in
            let none = try await scenario.gantry("drift", exits: 1)
            #expect(none.error.contains("there is no release"), "\(none)")
            try await scenario.gantry("up", "-d")
            #expect(try await scenario.gantry("drift").output.contains("left it"))
            try await scenario.docker("stop", "-t", "1", scenario.name("web"))
            let stopped = try await scenario.gantry("drift", exits: 2)
            #expect(stopped.output.contains("container \(scenario.name("web")) has ended"), "\(stopped)")
            try await scenario.docker("rm", "-f", scenario.name("web"))
            let gone = try await scenario.gantry("drift", "--format", "json", exits: 2)
            #expect(gone.output.contains("\"kind\" : \"container_removed\""), "\(gone)")
            try await scenario.gantry("up", "-d")
            try await scenario.gantry("drift")
            try await scenario.gantry("stop", "-t", "1", "web")
            try await scenario.gantry("drift")
            try await scenario.gantry("start")
            try await scenario.docker("stop", "-t", "1", scenario.name("web"))
            try await scenario.gantry("drift", exits: 2)
            try await scenario.gantry("down", "-t", "1")
            try await scenario.gantry("drift")
        }
    }

    @Test(.besideDockerCompose) func whatDockerComposeRunsMustBeLeftAlone() async throws {
        try await ReleaseScenarios.with { scenario in
            try await scenario.dockerCompose("up", "-d")
            let state = try await scenario.state()
            try scenario.write("two\n", to: "web.conf")
            try await scenario.gantry("plan")
            try await scenario.gantry("up", "-d")
            try await scenario.expectState(state)
        }
    }
}

extension Scenario {
    /// Runs Docker's client; returns what it printed.
    @discardableResult
    fileprivate func docker(_ arguments: String...) async throws -> String {
        var command = try command(["docker"] + arguments)
        command.program = "/usr/bin/env"
        return String(try await command.run().exits(0).output.split(separator: "\n").last ?? "")
    }

    /// The bytes of the state's files, as far as they are text.
    fileprivate func stateText() async throws -> String {
        try FileManager.default.contentsOfDirectory(atPath: stateFolder).filter { $0.hasPrefix("state.db") }
            .map { String(decoding: try Data(contentsOf: URL(filePath: "\(stateFolder)/\($0)")), as: UTF8.self) }
            .joined()
    }
}
