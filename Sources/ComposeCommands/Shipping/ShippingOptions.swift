import ArgumentParser
import ComposeLoader
import ComposeLogs
import ComposeModel
import ComposePlanner
import DockerEngine
import FoundationEssentials

/// What is shipped, and where to, as far as the command line says it.
struct ShippingOptions: ParsableArguments {
    @Option(
        name: .customLong("sink"), parsing: .singleValue,
        help: ArgumentHelp(
            "A further sink, as NAME=URL or URL: --sink file:./out.jsonl. See `gantry sink ls`.", valueName: "sink"))
    var sinks: [SinkOption] = []

    @Option(
        name: .customLong("route"), parsing: .singleValue,
        help: ArgumentHelp(
            "A further route: 'services=web,worker;streams=stdout;to=loki'. A \";\" in a pattern is \\x3b.",
            valueName: "route"))
    var routes: [String] = []

    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("With --all: a file with `logs: {sinks: ...}`.", valueName: "path"))
    var config: String?

    @Flag(name: .customLong("all"), help: "All containers of the engine, instead of a project's.")
    var all = false

    @Option(
        name: .customLong("label"), parsing: .singleValue,
        help: ArgumentHelp("With --all: containers with this label; NAME or NAME=VALUE.", valueName: "label"))
    var labels: [String] = []

    @Option(
        name: .customLong("name"), parsing: .singleValue,
        help: ArgumentHelp("With --all: containers with such a name; * and ? are wildcards.", valueName: "pattern"))
    var names: [String] = []

    @Option(
        name: .customLong("image"), parsing: .singleValue,
        help: ArgumentHelp("With --all: containers of such an image; * and ? are wildcards.", valueName: "pattern"))
    var images: [String] = []

    func validate() throws {
        let given = [
            ("--label", !labels.isEmpty), ("--name", !names.isEmpty), ("--image", !images.isEmpty),
            ("--config", config != nil),
        ]
        if !all, let option = given.first(where: \.1)?.0 {
            throw ValidationError("\(option) is for --all; a project's containers are chosen by their services.")
        }
    }

    /// Whether a URL of a sink holds a secret, which everybody could read in a unit and in the list of processes.
    var hasSecrets: Bool {
        sinks.contains {
            Secrecy.isSecret(text: $0.url) || $0.url.contains("shared_key=") || $0.url.contains("header.")
        }
    }

    /// As arguments of a unit.
    var arguments: [String] {
        var arguments = sinks.flatMap { ["--sink", ($0.name.map { $0 + "=" } ?? "") + $0.url] }
        arguments += routes.flatMap { ["--route", $0] }
        if let config { arguments += ["--config", CommandSession.absolute(config)] }
        if all { arguments.append("--all") }
        arguments += labels.flatMap { ["--label", $0] } + names.flatMap { ["--name", $0] }
        return arguments + images.flatMap { ["--image", $0] }
    }
}

extension CommandSession {
    /// Where the spool of a setup is.
    func spoolPath(_ setup: ShippingSetup) -> String {
        setup.declaration.folder
            ?? StateDirectory(environment: environment).spoolPath(
                engine: address.description, project: setup.project)
    }

    /// Reads what is to be shipped; again at each call.
    func shippingSetup(_ shipping: ShippingOptions, services: [String]) throws -> ShippingSetup {
        var additions = ShippingDeclaration.Additions(sinks: shipping.sinks)
        additions.routes = try shipping.routes.map { (option: $0, value: try LogsFile.route(option: $0)) }
        if shipping.all {
            guard services.isEmpty else { throw ValidationError("--all is for all containers: name no services.") }
            let selection = CaptureSelection(
                labels: shipping.labels, names: shipping.names, images: shipping.images)
            return try .everything(
                of: selection, file: shipping.config, adding: additions, environment: environment)
        }
        do {
            let loaded = try load()
            let known = Set(loaded.project.services.keys).union(loaded.project.disabledServices)
            for service in services where !known.contains(service) {
                throw UnknownService(name: service, project: loaded.project.name, known: known)
            }
            return try .project(loaded, services: services, adding: additions)
        } catch let failure as LoadFailure {
            // With -p alone the containers' labels tell what belongs to the project.
            guard let name = options.projectName, failure.isProjectMissing else { throw failure }
            let project = Project(
                name: name, workingDirectory: FileManager.default.currentDirectoryPath, configFiles: [])
            let loaded = LoadedProject(project: project, warnings: [], environment: environment)
            return try .project(loaded, services: services, adding: additions)
        }
    }
}
