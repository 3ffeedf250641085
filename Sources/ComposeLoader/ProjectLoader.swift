import ComposeModel
import YAML

/// Loads a project from its files.
///
/// Loading is synchronous and depends on nothing but the options and the files; it changes nothing. Every independent
/// mistake is reported in one run, each with its place.
package struct ProjectLoader {
    private let options: LoadOptions
    private let files: any FileReading

    package init(options: LoadOptions, files: any FileReading = SystemFiles()) {
        self.options = options
        self.files = files
    }

    package func load() throws(LoadFailure) -> LoadedProject {
        var reporter = Reporter()
        let sources = try discover(&reporter)
        var reader = ModelReader(
            options: options, files: files, directory: sources.directory, environment: sources.environment)
        let parsed = sources.files.map { reader.parse($0, &reporter) }
        try stop(reporter)
        let name = projectName(sources, parsed, &reporter)
        reader.environment["COMPOSE_PROJECT_NAME"] = name
        guard let model = reader.read(parsed, &reporter) else { throw nothing(in: sources, reporter) }
        complete(model, &reporter)
        // Values are read from a tree that the schema vouches for; one with mistakes would only bring more of them.
        try stop(reporter)
        let locator = Locator(root: model)
        var project = decode(model, name, sources)
        if options.normalizes { project = Normalizer(environment: reader.environment).normalize(project) }
        let selector = Selector(options: options, environment: reader.environment)
        project = selector.applyProfiles(project)
        if options.checksConsistency { check(project, locator, &reporter) }
        project = selector.select(project, &reporter)
        if options.interpolates {
            let resolver = Resolver(
                files: files, workingDirectory: options.workingDirectory, environment: reader.environment,
                locator: locator,
                readsVariables: options.resolvesEnvironment)
            project = resolver.resolve(project, &reporter)
        }
        try stop(reporter)
        return LoadedProject(project: project, warnings: reporter.sorted, environment: reader.environment)
    }

    private func nothing(in sources: Sources, _ reporter: Reporter) -> LoadFailure {
        var reporter = reporter
        if !reporter.hasErrors {
            let names = sources.files.map(\.shown).joined(separator: ", ")
            reporter.error("nothing is in \(names)", at: nil, hint: "a project needs \"services:\"")
        }
        return LoadFailure(diagnostics: reporter.sorted)
    }

    private func stop(_ reporter: Reporter) throws(LoadFailure) {
        if reporter.hasErrors { throw LoadFailure(diagnostics: reporter.sorted) }
    }

    private func discover(_ reporter: inout Reporter) throws(LoadFailure) -> Sources {
        guard let sources = Discoverer(options: options, files: files).discover(&reporter) else {
            throw LoadFailure(diagnostics: reporter.sorted)
        }
        return sources
    }

    /// The name given outside the files, else in them, else the folder's.
    private func projectName(
        _ sources: Sources, _ parsed: [ModelReader.ParsedFile], _ reporter: inout Reporter
    ) -> String {
        if let name = sources.name { return name }
        let written = parsed.flatMap(\.documents).compactMap { $0.field("name") }.last { $0.text?.isEmpty == false }
        if let written, let text = written.text {
            var template = Template { sources.environment[$0] }
            // A mistake in it is reported when the whole file is interpolated.
            let name = options.interpolates ? (try? template.substitute(text)) ?? "" : text
            let normalized = options.normalizes ? ProjectName.normalized(name) : name
            if normalized.isEmpty {
                reporter.at(["name"]) {
                    $0.error(
                        "\"\(name)\" gives no project name: none of its letters may be in one", at: written.mark,
                        hint: "use lower-case letters, digits, \"-\" and \"_\"")
                }
            }
            return normalized
        }
        let name = ProjectName.normalized(FilePath.name(sources.directory))
        if name.isEmpty {
            reporter.error(
                "the folder \(sources.directory) gives no project name, because none of its letters may be in one",
                at: nil, hint: "give one with --project-name or a top-level \"name\"")
        }
        return name
    }

    private func complete(_ model: Node, _ reporter: inout Reporter) {
        var completer = Completer(reporter: reporter)
        completer.check(model, ComposeSchema.project)
        var rules = Rules(reporter: completer.reporter)
        rules.check(model)
        reporter = rules.reporter
    }

    private func decode(_ model: Node, _ name: String, _ sources: Sources) -> Project {
        var project = Project(
            name: name, workingDirectory: sources.directory, configFiles: sources.files.map(\.path))
        project.environmentFiles = sources.environmentFiles
        return Decoder(project: project, namesResources: options.normalizes).decode(model)
    }

    private func check(_ project: Project, _ locator: Locator, _ reporter: inout Reporter) {
        var checker = Checker(project: project, locator: locator, reporter: reporter)
        checker.check()
        reporter = checker.reporter
    }
}
