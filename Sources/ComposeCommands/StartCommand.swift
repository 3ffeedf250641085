import ArgumentParser
import ComposeExecutor
import ComposePlanner

/// `gantry start`
struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Starts containers that are there, in dependency order.",
        discussion: "Example: gantry start --wait web")

    @Flag(name: .customLong("wait"), help: "Return only when every service is up.")
    var wait = false

    @OptionGroup var patience: PatienceOptions

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var lock: LockOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        var session = try CommandSession(options)
        session.lockWait = lock.lockWait
        let project = try session.loadProject(services: services)
        var up = UpOptions()
        up.services = services
        up.onlyStart = true
        up.isLasting = true
        up.refusesEarlyExits = true
        up.wait = wait
        let run = UpRun(
            session: session, project: project, options: up, waitTimeout: patience.waitTimeout, command: "start")
        try await run.detached()
    }
}
