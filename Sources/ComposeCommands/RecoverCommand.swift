import ArgumentParser
import ComposeExecutor
import ComposePlanner
import ComposeState
import DockerEngine
import EngineAPI

/// `gantry recover`
struct RecoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Ends what an interrupted command left open.",
        discussion: """
            Takes back what was not in force yet, and finishes what was. `up`, `start`, `stop` and `down` do the same
            before they begin. Where the state was lost, labels show replacements that never took effect; what they do
            not decide is shown with the commands that do. No command with another state folder, such as another
            user's, may be changing the project meanwhile: labels do not tell whether it still runs.
            Example: gantry recover --dry-run
            """)

    @Flag(
        name: [.customLong("all"), .customShort("a")],
        help: "All projects that the state knows to be open, rather than this one.")
    var all = false

    @OptionGroup var lock: LockOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        var session = try CommandSession(options)
        session.lockWait = lock.lockWait
        let projects: [String]
        if all {
            projects = try await StateDirectory(environment: session.environment).journal()
                .unfinishedProjects(engine: session.address.description)
            if projects.isEmpty { standardError("The state knows of no project with anything to recover.") }
        } else {
            projects = [try session.findProject().name]
        }
        var isWhole = true
        for project in projects { isWhole = try await recover(project, session) && isWhole }
        guard isWhole else { throw CommandExit.failure }
    }

    /// - Returns: whether nothing is left open of what this can end.
    private func recover(_ project: String, _ session: CommandSession) async throws -> Bool {
        let renderer = ProgressRenderer(
            title: "recover \(project)", mode: session.progressMode, terminal: session.terminal)
        var limits = Executor.Limits()
        limits.parallel = session.parallel
        limits.readinessDeadline = Executor.Limits.settlingDeadline
        if options.dryRun {
            return try await show(session.executor(project: project, limits: limits, observer: renderer), project)
        }
        let chosen = limits
        return try await Interruption.scope {
            do {
                return try await session.withRecovery(
                    project: project, command: "recover", limits: chosen, observer: renderer
                ) { executor, recovered in
                    for transaction in recovered { standardError(RecoveryText.text(transaction, isFirst: false)) }
                    let plan = try await executor.planRecovery()
                    for notice in plan.notices { standardError(notice) }
                    if plan.isEmpty, plan.notices.isEmpty, recovered.isEmpty {
                        standardError("Project \(project): nothing to recover.")
                    }
                    var leftovers = recovered.flatMap(\.leftovers)
                    if !plan.isEmpty {
                        leftovers += try await renderer.display { try await executor.apply(plan, command: "recover") }
                        standardError("Project \(project): \(plan.summary), as labels told.")
                    }
                    return leftovers.isEmpty
                }
            } catch let failure as ApplyFailure {
                standardError(ApplyFailureText.text(failure, command: "recover"))
                throw failure.isCancelled ? CancellationError() : CommandExit.failure
            }
        }
    }

    /// Prints what would be done.
    private func show(_ executor: Executor, _ project: String) async throws -> Bool {
        let open = try await executor.interrupted()
        for transaction in open {
            let end = transaction.isCommitted ? "finished" : "taken back"
            standardOutput("Project \(project): an interrupted `gantry \(transaction.command)` would be \(end):")
            for step in transaction.openSteps { standardOutput("  \(step)") }
        }
        let plan = try await executor.planRecovery()
        for notice in plan.notices { standardError(notice) }
        if !plan.isEmpty {
            standardOutput(plan.description)
        } else if open.isEmpty {
            standardError("Project \(project): nothing to recover.")
        }
        return true
    }
}

extension JournaledTransaction {
    /// What ending it is about: the operations to be taken back, or to be done still.
    fileprivate var openSteps: [String] {
        steps.filter { step in
            isCommitted
                ? step.isFinish && step.progress != .done
                : !step.isFinish && step.operation.undo != nil && step.progress != .pending && step.progress != .undone
        }.map(\.operation.action.description)
    }
}
