import ComposeModel
import YAML

/// Reads the files that services name into their variables and labels, and gives configs and secrets their variables.
struct Resolver {
    let files: any FileReading
    let workingDirectory: String
    let environment: [String: String]
    let locator: Locator

    /// Whether `env_file` is read; labels always are.
    let readsVariables: Bool

    func resolve(_ project: Project, _ reporter: inout Reporter) -> Project {
        var project = project
        for name in project.services.keys.sorted() {
            guard var service = project.services[name] else { continue }
            reporter.at(["services", name]) {
                if readsVariables, !service.environmentFiles.isEmpty { foldVariables(into: &service, &$0) }
                if !service.labelFiles.isEmpty { foldLabels(into: &service, &$0) }
            }
            project.services[name] = service
        }
        for (key, config) in project.configs { project.configs[key]?.source = resolved(config.source) }
        for (key, secret) in project.secrets { project.secrets[key]?.source = resolved(secret.source) }
        return project
    }

    private func resolved(_ source: FileResource.Source) -> FileResource.Source {
        guard case .environment(let name, _) = source else { return source }
        return .environment(name: name, value: environment[name])
    }

    private func foldVariables(into service: inout Service, _ reporter: inout Reporter) {
        let reader = EnvironmentReader(files: files, workingDirectory: workingDirectory)
        let own = service.environment
        let environment = environment
        var variables = own.compactMapValues { $0 }
        for (index, file) in service.environmentFiles.enumerated() {
            let mark = locator.value("services", service.name, "env_file", String(index), "path")
            reporter.enter("env_file")
            defer { reporter.leave() }
            if let format = file.format, format != "raw", !format.isEmpty {
                reporter.error("\"\(format)\" is no format of env files", at: mark, hint: "leave it out, or write raw")
                continue
            }
            if !file.required, files.kind(of: file.path) == .missing { continue }
            guard let text = reader.text(file.path, "the env file", at: mark, &reporter) else { continue }
            reader.parse(text, of: file.path, raw: file.format == "raw", into: &variables, &reporter) { name in
                environment[name] ?? (own[name] ?? nil)
            }
        }
        service.environment = variables.mapValues { Optional($0) }.merging(own) { $1 }
        service.environmentFiles = []
    }

    private func foldLabels(into service: inout Service, _ reporter: inout Reporter) {
        let reader = EnvironmentReader(files: files, workingDirectory: workingDirectory)
        var labels: [String: String] = [:]
        for (index, path) in service.labelFiles.enumerated() {
            let mark = locator.value("services", service.name, "label_file", String(index))
            reporter.enter("label_file")
            defer { reporter.leave() }
            guard let text = reader.text(path, "the label file", at: mark, &reporter) else { continue }
            let known = labels
            reader.parse(text, of: path, raw: false, into: &labels, &reporter) { known[$0] }
        }
        service.labels = labels.merging(service.labels) { $1 }
        // Docker Compose hashes their names when it runs the service, and not when it is asked for the hash.
        if !readsVariables { service.labelFiles = [] }
    }
}
