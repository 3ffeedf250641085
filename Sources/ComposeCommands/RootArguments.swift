import ArgumentParser
import ComposeLoader

/// Brings root options behind the command, where each command knows them by their long names.
///
/// Docker Compose has them before the command, and its `-f` there is another option than the `-f` of `logs`.
enum RootArguments {
    private static let valued: [String: String] = [
        "-f": "--file", "--file": "--file", "-p": "--project-name", "--project-name": "--project-name",
        "--profile": "--profile", "--env-file": "--env-file", "--project-directory": "--project-directory",
        "--progress": "--progress", "--ansi": "--ansi", "--parallel": "--parallel",
    ]
    private static let flags: Set<String> = ["--dry-run", "--strict", "--compatibility", "--all-resources"]

    /// Throws a `ValidationError` for an unknown option or command, with a suggestion where one is close.
    static func normalize(_ arguments: [String]) throws -> [String] {
        var moved: [String] = []
        var rest = arguments[...]
        while let argument = rest.first, argument.hasPrefix("-") {
            rest.removeFirst()
            switch argument {
            case "-h", "--help": return ["--help"]
            case "-v", "--version": return ["version"]
            case _ where flags.contains(argument): moved.append(argument)
            default: try move(argument, &rest, to: &moved)
            }
        }
        guard var command = rest.popFirst() else { return ["--help"] }
        if command == ShipCommand.configuration.commandName, rest.first == DeadLetterCommand.word {
            rest.removeFirst()
            command = DeadLetterCommand.name
        }
        let known = GantryCommand.commands.compactMap { $0.configuration.commandName } + ["help"]
        guard known.contains(command) else {
            let hint = Suggestion.hint(for: command, among: known).map { " (\($0))" } ?? ""
            throw ValidationError("There is no command \"\(command)\"\(hint). `gantry --help` lists the commands.")
        }
        // What belongs to another command, as in `sink check`, is its own command's.
        var path = [command]
        var current = GantryCommand.commands.first { $0.configuration.commandName == command }
        while let name = rest.first,
            let next = current?.configuration.subcommands.first(where: { $0.configuration.commandName == name })
        {
            path.append(name)
            rest.removeFirst()
            current = next
        }
        return path + moved + rest
    }

    private static func move(_ argument: String, _ rest: inout ArraySlice<String>, to moved: inout [String]) throws {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2, let long = valued[parts[0]] {
            moved += [long, parts[1]]
        } else if let long = valued[argument] {
            guard let value = rest.popFirst() else {
                throw ValidationError("Option \(argument) needs a value. `gantry --help` shows its form.")
            }
            moved += [long, value]
        } else if argument.count > 2, let long = valued[String(argument.prefix(2))] {
            // The short form with its value joined: -fcompose.yaml
            moved += [long, String(argument.dropFirst(2))]
        } else {
            let hint = Suggestion.hint(for: argument, among: Array(valued.keys) + flags).map { " (\($0))" } ?? ""
            throw ValidationError("There is no option \(argument) before the command\(hint).")
        }
    }
}
