import ArgumentParser
import ComposeLoader
import ComposeModel
import ComposePlanner

/// `gantry config`
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows the project as it is understood.",
        discussion: "Example: gantry config --format json web")

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Only check; print nothing.")
    var quiet = false

    @Flag(name: .customLong("services"), help: "Only the services' names.")
    var onlyServices = false

    @Option(
        name: .customLong("hash"),
        help: ArgumentHelp("Only the config-hash of services: names separated by commas, or *.", valueName: "services"))
    var hash: String?

    @Option(name: .customLong("format"), help: ArgumentHelp("The form.", valueName: "form"))
    var format: ConfigFormat = .yaml

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let session = try CommandSession(options)
        let project = try session.loadProject(services: services)
        if quiet { return }
        if onlyServices {
            standardOutput(project.services.keys.sorted().joined(separator: "\n"))
        } else if let hash {
            let names = hash == "*" ? project.services.keys.sorted() : hash.split(separator: ",").map(String.init)
            try session.check(names, in: project)
            standardOutput(
                names.compactMap { name in project.services[name].map { "\(name) \(ConfigHash.service($0))" } }
                    .joined(separator: "\n"))
        } else {
            writeOutput(ConfigText.text(project, format))
        }
    }
}

/// The forms of a project.
enum ConfigFormat: String, ExpressibleByArgument, CaseIterable {
    case yaml, json
}
