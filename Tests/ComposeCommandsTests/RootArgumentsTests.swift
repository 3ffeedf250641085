import ArgumentParser
import Testing

@testable import ComposeCommands

@Suite struct RootArgumentsTests {
    @Test(arguments: [
        (["-f", "a.yaml", "-p", "shop", "up", "-d"], ["up", "--file", "a.yaml", "--project-name", "shop", "-d"]),
        (["--file=a.yaml", "logs", "-f"], ["logs", "--file", "a.yaml", "-f"]),
        (["-fa.yaml", "ps"], ["ps", "--file", "a.yaml"]),
        (["--dry-run", "--profile", "*", "up", "web"], ["up", "--dry-run", "--profile", "*", "web"]),
        (["--strict", "config", "-q"], ["config", "--strict", "-q"]),
        (["--version"], ["version"]),
        (["-h"], ["--help"]),
        ([], ["--help"]),
    ])
    func rootOptionsMoveBehindTheCommand(given: [String], expected: [String]) throws {
        #expect(try RootArguments.normalize(given) == expected)
    }

    @Test(arguments: [
        (["upp"], "There is no command \"upp\" (did you mean \"up\"?)"),
        (["--flie", "x", "up"], "There is no option --flie before the command (did you mean \"--file\"?)"),
        (["-p"], "Option -p needs a value"),
    ])
    func mistakesAreNamed(given: [String], expected: String) {
        let error = #expect(throws: ValidationError.self) { try RootArguments.normalize(given) }
        #expect(error?.message.hasPrefix(expected) == true, "\(error?.message ?? "")")
    }

    @Test func everyCommandParsesTheOptionsOfAll() throws {
        let options = ["--file", "a.yaml", "--project-name", "shop", "--profile", "x", "--parallel", "2"]
        for command in GantryCommand.commands {
            let name = try #require(command.configuration.commandName)
            let subjects = ["explain": "web", "run": "web", "scale": "web=2"]
            _ = try GantryCommand.parseAsRoot([name] + options + [subjects[name]].compactMap(\.self))
        }
    }

    @Test(arguments: [
        ["up", "--force-recreate", "--no-recreate"], ["up", "--scale", "web"], ["up", "-d", "--exit-code-from", "web"],
        ["logs", "-n", "few"], ["up", "--parallel", "0"],
    ])
    func whatExcludesEachOtherIsRefusedUpFront(arguments: [String]) {
        #expect(throws: (any Error).self) { try GantryCommand.parseAsRoot(arguments) }
    }
}
