import ArgumentParser
import ComposeLoader
import ComposeModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `gantry config`
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows the project as it is understood.",
        discussion: """
            The output is a Compose file itself: every $ in it is doubled, so that it reads back as it is.
            Example: gantry config --format json web
            """)

    @Flag(name: [.customLong("quiet"), .customShort("q")], help: "Only check; print nothing.")
    var quiet = false

    @Flag
    var listings: [ConfigListing] = []

    @Option(
        name: .customLong("hash"),
        help: ArgumentHelp("Only the config-hash of services: names separated by commas, or *.", valueName: "services"))
    var hash: String?

    @Option(name: .customLong("format"), help: ArgumentHelp("The form.", valueName: "form"))
    var format: ConfigFormat = .yaml

    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: ArgumentHelp("Write to this file instead.", valueName: "path"))
    var output: String?

    @Flag(name: .customLong("no-interpolate"), help: "Leave variables, and the values they may be in, as written.")
    var noInterpolate = false

    @Flag(name: .customLong("no-normalize"), help: "Add nothing that convention adds, such as the default network.")
    var noNormalize = false

    @Flag(name: .customLong("no-path-resolution"), help: "Leave relative paths relative.")
    var noPathResolution = false

    @Flag(name: .customLong("no-consistency"), help: "Do not check that what is referred to is there.")
    var noConsistency = false

    @Flag(
        name: .customLong("no-env-resolution"),
        help: "Changes nothing: as Docker Compose 2.40 does with it, env files are read nevertheless.")
    var noEnvironmentResolution = false

    @Flag(
        name: .customLong("resolve-image-digests"),
        help: "Pin images to the digests that their registries have for them now.")
    var resolveDigests = false

    @Flag(
        name: .customLong("lock-image-digests"),
        help: "Only the services' images, pinned: an override file to lock them.")
    var lockDigests = false

    @Argument(help: ArgumentHelp("Services; default: all.", valueName: "service"))
    var services: [String] = []

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try CommandSession(options)
        if let listing = ConfigListing.first(of: listings, besideHashes: hash != nil) {
            try write(list(listing, session))
        } else if let hash {
            try write(hashes(hash, session))
        } else {
            try await writeModel(session)
        }
    }

    // MARK: Parts

    private func hashes(_ wanted: String, _ session: CommandSession) throws -> String {
        guard !noInterpolate else {
            throw ValidationError(
                "--hash is of a service as it runs, with its variables replaced: drop --no-interpolate.")
        }
        let project = try session.load { load in
            configure(&load)
            // Docker Compose hashes the names of `env_file` here, and their variables when it runs the service.
            load.resolvesEnvironment = false
        }.project
        let names =
            wanted == "*"
            ? project.services.keys.sorted()
            : wanted.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        try session.check(names, in: project)
        return ConfigText.hashes(names.sorted(), in: project)
    }

    private func list(_ listing: ConfigListing, _ session: CommandSession) throws -> String {
        let loaded = try session.load(services: services) { load in
            configure(&load)
            load.appliesDefaultPlatform = false
            // As in Docker Compose, a listing does without the files of `env_file`; only the environment does not.
            load.resolvesEnvironment = listing == .environment
            // Nor do variables left as written show in one, but for the services, which are then all there are.
            load.interpolates = load.interpolates || listing != .services
            switch listing {
            // The variables are those of what is written, whatever their values turn on.
            case .variables: load.interpolates = false
            case .profiles:
                load.profiles = ["*"]
                load.checksConsistency = false
            case .services, .volumes, .networks, .images, .models, .environment: break
            }
        }
        return ConfigText.list(listing, loaded, format, separator: options.compatibility ? "_" : "-")
    }

    private func writeModel(_ session: CommandSession) async throws {
        var loaded = try session.load(services: services) { load in
            configure(&load)
            load.appliesDefaultPlatform = false
        }
        if quiet { return }
        if resolveDigests || lockDigests {
            guard loaded.written == nil else {
                throw ValidationError(
                    "An image's digest cannot be found while its name has variables: drop --no-interpolate.")
            }
            loaded.project = try await ImageDigests(engine: session.engine).pin(loaded.project)
        }
        try write(ConfigText.model(loaded, format, onlyImages: lockDigests))
    }

    private func configure(_ load: inout LoadOptions) {
        load.interpolates = !noInterpolate
        load.normalizes = !noNormalize && !options.compatibility
        load.resolvesPaths = !noPathResolution
        load.checksConsistency = !noConsistency
    }

    private func write(_ text: String) throws {
        guard let output else { return writeOutput(text) }
        let bytes = Array(text.utf8)
        guard let file = fopen(output, "w"), fwrite(bytes, 1, bytes.count, file) == bytes.count, fclose(file) == 0
        else { throw UnwritableFile(path: output, reason: String(cString: strerror(errno))) }
    }
}

/// A file that output cannot go to.
struct UnwritableFile: Error, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String { "\(path) cannot be written: \(reason)" }
}

/// The forms of a project.
enum ConfigFormat: String, ExpressibleByArgument, CaseIterable {
    case yaml, json
}

/// The parts of a project that can be listed, in the order in which the first of several asked for is taken: that of
/// Docker Compose.
enum ConfigListing: EnumerableFlag {
    case services, volumes, networks, models, profiles, images, variables, environment

    /// What is listed, nil for nothing. The hashes have their place before the profiles.
    static func first(of listings: [ConfigListing], besideHashes: Bool) -> ConfigListing? {
        guard let first = allCases.first(where: listings.contains) else { return nil }
        switch first {
        case .services, .volumes, .networks, .models: return first
        case .profiles, .images, .variables, .environment: return besideHashes ? nil : first
        }
    }

    static func help(for value: ConfigListing) -> ArgumentHelp? {
        switch value {
        case .services: "Only the services' names."
        case .volumes: "Only the volumes that are used."
        case .networks: "Only the networks that are used."
        case .images: "Only the services' images."
        case .profiles: "Only the profiles' names."
        case .models: "Only the AI models."
        case .variables: "Only the variables that the files refer to, with their defaults."
        case .environment: "Only the environment that variables are taken from."
        }
    }
}
