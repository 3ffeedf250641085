import ArgumentParser
import ComposeExecutor
import ComposeLoader
import ComposeLogs
import ComposeModel
import ComposePlanner
import ComposeSupervisor
import EngineAPI
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `gantry run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs one command in a further container of a service.",
        discussion: """
            What the service depends on is brought up first, all of it or nothing, and stays up. The container gets the
            service's configuration without its ports, and its exit code is the command's. Ctrl-C is handed to it; a second
            one stops it, a third kills it. All options come before SERVICE. There is no terminal and no input yet.
            Example: gantry run --rm web ./manage.py migrate
            """)

    @Flag(
        name: [.customLong("detach"), .customShort("d")],
        help: "Return when it runs, and print the container's identifier.")
    var detach = false

    @Flag(name: .customLong("rm"), help: "Remove the container when it has ended.")
    var remove = false

    @Flag(name: .customLong("no-deps"), help: "Leave what the service depends on alone.")
    var noDependencies = false

    @Option(
        name: [.customLong("env"), .customShort("e")], parsing: .singleValue,
        help: ArgumentHelp("A variable, or the name of one to pass on. Repeat it for several.", valueName: "key=value"))
    var variables: [String] = []

    @Option(
        name: .customLong("env-from-file"), parsing: .singleValue,
        help: ArgumentHelp("A file of variables; --env is stronger. Repeat it for several.", valueName: "path"))
    var variableFiles: [String] = []

    @Option(
        name: [.customLong("volume"), .customShort("v")], parsing: .singleValue,
        help: ArgumentHelp("A further mount, as in files. Repeat it for several.", valueName: "source:target"))
    var volumes: [String] = []

    @Option(
        name: [.customLong("publish"), .customShort("p")], parsing: .singleValue,
        help: ArgumentHelp("A port to publish, as in files. Repeat it for several.", valueName: "host:container"))
    var publish: [String] = []

    @Flag(name: [.customLong("service-ports"), .customShort("P")], help: "Publish the service's ports.")
    var servicePorts = false

    @Option(
        name: .customLong("name"),
        help: ArgumentHelp("The container's name; default: PROJECT-SERVICE-run-NUMBER.", valueName: "name"))
    var name: String?

    @Option(
        name: .customLong("entrypoint"),
        help: ArgumentHelp("Another entrypoint; the service's command is left out then.", valueName: "command"))
    var entrypoint: String?

    @Option(
        name: [.customLong("user"), .customShort("u")],
        help: ArgumentHelp("Who runs it, by name or number.", valueName: "user"))
    var user: String?

    @Option(
        name: [.customLong("workdir"), .customShort("w")],
        help: ArgumentHelp("The folder in the container that it runs in.", valueName: "path"))
    var workingDirectory: String?

    @Option(
        name: [.customLong("label"), .customShort("l")], parsing: .singleValue,
        help: ArgumentHelp("A further label. Repeat it for several.", valueName: "name=value"))
    var labels: [String] = []

    @Flag(name: .customLong("use-aliases"), help: "Answer to the service's names in its networks.")
    var usesAliases = false

    @Option(
        name: .customLong("cap-add"), parsing: .singleValue,
        help: ArgumentHelp("A capability to add. Repeat it for several.", valueName: "name"))
    var addedCapabilities: [String] = []

    @Option(
        name: .customLong("cap-drop"), parsing: .singleValue,
        help: ArgumentHelp("A capability to drop. Repeat it for several.", valueName: "name"))
    var droppedCapabilities: [String] = []

    @Option(name: .customLong("pull"), help: ArgumentHelp("When images are fetched; default: as the files say."))
    var pull: PullChoice?

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Show what the container writes and nothing else.")
    var quiet = false

    @Flag(name: .customLong("quiet-pull"), help: "Do not show how images are fetched.")
    var quietPull = false

    @Flag(name: .customLong("remove-orphans"), help: "Also remove containers without a service in the file.")
    var removeOrphans = false

    @Flag(
        name: [.customLong("no-TTY"), .customLong("no-tty"), .customShort("T")], help: "No terminal, as is the case.")
    var noTerminal = false

    @Flag(name: [.customLong("interactive"), .customShort("i")], help: .hidden)
    var interactive = false

    @Flag(name: [.customLong("tty"), .customShort("t")], help: .hidden)
    var terminal = false

    @OptionGroup var lock: LockOptions
    @OptionGroup var options: GlobalOptions

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("The service, and the command with its arguments.", valueName: "service command"))
    var words: [String] = []

    /// The service, and what it is to run.
    var service: String? { arguments.first }
    private var arguments: ArraySlice<String> { words.first == "--" ? words.dropFirst() : words[...] }

    func validate() throws {
        guard let service else { throw ValidationError("Name the service to run a container of.") }
        if service.hasPrefix("-"), words.first != "--" {
            throw ValidationError(
                "There is no option \(service). `gantry run --help` lists them; they come before SERVICE.")
        }
        if servicePorts, !publish.isEmpty {
            throw ValidationError("--service-ports and --publish exclude each other.")
        }
        for entry in variables + labels where entry.isEmpty || entry.hasPrefix("=") {
            throw ValidationError("\"\(entry)\" has no name before \"=\".")
        }
    }

    func run() async throws {
        var session = try CommandSession(options)
        session.lockWait = lock.lockWait
        let loaded = try session.load(services: [service].compactMap(\.self))
        guard let service = service.flatMap({ loaded.project.services[$0] }) else {
            return try session.check([service].compactMap(\.self), in: loaded.project)
        }
        let wanted = try oneOffOptions(loaded.environment)
        var project = loaded.project
        if let policy = pull?.policy {
            for name in project.services.keys {
                project.services[name]?.pullPolicy = policy
                project.services[name]?.pullSchedule = nil
            }
        }
        let dependencies = dependencies(of: service, session, project)
        if let warning = unheededTerminal { standardError(warning) }
        if options.dryRun { return try await dependencies.dryRun() }
        let renderer = dependencies.renderer(quiet ? .quiet : session.progressMode)
        let leftovers = try await Interruption.scope { [quietPull] in
            try await dependencies.apply(
                reportingTo: quietPull ? WithoutPulls(next: renderer) : renderer, showing: renderer)
        }
        session.sayUntidied(leftovers)
        let slug = (0..<4).map { _ in
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        let container = try OneOff(
            of: service, in: project, observed: try await session.observer.observe(project), options: wanted, slug: slug
        )
        try await run(container, on: session.engine)
    }

    private func run(_ container: OneOff, on engine: any ContainerEngine) async throws {
        let signals = Signals([.interrupt, .terminate, .hangup])
        let run = OneOffRun(
            engine: engine, container: container, output: TerminalWriter(policy: .wait),
            announce: { [quiet] in if !quiet { standardError(Self.text($0)) } }, leave: { _exit(Int32($0)) })
        if detach {
            let id = try await run.detached()
            if !quiet { standardOutput(id.rawValue) }
            return
        }
        do {
            let code = try await run.attached(signals: signals.stream(of: [.interrupt, .terminate, .hangup]))
            if code != 0 { throw CommandExit(rawValue: Int32(code)) }
        } catch OutputFailure.closed {
            // A reader that has seen enough is a normal end.
        }
    }

    /// What a signal brings about; a line of its own, because a terminal shows `^C`.
    private static func text(_ answer: OneOffRun.Answer) -> String {
        switch answer {
        case .handOn: "\nThe signal was handed on to the command; press Ctrl-C again to stop its container."
        case .stop: "\nStopping the container; press Ctrl-C again to kill it."
        case .kill: "\nKilling it; press Ctrl-C once more to leave at once."
        case .leave: "\nLeaving. `gantry ps -a` shows what still runs."
        }
    }

    /// What is said where a terminal or an input is asked for; nil where none is.
    var unheededTerminal: String? {
        let asked = (interactive ? ["-i"] : []) + (terminal ? ["-t"] : [])
        guard !asked.isEmpty else { return nil }
        return
            "gantry: \(asked.joined(separator: " and ")) \(asked.count == 1 ? "has" : "have") no effect yet: the command "
            + "gets neither input nor a terminal."
    }

    /// What brings up what the service needs.
    private func dependencies(of service: Service, _ session: CommandSession, _ project: Project) -> UpRun {
        var up = UpOptions()
        up.services = [service.name]
        up.oneOff = service.name
        // Its image is needed, however many replicas there are to be.
        up.scale[service.name] = 1
        up.withoutDependencies = noDependencies
        up.removeOrphans = removeOrphans || session.removesOrphans
        up.refusesEarlyExits = true
        return UpRun(session: session, project: project, options: up, waitTimeout: nil, command: "run")
    }

    func oneOffOptions(_ environment: [String: String]) throws -> OneOffOptions {
        let syntax = ArgumentSyntax(
            workingDirectory: FileManager.default.currentDirectoryPath, home: environment["HOME"])
        var wanted = OneOffOptions()
        wanted.command = Array(arguments.dropFirst())
        wanted.environment = try syntax.variables(ofFiles: variableFiles, over: environment)
        for (name, value) in variables.map(Self.pair) {
            // One that is passed on and not set is left as it is.
            if let value = value ?? environment[name] { wanted.environment[name] = value }
        }
        wanted.labels = Dictionary(labels.map(Self.pair).map { ($0.name, $0.value ?? "") }) { $1 }
        wanted.mounts = try volumes.map(syntax.mount)
        wanted.ports = try publish.flatMap(syntax.ports)
        wanted.entrypoint = try entrypoint.map(syntax.words)
        wanted.addedCapabilities = addedCapabilities
        wanted.droppedCapabilities = droppedCapabilities
        wanted.name = name
        wanted.user = user
        wanted.workingDirectory = workingDirectory
        wanted.publishesServicePorts = servicePorts
        wanted.usesAliases = usesAliases
        wanted.isTemporary = remove
        return wanted
    }

    private static func pair(_ entry: String) -> (name: String, value: String?) {
        let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (parts[0], parts.count > 1 ? parts[1] : nil)
    }
}

/// When `run` fetches images.
enum PullChoice: String, ExpressibleByArgument, CaseIterable {
    /// As the files say.
    case policy
    case always, missing, never

    var policy: PullPolicy? {
        switch self {
        case .policy: nil
        case .always: .always
        case .missing: .missing
        case .never: .never
        }
    }
}
