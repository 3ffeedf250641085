import ArgumentParser
import ComposeLogs
import ComposeModel
import ComposeSupervisor
import EngineAPI
import FoundationEssentials

/// `gantry logs`
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Shows what the containers wrote.",
        discussion: """
            Without -f, lines are in the order of their times across containers.
            Example: gantry logs -f -n 100 web
            """)

    @Flag(name: [.customLong("follow"), .customShort("f")], help: "Go on with what is written later.")
    var follow = false

    @Option(
        name: [.customLong("tail"), .customShort("n")],
        help: ArgumentHelp("How many of each container's last lines: a number or all; default: all.", valueName: "n"))
    var tail: String = "all"

    @Flag(name: [.customLong("timestamps"), .customShort("t")], help: "Show when each line was written.")
    var timestamps = false

    @Option(
        name: .customLong("since"),
        help: ArgumentHelp("Only lines from then on: 2026-01-31T10:00:00Z or 42m ago.", valueName: "time"))
    var since: String?

    @Option(
        name: .customLong("until"),
        help: ArgumentHelp("Only lines before then: 2026-01-31T10:00:00Z or 42m ago.", valueName: "time"))
    var until: String?

    @Flag(name: .customLong("no-color"), help: "No colours.")
    var noColor = false

    @Flag(name: .customLong("no-log-prefix"), help: "Lines without the containers' names.")
    var noLogPrefix = false

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard tail == "all" || Int(tail).map({ $0 >= 0 }) == true else {
            throw ValidationError("--tail \(tail) is neither a number nor all.")
        }
    }

    func run() async throws {
        let session = try CommandSession(options)
        let (name, project) = try session.findProject()
        if let project { try session.check(services, in: project) }
        let reading = LogReader.Options(
            follow: follow, tail: Int(tail), since: try instant(since, option: "--since"),
            until: try instant(until, option: "--until"))
        let terminal = session.terminal
        let format = LogFormat(
            hasPrefix: !noLogPrefix, hasColors: terminal.colorsOutput && !noColor, hasTimes: timestamps)
        let sink = ConsoleSink(format, to: TerminalWriter(policy: .wait), separatesErrors: false)
        let reader = LogReader(
            engine: session.engine, selection: .project(name, services: shown(project)), options: reading,
            sink: sink, warn: { standardError("gantry: \($0)") })
        do {
            try await Interruption.scope {
                try await reader.run()
                try await sink.flush()
            }
        } catch OutputFailure.closed {
            // Who reads has seen enough.
        }
    }

    /// The services named, else all but those with `attach: false`; nil is all.
    private func shown(_ project: Project?) -> Set<String>? {
        if !services.isEmpty { return Set(services) }
        return project.map { project in
            Set(project.services.values.filter { $0.attach != false }.map(\.name)).union(project.disabledServices)
        }
    }

    private func instant(_ text: String?, option: String) throws -> EngineTime? {
        guard let text else { return nil }
        if let time = EngineTime(text) { return time }
        if let duration = ComposeDuration(text) {
            let now = Int64(Date().timeIntervalSince1970 * 1e9)
            return EngineTime(nanoseconds: now - duration.nanoseconds)
        }
        if let seconds = Double(text) { return EngineTime(nanoseconds: Int64(seconds * 1e9)) }
        throw ValidationError(
            "\(option) \(text) is no time. Write 2026-01-31T10:00:00Z, or how long ago: 90s, 42m, 3h.")
    }
}
