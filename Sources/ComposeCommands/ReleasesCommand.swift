import ArgumentParser

/// `gantry releases`
struct ReleasesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "releases", abstract: "Lists what `up` and `rollback` have put in force.",
        discussion: """
            The last 10 releases of a project are kept, the latest first. `gantry rollback` brings one back. The images
            of earlier releases carry names such as gantry-release:shop.0123456789ab, so that `docker image prune` leaves
            them; `docker image prune -a` does not, and images that are gone are marked. A name goes when no release
            that is kept has the image any more.
            Example: gantry releases --format json
            """)

    @Option(name: .customLong("format"), help: ArgumentHelp("The form; default: text.", valueName: "form"))
    var format: ReportFormat = .text

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try CommandSession(options)
        let project = try session.findProject().name
        let releases = try await session.releases(of: project)
        var missing: Set<String>?
        do {
            missing = try await session.missingImages(of: releases)
        } catch {
            standardError("Whether the engine still has the images is not known: \(error)")
        }
        switch format {
        case .json: standardOutput(try ReleaseText.json(releases, missing: missing, project: project))
        case .text where releases.isEmpty:
            standardError(
                "There is no release of project \(project) yet. `gantry up` makes one when it changes anything.")
        case .text: writeOutput(ReleaseText.table(releases, missing: missing ?? []))
        }
    }
}
