import ArgumentParser
import ComposeModel
import DockerEngine
import FoundationEssentials

/// What a systemd unit needs to run a command as this session would.
extension CommandSession {
    /// The options before the command that lead to this project, from whatever folder.
    func unitOptions(of project: Project) throws -> [String] {
        if options.files.contains("-") {
            throw ValidationError("A unit cannot read the file from standard input; give its path with -f.")
        }
        var arguments = project.configFiles.flatMap { ["-f", $0] } + ["-p", project.name]
        arguments += options.profiles.flatMap { ["--profile", $0] }
        arguments += options.environmentFiles.flatMap { ["--env-file", CommandSession.absolute($0)] }
        if let path = options.projectDirectory { arguments += ["--project-directory", CommandSession.absolute(path)] }
        return arguments
    }

    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    var unitVariables: [(name: String, value: String)] {
        ["DOCKER_HOST", "GANTRY_STATE_DIR"].compactMap { name in environment[name].map { (name, $0) } }
    }

    /// Whether the engine is this machine's `docker.service`.
    var usesLocalDocker: Bool { address.description == "unix:///var/run/docker.sock" }

    /// The absolute path of this program.
    static func programPath() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }
}
