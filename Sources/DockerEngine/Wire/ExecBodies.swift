import EngineAPI

/// The body of `POST /containers/{id}/exec`.
struct ExecCreateBody: JSONWritable {
    var command: [String]
    var environment: [String]?
    var user: String?
    var workingDirectory: String?
    var terminal: Bool
    var attachInput: Bool
    var attachOutput = true
    var attachError = true
    var privileged: Bool

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("AttachStderr", attachError)
            json.add("AttachStdin", attachInput)
            json.add("AttachStdout", attachOutput)
            json.add("Cmd", command)
            json.add("Env", environment)
            json.add("Privileged", privileged)
            json.add("Tty", terminal)
            json.add("User", user)
            json.add("WorkingDir", workingDirectory)
        }
    }

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
struct ExecStartBody: JSONWritable {
    var detach = false
    var terminal: Bool

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.add("Detach", detach)
            json.add("Tty", terminal)
        }
    }
}

/// The answer of `GET /exec/{id}/json`.
struct ExecInspectBody: JSONReadable, Sendable {
    var running: Bool?
    var exitCode: Int?

    init(_ json: JSONValue) throws {
        running = try json.read("Running")
        exitCode = try json.read("ExitCode")
    }

    var details: ExecDetails { ExecDetails(running: running ?? false, exitCode: running == true ? nil : exitCode) }
}
