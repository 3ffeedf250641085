import ArgumentParser
import ComposeModel
import ComposePlanner
import ComposeState
import ComposeSupervisor
import DockerEngine

/// `gantry supervise`
struct SuperviseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "supervise", abstract: "Brings the project up and keeps it so, in the foreground.",
        discussion: """
            For a service manager: see --print-unit. SIGTERM stops what is kept, dependents first; SIGHUP reads the files
            again. Heeds `x-gantry: {on_unhealthy: ...}` and the delay and window of `deploy.restart_policy`, and brings
            back containers that were removed; those that somebody stopped stay so. After `gantry down` it ends.
            Example: gantry supervise --print-unit > /etc/systemd/system/shop.service
            """)

    @Flag(name: .customLong("no-logs"), help: "Do not show what the containers write.")
    var noLogs = false

    @Flag(name: .customLong("no-ship"), help: "Do not ship the output to the project's log sinks.")
    var noShip = false

    @Flag(name: .customLong("print-unit"), help: "Print a systemd unit that runs this, and do nothing else.")
    var printUnit = false

    @OptionGroup var limits: TimeLimitOptions

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var lock: LockOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        var session = try CommandSession(options)
        session.lockWait = lock.lockWait
        let project = try session.loadProject(services: services)
        guard !project.services.isEmpty else {
            throw ValidationError("Project \(project.name) has no enabled service, so there is nothing to keep.")
        }
        _ = try SupervisionRules(project)
        if printUnit { return standardOutput(try unit(of: project, session).description) }
        var up = UpOptions()
        up.services = services
        up.wait = true
        up.isSupervised = true
        up.stopGrace = limits.timeout
        let run = UpRun(
            session: session, project: project, options: up, waitTimeout: limits.waitTimeout, command: "supervise")
        if options.dryRun { return try await run.dryRun() }
        switch try session.attemptSupervision(of: project.name, command: "supervise") {
        case .locked(let lock):
            try await session.shipping(project, isWanted: !noShip) { shipping in
                var run = run
                run.willReload = { try await shipping?.adopt($0) }
                try await Supervision(up: run, showsLogs: !noLogs).run()
            }
            lock.release()
        case .held(let holder): throw SupervisedAlready(project: project.name, holder: holder.description)
        }
    }

    private func unit(of project: Project, _ session: CommandSession) throws -> UnitText {
        var arguments = try session.unitOptions(of: project)
        arguments.append("supervise")
        if noLogs { arguments.append("--no-logs") }
        if noShip { arguments.append("--no-ship") }
        if let waitTimeout = limits.waitTimeout { arguments += ["--wait-timeout", String(waitTimeout)] }
        if let timeout = limits.timeout { arguments += ["--timeout", String(timeout)] }
        return UnitText(
            project: project, program: try CommandSession.programPath(), arguments: arguments + services,
            variables: session.unitVariables, needsDocker: session.usesLocalDocker, stopGrace: limits.timeout)
    }
}
