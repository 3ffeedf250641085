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

    /// - Throws: every mistake found, and with ``LoadOptions/isStrict`` every warning too.
    package func load() throws(LoadFailure) -> LoadedProject {
        guard options.isStrict else { return try loadLeniently() }
        do throws(LoadFailure) {
            let loaded = try loadLeniently()
            guard !loaded.warnings.isEmpty else { return loaded }
            throw LoadFailure(diagnostics: loaded.warnings)
        } catch {
            throw LoadFailure(diagnostics: error.diagnostics.map(\.strict))
        }
    }

    private func loadLeniently() throws(LoadFailure) -> LoadedProject {
        var reporter = Reporter()
        let sources = try discover(&reporter)
        var reader = ModelReader(
            options: options, files: files, directory: sources.directory, root: sources.directory,
            environment: sources.environment)
        let parsed = sources.files.map { reader.parse($0, &reporter) }
        try stop(reporter)
        let name = projectName(sources, parsed, &reporter)
        reader.environment["COMPOSE_PROJECT_NAME"] = name
        if options.keepsHistory { reader.recording = recording(sources, reader.environment) }
        guard let model = reader.read(parsed, &reporter) else { throw nothing(in: parsed, reporter) }
        Silence(environment: reader.environment).apply(to: model, &reporter)
        complete(model, &reporter)
        let project = decode(model, name, sources)
        guard options.interpolates else {
            try stop(reporter)
            let written = WrittenModel(
                name: name, buildFolder: options.resolvesPaths ? sources.directory : ".",
                normalizes: options.normalizes, environment: reader.environment)
            return LoadedProject(
                project: project, written: written.canonical(model), warnings: reporter.sorted,
                environment: reader.environment)
        }
        let finished = try finish(project, Locator(root: model), reader.environment, &reporter)
        var loaded = LoadedProject(project: finished, warnings: reporter.sorted, environment: reader.environment)
        loaded.model = model
        loaded.history = reader.recording.map { recording in
            ModelHistory(
                recording, model: model, nameSource: nameSource(sources, model), files: files,
                workingDirectory: options.workingDirectory)
        }
        return loaded
    }

    private func recording(_ sources: Sources, _ environment: [String: String]) -> Recording {
        var places = VariablePlaces(process: options.environment.keys)
        for group in sources.variableFiles { places.add(group, shownFrom: options.workingDirectory, files) }
        if places["COMPOSE_PROJECT_NAME"] == nil { places.set("COMPOSE_PROJECT_NAME", .project) }
        places.values = environment
        return Recording(environment: places)
    }

    /// Where the project's name comes from, nil for a file.
    private func nameSource(_ sources: Sources, _ model: Node) -> ModelHistory.NameSource? {
        if sources.name != nil { return options.projectName?.isEmpty ?? true ? .variable : .option }
        return model.field("name")?.text?.isEmpty ?? true ? .folder : nil
    }

    /// The project as it is to run: what convention adds, without what is off, with the variables of files.
    private func finish(
        _ project: Project, _ locator: Locator, _ environment: [String: String], _ reporter: inout Reporter
    ) throws(LoadFailure) -> Project {
        let platform = options.appliesDefaultPlatform ? environment["DOCKER_DEFAULT_PLATFORM"] : nil
        let normalizer = Normalizer(environment: environment, defaultPlatform: platform)
        var project = normalizer.resolveVariables(project)
        if options.normalizes { project = normalizer.normalize(project) }
        project.defaultPlatform = environment["DOCKER_DEFAULT_PLATFORM"].flatMap { $0.isEmpty ? nil : $0 }
        let selector = Selector(options: options, environment: environment)
        let known = Set(project.services.values.flatMap(\.profiles))
        project = selector.applyProfiles(project)
        if options.checksConsistency {
            check(project, locator, &reporter)
            project = normalizer.agreeingOnReplicas(project)
        }
        // The files that services name are not read for a project that cannot be used.
        try stop(reporter)
        project = selector.select(project, &reporter)
        var suspicions = Suspicions(project: project, locator: locator, reporter: reporter)
        suspicions.find(profiles: selector.asked, known: known)
        reporter = suspicions.reporter
        let resolver = Resolver(
            files: files, workingDirectory: options.workingDirectory, environment: environment, locator: locator,
            readsVariables: options.resolvesEnvironment)
        project = resolver.resolve(project, &reporter)
        try stop(reporter)
        return project
    }

    private func nothing(in files: [ModelReader.ParsedFile], _ reporter: Reporter) -> LoadFailure {
        var reporter = reporter
        if !reporter.hasErrors {
            let names = files.map(\.file.shown).joined(separator: ", ")
            let mark = files.first?.source.map { Mark(file: $0, line: 1, column: 1) }
            reporter.error("nothing is in \(names)", at: mark, hint: "a project needs \"services:\"")
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
        var completer = Completer(reporter: reporter, asWritten: !options.interpolates)
        completer.check(model, ComposeSchema.project)
        var rules = Rules(reporter: completer.reporter)
        rules.check(model)
        reporter = rules.reporter
    }

    private func decode(_ model: Node, _ name: String, _ sources: Sources) -> Project {
        var project = Project(
            name: name, workingDirectory: sources.directory, configFiles: sources.files.map(\.path))
        project.environmentFiles = sources.environmentFiles
        return Decoder(
            project: project, namesResources: options.normalizes,
            buildFolder: options.resolvesPaths ? sources.directory : "."
        ).decode(model)
    }

    private func check(_ project: Project, _ locator: Locator, _ reporter: inout Reporter) {
        var checker = Checker(project: project, locator: locator, reporter: reporter)
        if reporter.hasErrors {
            // What is wrong is missing in the project, so that more of it would be found wrong: only what one
            // attribute says of another is judged.
            checker.checkReferences()
        } else {
            checker.check()
        }
        reporter = checker.reporter
    }
}
