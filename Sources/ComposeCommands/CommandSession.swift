import ArgumentParser
import ComposeExecutor
import ComposeLoader
import ComposeModel
import ComposePlanner
import ComposeState
import DockerEngine
import EngineAPI
import FoundationEssentials
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a command works with: its options, the environment, the engine, and the project.
struct CommandSession: Sendable {
    let options: GlobalOptions
    let environment: [String: String]
    let terminal: Terminal
    let address: EngineAddress
    let engine: DockerEngine
    private let warnings = EngineWarnings()
    private let turn = Turn()
    /// Seconds to wait for another command that changes the project; nil waits until it has ended.
    var lockWait: Int?

    init(_ options: GlobalOptions) throws {
        self.options = options
        environment = ProcessInfo.processInfo.environment
        if options.parallel == nil, let text = environment[CommandSession.parallelVariable], Int(text) == nil {
            throw WrongVariable(name: CommandSession.parallelVariable, value: text, expected: "an integer")
        }
        terminal = Terminal(ansi: options.ansi, environment: environment)
        address = try EngineSelection(environment: environment).address()
        var configuration = DockerEngine.Configuration()
        configuration.onWarning = { [warnings] in warnings.add($0, $1) }
        engine = DockerEngine(address: address, configuration: configuration)
    }

    // MARK: The project

    /// Loads the project with the services named and what they need; warnings go to standard error.
    ///
    /// - Throws: `LoadFailure` with every error found; an ``UnknownService``.
    func loadProject(services: [String] = []) throws -> Project {
        let project = try load(services: services).project
        try check(services, in: project)
        return project
    }

    /// Loads the project in another way than to run it; warnings go to standard error.
    func load(services: [String] = [], _ change: (inout LoadOptions) -> Void = { _ in }) throws -> LoadedProject {
        var options = loadOptions(services: services)
        change(&options)
        let loaded = try ProjectLoader(options: options).load()
        for warning in loaded.warnings { standardError(DiagnosticRenderer().text(of: warning)) }
        return loaded
    }

    /// Throws an ``UnknownService`` for a service that the project does not define.
    func check(_ services: [String], in project: Project) throws {
        for service in services where project.services[service] == nil {
            throw UnknownService(name: service, project: project.name, known: Set(project.services.keys))
        }
    }

    /// The project's name, and the project where there is a file. With `-p` alone the containers' labels suffice.
    func findProject(services: [String] = []) throws -> (name: String, project: Project?) {
        do {
            let project = try loadProject(services: services)
            return (project.name, project)
        } catch let failure as LoadFailure {
            guard let name = options.projectName, failure.isProjectMissing else { throw failure }
            return (name, nil)
        }
    }

    private func loadOptions(services: [String]) -> LoadOptions {
        var load = LoadOptions(
            workingDirectory: FileManager.default.currentDirectoryPath, environment: environment)
        load.files = options.files
        load.projectName = options.projectName
        load.profiles = options.profiles
        load.environmentFiles = options.environmentFiles
        load.projectDirectory = options.projectDirectory
        load.keepsUnusedResources = options.allResources
        load.isStrict = options.strict
        if options.files.contains("-") { load.standardInput = readStandardInput() }
        load.services = services
        return load
    }

