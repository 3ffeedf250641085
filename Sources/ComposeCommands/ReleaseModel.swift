import ComposeLoader
import ComposeModel
import ComposePlanner

/// A release's project, read from its model by the loader as any Compose file is.
struct ReleaseModel {
    let release: Release
    /// The project's name.
    let name: String

    /// The project as it is kept: a seal stands for each secret.
    func sealed() throws -> Project { try read(release.model, environment: [:]) }

    /// The project as it was, with its secrets from where they are now: anywhere in the present project or in a variable.
    ///
    /// - Parameters:
    ///   - present: the project as its files are now, nil where there are none.
    ///   - environment: the variables that interpolation sees.
    /// - Throws: ``LostSecrets`` naming every value that is gone or another one.
    func restored(present: Project?, environment: [String: String]) throws -> Project {
        let candidates = Set(environment.values).union(present?.secretTexts ?? [])
        var lost: Set<String> = []
        // A seal needs no escapes, so it is always the whole of what is between two quotation marks.
        let parts = release.model.split(separator: "\"", omittingEmptySubsequences: false).map { part -> String in
            let text = String(part)
            guard Seal.isSeal(text) else { return text }
            guard let value = candidates.first(where: { Seal.matches(text, $0) }) else {
                lost.insert(text)
                return text
            }
            return String(decoding: CanonicalValue.string(value).json().dropFirst().dropLast(), as: UTF8.self)
        }
        let project = try read(parts.joined(separator: "\""), environment: environment)
        var paths = project.canonical.paths { lost.contains($0) }
        for (name, value) in project.variableContents {
            guard let seal = release.contents[name] else { continue }
            if !Seal.matches(seal, value ?? "") { paths.append("the variable of \(name)") }
        }
        guard paths.isEmpty else { throw LostSecrets(release: release.number, paths: paths.sorted()) }
        return project
    }

    private func read(_ model: String, environment: [String: String]) throws -> Project {
        // The model is complete: what tools are told by variables is in it already.
        var options = LoadOptions(
            workingDirectory: release.workingDirectory,
            environment: environment.filter { !$0.key.hasPrefix("COMPOSE_") && $0.key != "DOCKER_DEFAULT_PLATFORM" })
        options.files = ["-"]
        options.standardInput = Array(model.replacing("$", with: "$$").utf8)
        options.projectName = name
        options.projectDirectory = release.workingDirectory
        options.profiles = ["*"]
        // It was consistent when it was applied, apart from optional dependencies that a profile kept off, and models,
        // which are not part of it.
        options.checksConsistency = false
        var project = try ProjectLoader(options: options, files: MemoryFiles([:])).load().project
        project.workingDirectory = release.workingDirectory
        project.configFiles = release.configFiles
        project.environmentFiles = release.environmentFiles
        project.defaultPlatform = release.defaultPlatform
        for (service, files) in release.labelFiles { project.services[service]?.labelFiles = files }
        return project
    }
}

/// Values that a release needs and that nobody has any more.
struct LostSecrets: Error, CustomStringConvertible {
    let release: Int
    let paths: [String]

    var description: String {
        "release \(release) had other values of \(paths.joined(separator: ", ")). They look like secrets, so only digests "
            + "of them are kept. Give the values of then, in the project's files or as variables, and repeat the command"
    }
}

extension Project {
    /// Every text that is not kept.
    fileprivate var secretTexts: [String] {
        var texts: [String] = []
        _ = canonical.replacingSecrets {
            texts.append($0)
            return $0
        }
        for resource in Array(configs.values) + Array(secrets.values) {
            if case .content(let text) = resource.source { texts.append(text) }
        }
        return texts
    }
}

extension CanonicalValue {
    /// Where the texts are that fulfil a condition, as people write it: `services.web.environment.KEY`.
    fileprivate func paths(under prefix: String = "", where condition: (String) -> Bool) -> [String] {
        switch self {
        case .string(let text): condition(text) ? [prefix] : []
        case .list(let items):
            items.enumerated().flatMap { $0.element.paths(under: "\(prefix)[\($0.offset)]", where: condition) }
        case .object(let fields):
            fields.flatMap {
                $0.value.paths(under: prefix.isEmpty ? $0.name : "\(prefix).\($0.name)", where: condition)
            }
        case .null, .bool, .int, .double: []
        }
    }
}
