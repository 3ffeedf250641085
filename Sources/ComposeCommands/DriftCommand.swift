import ArgumentParser
import ComposeExecutor
import ComposePlanner
import ComposeSupervisor
import DockerEngine
import EngineAPI

/// `gantry drift`
struct DriftCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "Shows what differs from the last release though Gantry did not change it.",
        discussion: """
            Exit code 0 when nothing does, 2 when something does, 1 for an error or where there is no release. A tag that
            names another image now is told and does not count.
            Example: gantry drift --format json
            """)

    @Option(name: .customLong("format"), help: ArgumentHelp("The form; default: text.", valueName: "form"))
    var format: ReportFormat = .text

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try CommandSession(options)
        let name = try session.findProject().name
        guard let release = try await session.releases(of: name).first else {
            standardError(
                "gantry: there is no release of project \(name) to compare with. `gantry up` makes one when it changes "
                    + "anything.")
            throw CommandExit.failure
        }
        let project = try ReleaseModel(release: release, name: name).sealed()
        var observed = try await session.observer.observe(project)
        // While a supervisor restarts in the engine's place, the engine has not to.
        let kept = try session.isSupervised(name) ? try SupervisionRules(project).takenOver : []
        for container in observed.containers where !container.isOneOff && !kept.contains(container.service) {
            observed.restartPolicies[container.id] = try? await session.engine.container(container.id).restartPolicy
        }
        let drift = Drift.find(in: release, project, observed)
        switch format {
        case .text: standardOutput(DriftText.text(drift, since: release, of: name))
        case .json: standardOutput(try DriftText.json(drift, since: release, of: name))
        }
        if drift.contains(where: { !$0.isInformation }) { throw CommandExit.changesPlanned }
    }
}