    /// What standard input holds, as far as a project may be large.
    private func readStandardInput() -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= CommandSession.largestInput {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// More than the loader takes, so that it says that the file is too large.
    private static let largestInput = 32 << 20

    // MARK: The engine

    var observer: Observer {
        let folder = EngineSelection(environment: environment).folder
        return Observer(engine: engine, client: ClientFolder(path: folder, host: address.description))
    }

    /// Calls under way at once.
    var parallel: Int {
        let given = options.parallel ?? environment[CommandSession.parallelVariable].flatMap { Int($0) }
        guard let given else { return Executor.Limits.defaultParallel }
        return given > 0 ? given : CommandSession.unbounded
    }

    private static let parallelVariable = "COMPOSE_PARALLEL_LIMIT"
    /// What `--parallel -1` means: more than any project has operations.
    private static let unbounded = 1 << 20

    /// Whether the environment asks for `--remove-orphans`.
    var removesOrphans: Bool { ["1", "true"].contains(environment["COMPOSE_REMOVE_ORPHANS", default: ""]) }

    /// How progress is shown: the option, else `COMPOSE_PROGRESS`.
    var progressMode: ProgressMode {
        options.progress ?? environment["COMPOSE_PROGRESS"].flatMap(ProgressMode.init) ?? .auto
    }

    /// Says why the command failed, in the form in which its progress is shown.
    func sayFailure(_ message: String) {
        standardError(CommandFailureText.text(message, asJSON: progressMode == .json))
    }

    /// Applies a plan by `body` and says why it failed where it did.
    ///
    /// - Throws: `CommandExit` in place of an ``ApplyFailure``; `CancellationError` where the user gave up.
    func sayingFailure<Result: Sendable>(of command: String, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let failure as ApplyFailure {
            sayFailure(ApplyFailureText.text(failure, command: command))
            throw failure.isCancelled ? CancellationError() : CommandExit.failure
        }
    }

    /// Says what could not be tidied up after a commit.
    func sayUntidied(_ leftovers: [Leftover]) {
        for leftover in leftovers {
            standardError(
                "Not tidied up: \(leftover.what): \(leftover.reason). The next command for this project finishes it.")
        }
    }

    /// Runs `body` as the only writer of a project, after whatever an interrupted command left open has been ended.
    func withExecutor<Result: Sendable>(
        project: String, command: String, limits: Executor.Limits, observer: any ApplyObserver,
        _ body: (Executor) async throws -> Result
    ) async throws -> Result {
        try await withRecovery(project: project, command: command, limits: limits, observer: observer) {
            executor, recovered in
            for transaction in recovered { standardError(RecoveryText.text(transaction, isFirst: true)) }
            guard try await executor.interrupted().isEmpty else { throw CommandExit.failure }
            return try await body(executor)
        }
    }

    /// The same, where `body` is told what had been left open; it goes on although some of it may be open still.
    func withRecovery<Result: Sendable>(
        project: String, command: String, limits: Executor.Limits, observer: any ApplyObserver,
        _ body: (Executor, [RecoveredTransaction]) async throws -> Result
    ) async throws -> Result {
        let state = StateDirectory(environment: environment)
        let journal = try state.journal()
        let scope = JournalScope(engine: address.description, project: project)
        let lock = try await lock(state.lockPath(scope), project: project, command: command)
        let executor = Executor(
            engine: engine, journal: journal, scope: scope, limits: limits,
            observer: keepingOutput(of: project, by: command, observer), clock: engine.clock)
        defer { warnings.say() }
        // Nothing but the engine's answers is waited for, for the most part.
        let result = try await Placement.on(engine.executor) {
            try await body(executor, try await executor.recover())
        }
        lock.release()
        return result
    }

    /// An executor for what needs no lock: stopping what this process has started itself.
    func executor(
        project: String, limits: Executor.Limits, observer: any ApplyObserver
    ) throws -> Executor {
        Executor(
            engine: engine, journal: try StateDirectory(environment: environment).journal(),
            scope: JournalScope(engine: address.description, project: project), limits: limits,
            observer: keepingOutput(of: project, observer))
    }

    /// The observer, with which the last output of containers that are removed is shipped, and kept where it is not
    /// `down` that removes them: there is no later container then to which it would be the previous one.
    private func keepingOutput(
        of project: String, by command: String? = nil, _ observer: any ApplyObserver
    ) -> any ApplyObserver {
        let keeping =
            command == DownCommand.configuration.commandName
            ? observer
            : OutputKeeping(
                next: observer, engine: engine, project: project, environment: environment,
                address: address.description)
        return TailCollection(keeping, engine: engine, folders: tailFolders(of: project))
    }

    /// Carries out a plan of which nothing is taken back, showing progress and then what is left. A network or volume
    /// that others use is no failure.
    ///
    /// - Parameter isFollowUp: whether it comes after what the command was for, so that nothing to do is nothing to say.
    func carryOut(
        project: String, command: String, isFollowUp: Bool = false, _ makePlan: (ObservedState) -> Plan
    ) async throws {
        if options.dryRun {
            let scope = JournalScope(engine: address.description, project: project)
            var observed = try await observer.observe(project: project)
            // Looking needs no state.
            let journal = StateDirectory(environment: environment).presentJournal()
            observed.holds = (try? await journal?.holds(in: scope)) ?? HoldSet()
            let plan = makePlan(observed)
            for notice in plan.notices { standardError(notice) }
            if !plan.isEmpty || !isFollowUp { standardOutput(plan.description) }
            return
        }
        let renderer = ProgressRenderer(title: "\(command) \(project)", mode: progressMode, terminal: terminal)
        var limits = Executor.Limits()
        limits.parallel = parallel
        let leftovers = try await withExecutor(
            project: project, command: command, limits: limits, observer: renderer
        ) { executor in
            var observed = try await observer.observe(project: project)
            observed.holds = try await executor.holds()
            let plan = makePlan(observed)
            for notice in plan.notices { standardError(notice) }
            if plan.isEmpty, !isFollowUp { standardError("Project \(project): nothing to \(command).") }
            return await renderer.display { await executor.carryOut(plan) }
        }
        for leftover in leftovers where leftover.isInUse {
            standardError(LeftoverText.staying(leftover))
        }
        let failures = leftovers.filter { !$0.isInUse }
        guard failures.isEmpty else {
            let lines =
                ["gantry: \(command) could not do everything:"] + failures.map { "  " + LeftoverText.text($0) }
                + ["Repeat `gantry \(command)` when the cause is gone."]
            sayFailure(lines.joined(separator: "\n"))
            throw CommandExit.failure
        }
    }

    /// How often a held lock is tried again: seldom enough to cost nothing, often enough not to be noticed.
    private static let lockRetry: Duration = .milliseconds(200)

    /// Whether the command waits for another one, so that it has done nothing yet.
    var isWaitingForTurn: Bool { turn.isAwaited.withLock { $0 } }

    /// What others are told of a command that they wait for, or that holds what they would stop.
    func holder(of command: String) -> String {
        let now = EngineTime(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e9)).rfc3339.prefix(19)
        return "gantry \(command) (process \(ProcessInfo.processInfo.processIdentifier), since \(now)Z)"
    }

