package import ComposeModel
import YAML

/// What to load, as the command line and the environment say it.
package struct LoadOptions: Sendable {
    /// `--file`, in order; `-` is standard input. Empty looks for the usual names.
    package var files: [String] = []
    /// What standard input held, for the file `-`.
    package var standardInput: [UInt8]?
    /// `--project-name`.
    package var projectName: String?
    /// `--profile`; empty takes `COMPOSE_PROFILES`.
    package var profiles: [String] = []
    /// `--env-file`; empty takes `COMPOSE_ENV_FILES`, then `.env`.
    package var environmentFiles: [String] = []
    /// `--project-directory`.
    package var projectDirectory: String?
    /// The absolute folder that relative arguments start from.
    package var workingDirectory: String
    /// The variables of this process.
    package var environment: [String: String]
    /// The services to keep, with what they depend on; empty keeps all.
    package var services: [String] = []
    /// Whether networks, volumes, configs and secrets that nothing uses are kept.
    package var keepsUnusedResources = false
    /// Whether variables are replaced.
    package var interpolates = true
    /// Whether defaults, names and implicit dependencies are filled in.
    package var normalizes = true
    /// Whether relative paths become absolute.
    package var resolvesPaths = true
    /// Whether references are checked.
    package var checksConsistency = true
    /// Whether `env_file` is read into `environment`.
    package var resolvesEnvironment = true
    /// Whether a service that is built and names no platform gets `DOCKER_DEFAULT_PLATFORM`, which is part of its
    /// `config-hash` but not of what `config` prints.
    package var appliesDefaultPlatform = true
    /// Whether warnings are errors.
    package var isStrict = false
    /// Whether what each file contributes is kept, for ``Explainer``.
    package var keepsHistory = false

    package init(workingDirectory: String, environment: [String: String] = [:]) {
        self.workingDirectory = workingDirectory
        self.environment = environment
    }
}

/// A project, and what was suspicious on the way to it.
package struct LoadedProject: Sendable {
    package var project: Project
    /// Where variables are not replaced: the whole model as it is written, of which `project` is then only the part
    /// that can be read without them.
    package var written: CanonicalValue?
    /// Sorted by place.
    package var warnings: [Diagnostic]
    /// The variables that interpolation saw: the process's, then those of the env files.
    package var environment: [String: String]
    /// What the files contribute, where that was asked for.
    package var history: ModelHistory?
    /// The merged tree that `project` was read from.
    var model: Node?

    package init(
        project: Project, written: CanonicalValue? = nil, warnings: [Diagnostic], environment: [String: String]
    ) {
        self.project = project
        self.written = written
        self.warnings = warnings
        self.environment = environment
    }
}

extension LoadedProject {
    /// The mistakes that whoever reads an extension has found in it, each with its place in the files.
    ///
    /// - Parameter mistakes: the path's keys, indices among them as decimals, nil for what is not in the files; how it
    ///   is shown; and the sentence.
    package func failure(_ mistakes: [(keys: [String]?, shown: String, message: String)]) -> LoadFailure {
        var reporter = Reporter()
        for mistake in mistakes {
            let mark = mistake.keys.flatMap { keys in model.map { Locator(root: $0).place(keys, value: true) } }
            reporter.add(Diagnostic(.error, mistake.message, path: mistake.shown, mark: mark))
        }
        return LoadFailure(diagnostics: reporter.sorted)
    }
}
