import FoundationEssentials

/// Why a command failed, as it is written on standard error.
enum CommandFailureText {
    /// The message itself, or with `--progress json` the object that Docker Compose ends with, on one line.
    static func text(_ message: String, asJSON: Bool) -> String {
        guard asJSON else { return message }
        struct Line: Encodable {
            let error = true
            let message: String
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = Line(message: message.hasPrefix(program) ? String(message.dropFirst(program.count)) : message)
        return (try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? message
    }

    /// What a message for people begins with where no place in a file does.
    private static let program = "gantry: "
}

extension ProgressMode {
    /// What a command line and the environment ask for, also where the rest of it cannot be understood.
    static func asked(by arguments: [String], _ environment: [String: String]) -> ProgressMode? {
        let option = "--progress"
        let joined = arguments.last { $0.hasPrefix(option + "=") }?.dropFirst(option.count + 1)
        let separate = arguments.lastIndex(of: option).map { arguments[($0 + 1)...].first ?? "" }
        return (joined.map(String.init) ?? separate ?? environment["COMPOSE_PROGRESS"]).flatMap(ProgressMode.init)
    }
}