    private func lock(_ path: String, project: String, command: String) async throws -> ProjectLock {
        let holder = holder(of: command)
        var isToldOf: ProjectLock.Holder?
        let began = ContinuousClock.now
        defer { turn.isAwaited.withLock { $0 = false } }
        while true {
            switch try ProjectLock.attempt(path: path, holder: holder) {
            case .locked(let lock): return lock
            case .held(let holder):
                if let lockWait, began.duration(to: .now) >= .seconds(lockWait) {
                    throw LockHeld(project: project, holder: holder.description, seconds: lockWait)
                }
                turn.isAwaited.withLock { $0 = true }
                if isToldOf != holder {
                    standardError("Waiting for project \(project), which \(holder.description) is changing.")
                    isToldOf = holder
                }
            }
            do {
                try await Task.sleep(for: CommandSession.lockRetry)
            } catch {
                standardError("Stopped waiting for project \(project); `gantry \(command)` has changed nothing.")
                throw error
            }
        }
    }
}

/// Whether a command's turn to change its project has come; an object, because copies of a session share it.
private final class Turn: Sendable {
    let isAwaited = Mutex(false)
}

/// A variable of the environment that cannot be understood.
struct WrongVariable: Error, CustomStringConvertible {
    let name: String
    let value: String
    let expected: String

    var description: String { "\(name) must be \(expected), and is \"\(value)\". Correct it or unset it." }
}

/// A service that is named on the command line and not in the project.
struct UnknownService: Error, CustomStringConvertible {
    let name: String
    let project: String
    let known: Set<String>

    var description: String {
        let hint = Suggestion.hint(for: name, among: known.sorted()).map { " (\($0))" } ?? ""
        return "there is no service \"\(name)\" in project \(project)\(hint)"
    }
}

/// What is said when an interrupted command has been ended.
enum RecoveryText {
    /// - Parameter isFirst: whether something else comes after it.
    static func text(_ recovered: RecoveredTransaction, isFirst: Bool) -> String {
        let done = recovered.wasCommitted ? "finished" : "taken back"
        var lines = ["An interrupted `gantry \(recovered.command)` was \(done)\(isFirst ? " first" : "")."]
        if !recovered.leftovers.isEmpty {
            lines[0] = "An interrupted `gantry \(recovered.command)` could not be \(done) completely:"
            lines += recovered.leftovers.map { "  " + LeftoverText.text($0) }
        }
        return lines.joined(separator: "\n")
    }
}
