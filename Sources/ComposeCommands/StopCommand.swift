import ArgumentParser
import ComposeExecutor
import ComposePlanner

/// `gantry stop`
struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stops containers and keeps them.",
        discussion: """
            Containers stop in reverse dependency order, those of one level at once. With a service ends what was started
            only because it depends on it, unless something else that runs does too: after `up -d web`, `stop web` leaves
            things as before; after `up -d`, it stops web alone. What another tool started is never stopped unnamed.
            Example: gantry stop -t 3 web
            """)

    @OptionGroup var grace: GraceOptions

    @Flag(
        name: .customLong("keep-deps"),
        help: "Stop only the services named, not what was started only for them.")
    var keepDependencies = false

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var lock: LockOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        var session = try CommandSession(options)
        session.lockWait = lock.lockWait
        let (name, project) = try session.findProject(services: services)
        var down = DownOptions()
        down.services = services
        down.keepsDependencies = keepDependencies
        down.stopGrace = grace.timeout
        try await session.carryOut(project: name, command: "stop") { observed in
            DownPlanner.stop(name, project: project, observed: observed, options: down)
        }
    }
}
