import ArgumentParser
import ComposeExecutor
import ComposeModel
import ComposePlanner
import EngineAPI
import FoundationEssentials

/// `gantry ps`
struct PsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "Lists the project's containers.",
        discussion: "Example: gantry ps --format json")

    @Flag(name: [.customLong("all"), .customShort("a")], help: "Also those that do not run.")
    var all = false

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Only the identifiers.")
    var quiet = false

    @Flag(name: .customLong("services"), help: "Only the services' names.")
    var onlyServices = false

    @Option(name: .customLong("format"), help: ArgumentHelp("The form.", valueName: "form"))
    var format: TableFormat = .table

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try CommandSession(options)
        let (name, project) = try session.findProject()
        if let project { try session.check(services, in: project) }
        let containers = try await session.observer.observe(project: name).containers
            .filter { all || $0.summary.state.isRunning && !$0.isOneOff }
            .filter { services.isEmpty || services.contains($0.service) }
            .sorted { $0.name < $1.name }
        if quiet {
            standardOutput(containers.map(\.id.rawValue).joined(separator: "\n"))
        } else if onlyServices {
            standardOutput(Set(containers.map(\.service)).sorted().joined(separator: "\n"))
        } else if format == .json {
            standardOutput(containers.map { ContainerText.json(project: name, $0) }.joined(separator: "\n"))
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

extension ContainerText {
    /// A container as `ps --format json` prints it: one object a line, with Docker Compose's fields.
    fileprivate static func json(project: String, _ container: ObservedContainer) -> String {
        let summary = container.summary
        let publishers = summary.ports.map { port in
            CanonicalValue.object([
                .init("URL", .string(port.hostAddress ?? "")),
                .init("TargetPort", .int(Int64(port.containerPort))),
                .init("PublishedPort", .int(Int64(port.hostPort ?? 0))),
                .init("Protocol", .string(port.transport)),
            ])
        }
        let labels = summary.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let line = CanonicalValue.object([
            .init("Command", .string(command(summary.command))),
            .init("ExitCode", .int(Int64(summary.exitCode ?? 0))),
            .init("Health", .string(summary.health == .none ? "" : summary.health.rawValue)),
            .init("ID", .string(container.id.short)),
            .init("Image", .string(summary.image)),
            .init("Labels", .string(labels.joined(separator: ","))),
            .init("Name", .string(container.name)),
            .init("Names", .string(summary.names.joined(separator: ","))),
            .init("Networks", .string(summary.networks.keys.sorted().joined(separator: ","))),
            .init("Ports", .string(ports(summary.ports))),
            .init("Project", .string(project)),
            .init("Publishers", .list(publishers)),
            .init("Service", .string(container.service)),
            .init("State", .string(summary.state.rawValue)),
            .init("Status", .string(summary.status)),
        ])
        return String(decoding: line.json(), as: UTF8.self)
    }
}
