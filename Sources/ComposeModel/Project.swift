/// A Compose application after every file has been read, merged and resolved: what the user wants to run.
package struct Project: Sendable, Equatable {
    /// The name that labels and prefixes everything on the engine.
    package var name: String
    /// The absolute folder that relative paths start from.
    package var workingDirectory: String
    /// The absolute paths of the files that were read, in order.
    package var configFiles: [String]
    /// The absolute paths of `--env-file` arguments, in order; empty where the default was used.
    package var environmentFiles: [String] = []
    /// `DOCKER_DEFAULT_PLATFORM`: what services that name no platform get, without its being part of their hash.
    package var defaultPlatform: String?
    /// The services that are enabled, by name.
    package var services: [String: Service] = [:]
    /// The names of declared services that a profile keeps off or the command leaves out; their containers are no
    /// orphans.
    package var disabledServices: Set<String> = []
    package var networks: [String: Network] = [:]
    package var volumes: [String: Volume] = [:]
    package var configs: [String: FileResource] = [:]
    package var secrets: [String: FileResource] = [:]
    /// The project's AI models as written, by key; nothing interprets them.
    package var models: [String: CanonicalValue] = [:]
    /// The top-level `x-` attributes.
    package var extensions: [String: CanonicalValue] = [:]

    package init(name: String, workingDirectory: String, configFiles: [String]) {
        self.name = name
        self.workingDirectory = workingDirectory
        self.configFiles = configFiles
    }
}
