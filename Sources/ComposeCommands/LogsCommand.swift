import ArgumentParser
import ComposeLogs
import ComposeModel
import ComposeSupervisor
import EngineAPI
import FoundationEssentials
import SinkAPI

/// `gantry logs`
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Shows what the containers wrote.",
        discussion: """
            Lines are in the order of their times across containers; with -f each waits a tenth of a second at most for
            earlier ones of others. What containers did, such as "-- web-1 restarted (exit 137) --", stands among the lines
            on a terminal, and otherwise goes to standard error. On a terminal lines are made harmless, and matches of
            --grep stand out; --no-log-prefix shows the bytes as they were written.
            Of containers that Gantry replaced the last lines are kept: --previous shows them.
            Example: gantry logs -f -n 100 web
            Example: gantry logs --services 'web-*' --level error --grep 'time(d )?out' -C 3 --since-last-up
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

    @Flag(name: .customLong("since-last-up"), help: "Only lines since the last `up` that changed anything.")
    var sinceLastUp = false

    @Flag(name: .customLong("no-color"), help: "No colours.")
    var noColor = false

    @Flag(name: .customLong("no-log-prefix"), help: "Lines without the containers' names, byte by byte.")
    var noLogPrefix = false

    @OptionGroup var lines: LogLineOptions

    @Flag(
        name: .customLong("previous"),
        help: "Lines of containers that were replaced; the last megabyte of each is kept.")
    var previous = false

    @Option(
        name: .customLong("services"), parsing: .singleValue,
        help: ArgumentHelp(
            "Services whose names match, with * and ?, besides those named; repeat it for several.",
            valueName: "pattern"))
    var patterns: [String] = []

    @Option(
        name: .customLong("index"),
        help: ArgumentHelp("Only the replica with this number, of the one service named.", valueName: "n"))
    var index: Int?

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard tail == "all" || Int(tail) != nil else {
            throw ValidationError("--tail \(tail) is neither a number nor all.")
        }
        if index != nil, services.count != 1 || !patterns.isEmpty {
            throw ValidationError("--index needs the one service whose replica is meant.")
        }
        if since != nil, sinceLastUp { throw ValidationError("--since and --since-last-up exclude each other.") }
        if previous, follow {
            throw ValidationError("--previous shows what has ended, so that there is nothing to follow.")
        }
    }

    func run() async throws {
        let session = try CommandSession(options)
        let query = try lines.query()
        let (name, project) = try session.findProject()
        let kept = session.keptOutput(of: name)
        let shown = try await shown(name, project, kept, session)
        let selection = LogSelection.project(name, services: shown, index: index)
        if index != nil, !previous { try await checkIndex(of: selection, on: session.engine) }
        // A negative number stands for all, as with Docker Compose.
        var reading = LogReader.Options(
            follow: follow, tail: Int(tail).flatMap { $0 < 0 ? nil : $0 },
            since: try instant(since, option: "--since"), until: try instant(until, option: "--until"),
            view: LogView(query: query, isExact: noLogPrefix && !lines.json), tellsEnds: true)
        if sinceLastUp { reading.since = try await session.lastUp(of: name) }
        let sink = sink(query, session.terminal)
        let reader = LogReader(
            engine: session.engine, selection: selection, options: reading, sink: sink,
            warn: { standardError("gantry: \($0)") })
        do {
            let isWanted: @Sendable (LogSource) -> Bool = { [index] source in
                shown?.contains(source.service) ?? true && index ?? source.number == source.number
            }
            try await Interruption.scope { [reading, previous] in
                if previous {
                    guard try await KeptReading(kept, of: isWanted, options: reading, sink: sink).run() else {
                        return standardError("Nothing is kept of containers of project \(name) that were removed.")
                    }
                } else {
                    try await reader.run()
                }
                try await sink.flush()
            }
        } catch OutputFailure.closed {
            // Who reads has seen enough.
        }
    }

    private func sink(_ query: LogQuery?, _ terminal: Terminal) -> ConsoleSink {
        let writer = TerminalWriter(policy: .wait)
        // A pipe gets nothing but what the containers wrote.
        let notices: OutputStream = terminal.outputIsTerminal && !lines.json ? .stdout : .stderr
        if lines.json {
            return ConsoleSink(JSONLogFormatter(), to: writer, separatesErrors: false, notices: notices)
        }
        let hasColors = terminal.colorsOutput && !noColor
        var format = LogFormat(hasPrefix: !noLogPrefix, hasColors: hasColors, hasTimes: timestamps)
        format.isExact = noLogPrefix
        format.hasNoticesElsewhere = notices != .stdout
        format.highlights = hasColors ? query?.include ?? [] : []
        return ConsoleSink(LogFormatter(format), to: writer, separatesErrors: false, notices: notices)
    }

    /// The services named, else all but those with `attach: false`; nil is all.
    private func shown(
        _ name: String, _ project: Project?, _ kept: KeptOutput, _ session: CommandSession
    ) async throws -> Set<String>? {
        guard services.isEmpty, patterns.isEmpty else {
            var known = project.map { Set($0.services.keys).union($0.disabledServices) } ?? []
            if project == nil {
                known.formUnion(try await LogSelection.project(name).list(on: session.engine).map(\.source.service))
            }
            if previous { known.formUnion(kept.services) }
            return try LogServices(project: name, known: known).named(services, matching: patterns)
        }
        return project.map { project in
            let all = Set(project.services.values.filter { $0.attach != false }.map(\.name))
            return all.union(project.disabledServices).union(previous ? kept.services : [])
        }
    }

    private func checkIndex(of selection: LogSelection, on engine: any ContainerEngine) async throws {
        guard let index, !follow, try await selection.list(on: engine).isEmpty else { return }
        throw ValidationError(
            "There is no container \(index) of service \(services[0]); `gantry ps` lists what there is.")
    }

    private func instant(_ text: String?, option: String) throws -> EngineTime? {
        guard let text else { return nil }
        if let time = EngineTime(text) { return time }
        if let duration = ComposeDuration(text) {
            let now = Int64(Date().timeIntervalSince1970 * 1e9)
            return EngineTime(nanoseconds: now - duration.nanoseconds)
        }
        if let seconds = Double(text), let nanoseconds = Int64(exactly: (seconds * 1e9).rounded()) {
            return EngineTime(nanoseconds: nanoseconds)
        }
        throw ValidationError(
            "\(option) \(text) is no time. Write 2026-01-31T10:00:00Z, or how long ago: 90s, 42m, 3h.")
    }
}
