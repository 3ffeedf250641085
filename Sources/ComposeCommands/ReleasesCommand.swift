import ArgumentParser

/// `gantry releases`
struct ReleasesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "releases", abstract: "Lists what `up` and `rollback` have put in force.",
        discussion: """
            The last 10 releases of a project are kept, the latest first. `gantry rollback` brings one back.
            Example: gantry releases --format json
            """)

    @Option(name: .customLong("format"), help: ArgumentHelp("The form; default: text.", valueName: "form"))
    var format: ReportFormat = .text

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try CommandSession(options)
        let project = try session.findProject().name
        let releases = try await session.releases(of: project)
        switch format {
        case .json: standardOutput(try ReleaseText.json(releases, project: project))
        case .text where releases.isEmpty:
            standardError(
                "There is no release of project \(project) yet. `gantry up` makes one when it changes anything.")
        case .text: writeOutput(ReleaseText.table(releases))
        }
    }
}
