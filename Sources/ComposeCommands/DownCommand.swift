import ArgumentParser
import ComposeExecutor
import ComposePlanner

/// `gantry down`
struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Stops and removes containers and networks, and volumes with -v.",
        discussion: """
            Goes on past a failure, says what is left, and may be repeated. A network or volume that containers of others
            use stays, which is no failure. With a service goes what was started only because it depends on it, unless
            something else that runs does too; what another tool started never goes unnamed. With -p and no file, the
            labels of the containers, networks and volumes tell what is to go.
            Example: gantry down -v
            """)

    @Flag(
        name: [.customLong("volumes"), .customLong("volume"), .customShort("v")],
        help: "Also remove the volumes that the file declares, and unnamed ones.")
    var volumes = false

    @Flag(name: .customLong("remove-orphans"), help: "Also remove containers without a service in the file.")
    var removeOrphans = false

    @OptionGroup var grace: GraceOptions

    @Flag(
        name: .customLong("keep-deps"),
        help: "Take down only the services named, not what was started only for them.")
    var keepDependencies = false

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var lock: LockOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        var session = try CommandSession(options)
        session.lockWait = lock.lockWait
        let (name, project) = try session.findProject()
        if let project { try session.check(services, in: project) }
        var down = DownOptions()
        down.services = services
        down.removeVolumes = volumes
        down.removeOrphans = removeOrphans || session.removesOrphans
        down.keepsDependencies = keepDependencies
        down.stopGrace = grace.timeout
        let chosen = down
        try await session.carryOut(project: name, command: "down") { observed in
            DownPlanner.down(name, project: project, observed: observed, options: chosen)
        }
    }
}
