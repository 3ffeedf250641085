import ArgumentParser

/// `gantry version`
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Shows the version.",
        discussion: "Example: gantry version --format json")

    /// The version of this program.
    static let number = "0.1.0"

    @Option(
        name: [.customLong("format"), .customShort("f")],
        help: ArgumentHelp("The form.", valueName: "form"))
    var format: VersionFormat = .pretty

    @Flag(name: .customLong("short"), help: "Only the number.")
    var short = false

    @OptionGroup var options: GlobalOptions

    func run() throws {
        if short {
            standardOutput(Self.number)
        } else if format == .json {
            standardOutput(#"{"version":"v\#(Self.number)"}"#)
        } else {
            standardOutput("Gantry version v\(Self.number)")
        }
    }
}

/// The forms of the version.
enum VersionFormat: String, ExpressibleByArgument, CaseIterable {
    case pretty, json
}
