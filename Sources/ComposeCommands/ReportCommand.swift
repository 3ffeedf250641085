import ArgumentParser
import ComposeState
import DockerEngine

/// `gantry report`
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Shows what failed, and what was done about it.",
        discussion: """
            The last 20 failures of a project are kept, with the failing container's last lines; without an identifier the
            latest is shown.
            Example: gantry report --list
            """)

    @Flag(name: .customLong("list"), help: "All that are kept, the latest first.")
    var list = false

    @Option(name: .customLong("format"), help: ArgumentHelp("The form; default: text.", valueName: "form"))
    var format: ReportFormat = .text

    @Argument(help: ArgumentHelp("Which report, by the beginning of its identifier.", valueName: "id"))
    var id: String?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if list, id != nil { throw ValidationError("--list shows all reports, and an identifier one of them.") }
    }

    func run() async throws {
        let session = try CommandSession(options)
        let project = try session.findProject().name
        let scope = JournalScope(engine: session.address.description, project: project)
        let reports = try await StateDirectory(environment: session.environment).journal().reports(in: scope)
        if list {
            switch format {
            case .text: writeOutput(ReportText.table(reports))
            case .json:
                standardOutput(try reports.map { try ReportText.json($0, indented: false) }.joined(separator: "\n"))
            }
            return
        }
        guard let report = reports.first(where: { $0.id.hasPrefix(id ?? "") }) else {
            let what = id.map { "no report \($0)" } ?? "no report"
            standardError("gantry: there is \(what) of project \(project). `gantry report --list` shows those kept.")
            throw CommandExit.failure
        }
        standardOutput(format == .json ? try ReportText.json(report, indented: true) : ReportText.text(report))
    }
}

/// The forms of a report.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}
