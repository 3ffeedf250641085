import ArgumentParser
import ComposeLogs
import ComposeModel
import ComposePlanner
import ComposeSupervisor

/// `gantry up`
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Brings the project up: all of it, or nothing.",
        discussion: """
            When anything fails, or Ctrl-C comes first, everything is taken back to how it was.
            Without -d the containers' output is shown; Ctrl-C then stops what the command started, a second one kills it,
            a third leaves at once. With -d the services named are held; what they depend on is up for as long as one of
            them is, see `gantry stop --help`.
            Example: gantry up -d --wait web
            """)

    @Flag(name: [.customLong("detach"), .customShort("d")], help: "Return when the containers have been started.")
    var detach = false

    @Flag(name: .customLong("wait"), help: "Return when every service is up and healthy; implies -d.")
    var wait = false

    @OptionGroup var patience: PatienceOptions

    @Flag(name: .customLong("force-recreate"), help: "Make every container anew.")
    var forceRecreate = false

    @Flag(name: .customLong("no-recreate"), help: "Leave containers that are there, whatever has changed.")
    var noRecreate = false

    @Flag(
        name: [.customLong("renew-anon-volumes"), .customShort("V")],
        help: "Make containers anew with fresh unnamed volumes; the old ones' data are lost.")
    var renewVolumes = false

    @Flag(
        name: [.customLong("yes"), .customShort("y")],
        help: "Agree to what cannot be undone: a volume whose configuration has changed is made anew, without its data."
    )
    var yes = false

    @Flag(name: .customLong("remove-orphans"), help: "Also remove containers without a service in the file.")
    var removeOrphans = false

    @Flag(name: .customLong("no-deps"), help: "Leave what the services depend on alone.")
    var noDependencies = false

    @Flag(
        name: .customLong("no-rollback"),
        help: "When something fails, leave everything as it stands then, to be looked at; Ctrl-C still takes it back.")
    var noRollback = false

    @Flag(name: .customLong("no-start"), help: "Make containers, but do not start them.")
    var noStart = false

    @Option(
        name: .customLong("scale"), parsing: .singleValue,
        help: ArgumentHelp("How many replicas a service has: web=3. Repeat it for several.", valueName: "service=n"))
    var scale: [String] = []

    @OptionGroup var grace: GraceOptions

    @Flag(name: .customLong("abort-on-container-exit"), help: "Stop everything when any container has exited.")
    var abortOnContainerExit = false

    @Flag(name: .customLong("abort-on-container-failure"), help: "Stop everything when any container has failed.")
    var abortOnContainerFailure = false

    @Option(
        name: .customLong("exit-code-from"),
        help: ArgumentHelp(
            "End with the exit code of this service; implies --abort-on-container-exit.", valueName: "service"))
    var exitCodeFrom: String?

    @Flag(name: .customLong("no-log-prefix"), help: "Show output without the containers' names.")
    var noLogPrefix = false

    @Flag(name: .customLong("no-color"), help: "Show output without colours.")
    var noColor = false

    @Flag(name: .customLong("timestamps"), help: "Show when each line was written.")
    var timestamps = false

    @Flag(name: .customLong("no-ship"), help: "In the foreground: do not ship the output to the project's log sinks.")
    var noShip = false

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var lock: LockOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if forceRecreate, noRecreate {
            throw ValidationError("--force-recreate and --no-recreate exclude each other.")
        }
        if renewVolumes, noRecreate {
            throw ValidationError("--renew-anon-volumes and --no-recreate exclude each other.")
        }
        let aborts = abortOnContainerExit || abortOnContainerFailure || exitCodeFrom != nil
        if detach || wait, aborts {
            throw ValidationError("-d and --wait return before a container's exit could be acted on.")
        }
        for entry in scale { _ = try ScaleEntry(entry) }
    }

    func run() async throws {
        var session = try CommandSession(options)
        session.lockWait = lock.lockWait
        let project = try session.loadProject(services: services)
        guard !project.services.isEmpty else {
            throw ValidationError(
                project.disabledServices.isEmpty
                    ? "Project \(project.name) declares no service, so there is nothing to bring up."
                    : "No service of project \(project.name) is enabled; --profile enables more.")
        }
        let replicas = try scale.map { try ScaleEntry($0) }
        try session.check(replicas.map(\.service) + [exitCodeFrom].compactMap { $0 }, in: project)
        var up = UpOptions()
        up.services = services
        up.recreate = forceRecreate ? .always : noRecreate ? .never : .diverged
        up.renewsVolumes = renewVolumes
        up.assumesYes = yes
        up.removeOrphans = removeOrphans || session.removesOrphans
        up.wait = wait
        up.withoutDependencies = noDependencies
        up.withoutStart = noStart
        up.keepsFailures = noRollback
        up.scale = Dictionary(replicas.map { ($0.service, $0.count) }) { $1 }
        up.stopGrace = grace.timeout
        up.isLasting = detach || wait
        up.refusesEarlyExits = detach || wait
        var run = UpRun(
            session: session, project: project, options: up, waitTimeout: patience.waitTimeout, command: "up")
        run.releaseName = "up"
        if detach || wait || noStart || session.options.dryRun {
            try await run.detached()
        } else {
            var attached = AttachedUp(up: run)
            attached.format = LogFormat(
                hasPrefix: !noLogPrefix, hasColors: session.terminal.colorsOutput && !noColor, hasTimes: timestamps)
            attached.exitCodeFrom = exitCodeFrom
            attached.abort =
                abortOnContainerExit || exitCodeFrom != nil
                ? .firstExit : abortOnContainerFailure ? .firstFailure : .never
            try await session.shipping(project, isWanted: !noShip) { _ in try await attached.run() }
        }
    }
}
