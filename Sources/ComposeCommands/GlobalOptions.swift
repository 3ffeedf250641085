import ArgumentParser

/// The options that every command takes, and that may stand before it.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .customLong("file"), parsing: .singleValue,
        help: ArgumentHelp("A Compose file; repeat it to merge several (-f before the command).", valueName: "path"))
    var files: [String] = []

    @Option(
        name: .customLong("project-name"),
        help: ArgumentHelp("The project's name (-p before the command).", valueName: "name"))
    var projectName: String?

    @Option(
        name: .customLong("profile"), parsing: .singleValue,
        help: ArgumentHelp("A profile to enable; repeat it for several, * for all.", valueName: "name"))
    var profiles: [String] = []

    @Option(
        name: .customLong("env-file"), parsing: .singleValue,
        help: ArgumentHelp("A file of variables instead of .env; repeat it for several.", valueName: "path"))
    var environmentFiles: [String] = []

    @Option(
        name: .customLong("project-directory"),
        help: ArgumentHelp("Where relative paths start; default: the folder of the first file.", valueName: "path"))
    var projectDirectory: String?

    @Option(
        name: .customLong("progress"),
        help: ArgumentHelp("How progress is shown; default: auto.", valueName: "mode"))
    var progress: ProgressMode?

    @Option(
        name: .customLong("ansi"),
        help: ArgumentHelp("Whether to use colours.", valueName: "when"))
    var ansi: ANSIMode = .auto

    @Option(
        name: .customLong("parallel"),
        help: ArgumentHelp(
            "How many engine calls may be under way at once; default: 6, -1 for no bound.", valueName: "n"))
    var parallel: Int?

    @Flag(name: .customLong("dry-run"), help: "Print the plan and change nothing.")
    var dryRun = false

    @Flag(name: .customLong("strict"), help: "Take warnings about the project's files for errors.")
    var strict = false

    func validate() throws {
        if parallel == 0 { throw ValidationError("--parallel 0 would do nothing; -1 is without bound.") }
    }

    @Flag(name: .customLong("compatibility"), help: .hidden)
    var compatibility = false

    @Flag(name: .customLong("all-resources"), help: .hidden)
    var allResources = false
}

/// How progress is shown.
enum ProgressMode: String, ExpressibleByArgument, CaseIterable {
    case auto, tty, plain, json, quiet
}

/// Whether escape sequences are used.
enum ANSIMode: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
}
