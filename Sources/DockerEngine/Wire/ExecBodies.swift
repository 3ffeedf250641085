import EngineAPI

/// The body of `POST /containers/{id}/exec`.
struct ExecCreateBody: Encodable {
    enum CodingKeys: String, CodingKey {
        case command = "Cmd"
        case environment = "Env"
        case user = "User"
        case workingDirectory = "WorkingDir"
        case terminal = "Tty"
        case attachInput = "AttachStdin"
        case attachOutput = "AttachStdout"
        case attachError = "AttachStderr"
        case privileged = "Privileged"
    }
    var command: [String]
    var environment: [String]?
    var user: String?
    var workingDirectory: String?
    var terminal: Bool
    var attachInput: Bool
    var attachOutput = true
    var attachError = true
    var privileged: Bool

    init(_ spec: ExecSpec) {
        command = spec.command
        environment = spec.environment.isEmpty ? nil : spec.environment
        user = spec.user
        workingDirectory = spec.workingDirectory
        terminal = spec.terminal
        attachInput = spec.input
        privileged = spec.privileged
    }
}

/// The body of `POST /exec/{id}/start`.
struct ExecStartBody: Encodable {
    enum CodingKeys: String, CodingKey {
        case detach = "Detach"
        case terminal = "Tty"
    }
    var detach = false
    var terminal: Bool
}

/// The answer of `GET /exec/{id}/json`.
struct ExecInspectBody: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case running = "Running"
        case exitCode = "ExitCode"
    }
    var running: Bool?
    var exitCode: Int?

    var details: ExecDetails { ExecDetails(running: running ?? false, exitCode: running == true ? nil : exitCode) }
}
