import ArgumentParser
import ComposeExecutor
import ComposeModel
import ComposePlanner

/// `gantry restart`
struct RestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Restarts containers, with those that declare `restart: true` for them.",
        discussion: """
            Containers stop dependents first, and start again when what they depend on, as far as it restarts too, is as
            their depends_on wants it; hooks run. Containers stay as they were made: `gantry up` applies changed files. When
            anything fails, what ran before is started again.
            Example: gantry restart -t 3 web
            """)

    @Flag(name: .customLong("no-deps"), help: "Leave what declares `restart: true` for the services named alone.")
    var noDependents = false

    @OptionGroup var grace: GraceOptions

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var lock: LockOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        var session = try CommandSession(options)
        session.lockWait = lock.lockWait
        // All of it, because what depends on the services named may restart with them.
        let (name, project) = try session.findProject()
        var restart = RestartOptions()
        restart.services = services
        restart.withoutDependents = noDependents
        restart.stopGrace = grace.timeout
        let run = RestartRun(session: session, name: name, project: project, options: restart)
        if options.dryRun { return standardOutput(try await run.plan().description) }
        session.sayUntidied(try await Interruption.scope { try await run.apply() })
    }
}

/// Restarts a project's containers as a transaction.
private struct RestartRun: Sendable {
    let session: CommandSession
    let name: String
    /// nil where there is no file.
    let project: Project?
    let options: RestartOptions

    /// Plans, and says what there is to say about it. Throws for a service that neither files nor engine know.
    func plan() async throws -> Plan {
        let observed = try await session.observer.observe(project: name)
        let declared = project.map { $0.disabledServices.union($0.services.keys) } ?? []
        let known = declared.union(observed.containers.map(\.service))
        for service in options.services where !known.contains(service) {
            throw UnknownService(name: service, project: name, known: known)
        }
        let plan = try RestartPlanner.plan(name, project: project, observed: observed, options: options)
        for notice in plan.notices { standardError(notice) }
        if plan.isEmpty, plan.notices.isEmpty { standardError("Project \(name): nothing to restart.") }
        return plan
    }

    /// - Returns: what could not be tidied up.
    func apply() async throws -> [Leftover] {
        let renderer = ProgressRenderer(
            title: "restart \(name)", mode: session.progressMode, terminal: session.terminal)
        var limits = Executor.Limits()
        limits.parallel = session.parallel
        return try await session.sayingFailure(of: "restart") {
            try await session.withExecutor(project: name, command: "restart", limits: limits, observer: renderer) {
                executor in
                let plan = try await plan()
                return plan.isEmpty
                    ? [] : try await renderer.display { try await executor.apply(plan, command: "restart") }
            }
        }
    }
}
