import DockerEngine
import EngineAPI
import EngineTesting
import FoundationEssentials
import Testing

/// A project of a name that nobody else uses, in a folder of its own, on the engine at `DOCKER_HOST`.
///
/// When it ends, however it ends, `gantry down -v --remove-orphans` takes the project away; what that leaves is a
/// failure, and is removed all the same.
struct Scenario: Sendable {
    /// The project's name.
    let project: String
    /// The project's folder, the working folder of its commands.
    let folder: String
    /// Where its commands keep their state.
    let stateFolder: String
    /// The engine itself, for looking at what really is.
    let engine: any ContainerEngine
    /// Variables that every command of the scenario gets.
    var environment: [String: String]

    /// How long a scenario may last once it has begun: many times what the slowest takes on an idle machine.
    static let limit: Duration = .seconds(120)
    private static let cleaningLimit: Duration = .seconds(60)

    /// Runs `body` in a new scenario.
    ///
    /// - Parameters:
    ///   - files: the project's files by name.
    ///   - folder: the folder of an existing project, used instead of one made from `files`.
    ///   - alone: for a scenario that the machine is too small to share.
    ///   - host: the engine; nil is the one of all scenarios.
    ///   - limit: how long it may last; only one that is many in one needs longer than the others.
    static func with(
        _ files: [String: String] = [:], folder: String? = nil, environment: [String: String] = [:],
        alone: Bool = false, on host: String? = nil, limit: Duration = limit,
        _ body: @escaping @Sendable (Scenario) async throws -> Void
    ) async throws {
        try await Gate.shared.enter(alone: alone) {
            try await admitted(files, folder: folder, environment: environment, on: host, limit: limit, body)
        }
    }

    /// Runs `body` in `count` scenarios at the same time, which have the machine to themselves, and tells each its number.
    /// Records a failure where the engine has anything afterwards that it had not before, labelled or not.
    ///
    /// - Parameter limit: how long they may last.
    static func withSeveral(
        _ count: Int, _ compose: String, limit: Duration,
        _ body: @escaping @Sendable (Int, Scenario) async throws -> Void
    ) async throws {
        try await Gate.shared.enter(alone: true) {
            let engine = DockerEngine(address: try EngineAddress(try #require(TestBed.engineHost)))
            let before = try await EngineSnapshot(observing: engine, project: nil)
            try await withThrowingTaskGroup { group in
                for number in 0..<count {
                    group.addTask {
                        try await admitted(["compose.yaml": compose], limit: limit) { try await body(number, $0) }
                    }
                }
                try await group.waitForAll()
            }
            let after = try await EngineSnapshot(observing: engine, project: nil)
            #expect(before == after, "the engine has not what it had:\n\(before.difference(to: after))")
            await engine.shutdown()
        }
    }

    private static func admitted(
        _ files: [String: String], folder: String? = nil, environment: [String: String] = [:],
        on host: String? = nil, limit: Duration,
        _ body: @escaping @Sendable (Scenario) async throws -> Void
    ) async throws {
        let base = try makeFolder()
        defer { try? FileManager.default.removeItem(atPath: base) }
        let host = try #require(host ?? TestBed.engineHost)
        let engine = DockerEngine(address: try EngineAddress(host))
        let name = "scenario-" + String(UInt32.random(in: 0x1000_0000...UInt32.max), radix: 16)
        var variables = TestBed.basicEnvironment
        variables["DOCKER_HOST"] = host
        variables["GANTRY_STATE_DIR"] = base + "/state"
        variables["COMPOSE_PROJECT_NAME"] = name
        let scenario = Scenario(
            project: name, folder: folder ?? base + "/project", stateFolder: base + "/state", engine: engine,
            environment: variables.merging(environment) { $1 })
        for (file, text) in files { try scenario.write(text, to: file) }
        do {
            try await withDeadline(limit, "the scenario") { try await body(scenario) }
        } catch {
            Issue.record(error)
        }
        // In a task of its own, since a cancelled one could not clean.
        await Task { await scenario.clean(elsewhere: base + "/elsewhere") }.value
        await engine.shutdown()
    }

    /// Runs `body` in a project of one file.
    static func with(
        _ compose: String, environment: [String: String] = [:], alone: Bool = false, on host: String? = nil,
        limit: Duration = limit, _ body: @escaping @Sendable (Scenario) async throws -> Void
    ) async throws {
        try await with(
            ["compose.yaml": compose], environment: environment, alone: alone, on: host, limit: limit, body)
    }

    private static func makeFolder() throws -> String {
        let temporary = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let base = "\(temporary)/gantry-scenario-\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
        for folder in ["project", "state", "elsewhere"] {
            try FileManager.default.createDirectory(
                atPath: "\(base)/\(folder)", withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
        return base
    }

    // MARK: Files and commands

    /// Writes a file of the project, with the folders that lead to it.
    func write(_ text: String, to file: String) throws {
        let url = URL(filePath: "\(folder)/\(file)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// A command of the program under test, not yet run.
    func command(_ arguments: [String]) throws -> Command {
        Command(
            program: try #require(TestBed.binary), arguments: arguments, environment: environment, folder: folder)
    }

    /// Runs `gantry` with arguments; records a failure unless it exits with `code`.
    @discardableResult
    func gantry(
        _ arguments: String..., input: String = "", exits code: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Outcome {
        var command = try command(arguments)
        command.input = input
        return try await command.run().exits(code, sourceLocation: sourceLocation)
    }

    /// Runs Docker Compose itself; records a failure unless it exits with 0.
    @discardableResult
    func dockerCompose(
        _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Outcome {
        var command = try command(arguments)
        command.program = try #require(await TestBed.referenceCompose)
        return try await command.run().exits(0, sourceLocation: sourceLocation)
    }

    /// Runs `gantry` with arguments while `body` watches.
    func whileRunning(
        _ arguments: String..., onTerminal: Bool = false,
        _ body: @escaping @Sendable (RunningCommand) async throws -> Void
    ) async throws -> Outcome {
        var command = try command(arguments)
        command.onTerminal = onTerminal
        return try await command.withProcess(body)
    }

    // MARK: Cleaning

    /// Takes the project away by its labels alone: the files may be what the scenario made unreadable.
    private func clean(elsewhere: String) async {
        do {
            if try await !state().isEmpty {
                var down = try command(["-p", project, "down", "-v", "--remove-orphans", "-t", "1"])
                down.folder = elsewhere
                let command = down
                let outcome = try await withDeadline(Scenario.cleaningLimit, "cleaning") { try await command.run() }
                let left = try await state()
                if !left.isEmpty { Issue.record("down left these:\n\(left)\n\(outcome)") }
            }
        } catch {
            Issue.record(error)
        }
        do {
            try await removeEverything()
        } catch {
            Issue.record(error)
        }
    }

    private func removeEverything() async throws {
        let left = try await state()
        for container in left.containers {
            try await engine.removeContainer(container.id, force: true, anonymousVolumes: true)
        }
        for network in left.networks { try await engine.removeNetwork(network.id) }
        for volume in left.volumes { try await engine.removeVolume(volume.name, force: true) }
        // What its releases keep stays after `down`, so that they can be brought back.
        let kept = try await engine.images(matching: ObjectFilter(names: ["gantry-release"])).flatMap(\.tags)
        for name in kept where name.hasPrefix("gantry-release:\(project).") {
            try await engine.removeImage(name, force: true)
        }
    }
}
