import ArgumentParser
import ComposeExecutor
import ComposePlanner

/// `gantry plan`
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what `up` would do and why, and changes nothing.",
        discussion: """
            Exit code 0 when there is nothing to do, 2 when there is something, 1 for an error.
            Example: gantry plan web
            """)

    @Option(name: .customLong("format"), help: ArgumentHelp("The form.", valueName: "form"))
    var format: PlanFormat = .text

    @Flag(name: .customLong("remove-orphans"), help: "Also plan the removal of containers without a service.")
    var removeOrphans = false

    @Flag(name: .customLong("force-recreate"), help: "Plan as if every container had changed.")
    var forceRecreate = false

    @Flag(
        name: [.customLong("yes"), .customShort("y")],
        help: "Plan as `up --yes` would: volumes whose configuration has changed are made anew.")
    var yes = false

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try CommandSession(options)
        let project = try session.loadProject(services: services)
        var up = UpOptions()
        up.services = services
        up.removeOrphans = removeOrphans
        up.assumesYes = yes
        if forceRecreate { up.recreate = .always }
        let plan = try await session.preview(project, try await session.observer.observe(project), up)
        for notice in plan.notices { standardError(notice) }
        switch format {
        case .text: standardOutput(plan.description)
        case .json: standardOutput(try plan.json())
        }
        if !plan.isEmpty { throw CommandExit.changesPlanned }
    }
}

/// The forms of a plan.
enum PlanFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}
