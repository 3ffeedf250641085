import ComposeExecutor
import ArgumentParser
import ComposePlanner
import EngineAPI
import FoundationEssentials

/// `gantry ps`
struct PsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "Lists the project's containers.",
        discussion: "Example: gantry ps --format json")

    @OptionGroup var options: GlobalOptions

    @Flag(name: [.customLong("all"), .customShort("a")], help: "Also those that do not run.")
    var all = false

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Only the identifiers.")
    var quiet = false

    @Flag(name: .customLong("services"), help: "Only the services' names.")
    var onlyServices = false

    @Option(name: .customLong("format"), help: ArgumentHelp("table or json; default: table.", valueName: "form"))
    var format: TableFormat = .table

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    func run() async throws {
        let session = try CommandSession(options)
        let (name, project) = try session.findProject()
        if let project { try session.check(services, in: project) }
        let containers = try await session.observer.observe(project: name).containers
            .filter { all || $0.summary.state.isRunning }
            .filter { services.isEmpty || services.contains($0.service) }
            .sorted { $0.name < $1.name }
        if quiet {
            standardOutput(containers.map(\.id.rawValue).joined(separator: "\n"))
        } else if onlyServices {
            standardOutput(Set(containers.map(\.service)).sorted().joined(separator: "\n"))
        } else if format == .json {
            standardOutput(try containers.map { try ContainerLine(project: name, $0).json() }.joined(separator: "\n"))
        } else {
            writeOutput(table(containers).text)
        }
    }

    private func table(_ containers: [ObservedContainer]) -> TextTable {
        var table = TextTable(header: ["NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"])
        let now = Int64(Date().timeIntervalSince1970)
        for container in containers {
            let summary = container.summary
            table.add([
                container.name, summary.image, ContainerText.command(summary.command), container.service,
                ContainerText.age(seconds: now - summary.created.nanoseconds / 1_000_000_000) + " ago",
                summary.status, ContainerText.ports(summary.ports),
            ])
        }
        return table
    }
}

/// The forms of a list.
enum TableFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}

/// A container as `ps --format json` prints it, one object a line.
private struct ContainerLine: Encodable {
    struct Publisher: Encodable {
        let URL: String
        let TargetPort: Int
        let PublishedPort: Int
        let transport: String

        enum CodingKeys: String, CodingKey {
            case URL, TargetPort, PublishedPort
            case transport = "Protocol"
        }
    }
    let ID: String
    let Name: String
    let Names: String
    let Project: String
    let Service: String
    let Image: String
    let Command: String
    let State: String
    let Status: String
    let Health: String
    let ExitCode: Int
    let Ports: String
    let Publishers: [Publisher]
    let Labels: String
    let Networks: String

    init(project: String, _ container: ObservedContainer) {
        let summary = container.summary
        ID = container.id.short
        Name = container.name
        Names = summary.names.joined(separator: ",")
        Project = project
        Service = container.service
        Image = summary.image
        Command = ContainerText.command(summary.command)
        State = summary.state.rawValue
        Status = summary.status
        Health = summary.health == .none ? "" : summary.health.rawValue
        ExitCode = summary.exitCode ?? 0
        Ports = ContainerText.ports(summary.ports)
        Publishers = summary.ports.map {
            Publisher(
                URL: $0.hostAddress ?? "", TargetPort: $0.containerPort, PublishedPort: $0.hostPort ?? 0,
                transport: $0.transport)
        }
        Labels = summary.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        Networks = summary.networks.keys.sorted().joined(separator: ",")
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
