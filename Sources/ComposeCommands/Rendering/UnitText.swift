import ComposeModel

/// A systemd unit that runs a command of this program as a service.
struct UnitText: CustomStringConvertible {
    /// What the unit is, for people.
    let title: String
    let workingDirectory: String
    let program: String
    let arguments: [String]
    let variables: [(name: String, value: String)]
    /// Whether the engine is this machine's `docker.service`.
    let needsDocker: Bool
    /// How long the command may take to end.
    let stopSeconds: Int64

    /// What the engine gives a container to stop where nothing else is said, in seconds.
    private static let engineGrace: Int64 = 10
    /// For what comes beside the containers' own time to stop: the engine's calls, and taking back a transaction that is
    /// under way.
    private static let stopMargin: Int64 = 30

    var description: String {
        let docker = needsDocker ? "After=docker.service\nRequires=docker.service\n" : ""
        let environment = variables.map { "Environment=" + Self.word("\($0.name)=\($0.value)") + "\n" }.joined()
        let command = ([program] + arguments).map { Self.word($0, inCommand: true) }.joined(separator: " ")
        return """
            # Of the variables of the shell that printed this only those below are handed on; .env is read as ever.
            [Unit]
            Description=\(Self.escaped(title))
            After=network-online.target
            Wants=network-online.target
            \(docker)
            [Service]
            Type=notify
            WorkingDirectory=\(Self.escaped(workingDirectory))
            \(environment)ExecStart=\(command)
            ExecReload=/bin/kill -HUP $MAINPID
            Restart=on-failure
            RestartSec=5
            KillMode=mixed
            TimeoutStartSec=infinity
            TimeoutStopSec=\(stopSeconds)

            [Install]
            WantedBy=multi-user.target
            """
    }

    /// A word as systemd reads it: quoted, and without its specifiers and variables.
    private static func word(_ text: String, inCommand: Bool = false) -> String {
        var text = escaped(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        if inCommand { text = text.replacing("$", with: "$$") }
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-_./:=%@+,".unicodeScalars.contains(scalar))
        }
        return isPlain && !text.isEmpty ? text : "\"\(text)\""
    }

    private static func escaped(_ text: String) -> String { text.replacing("%", with: "%%") }
}

extension UnitText {
    /// A unit that supervises a project.
    ///
    /// - Parameter stopGrace: seconds before a container is killed, stronger than the services' own.
    init(
        project: Project, program: String, arguments: [String], variables: [(name: String, value: String)],
        needsDocker: Bool, stopGrace: Int?
    ) {
        self.init(
            title: "Project \(project.name), kept by Gantry", workingDirectory: project.workingDirectory,
            program: program, arguments: arguments, variables: variables, needsDocker: needsDocker,
            stopSeconds: Self.stopSeconds(of: project, grace: stopGrace))
    }

    /// Services stop one after the other along their dependencies; the longest chain decides.
    private static func stopSeconds(of project: Project, grace: Int?) -> Int64 {
        var known: [String: Int64] = [:]
        func seconds(_ name: String) -> Int64 {
            if let known = known[name] { return known }
            guard let service = project.services[name] else { return 0 }
            // Rounded up to whole seconds, as the engine takes them.
            let own = service.stopGracePeriod.map { ($0.nanoseconds + 999_999_999) / 1_000_000_000 }
            let needed = service.dependencies.keys.map(seconds).max() ?? 0
            let total = (grace.map { Int64($0) } ?? own ?? engineGrace) + needed
            known[name] = total
            return total
        }
        return (project.services.keys.map(seconds).max() ?? 0) + stopMargin
    }
}
