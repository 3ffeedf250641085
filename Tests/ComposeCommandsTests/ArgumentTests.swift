import ArgumentParser
import ComposeLoader
import ComposeModel
import ComposePlanner
import Testing

@testable import ComposeCommands

/// Arguments that say more than a name.
@Suite struct ArgumentTests {
    @Test func aScaleEntryHasAServiceAndANumber() throws {
        let entry = try ScaleEntry("web=3")
        #expect(entry.service == "web" && entry.count == 3)
        #expect(try ScaleEntry("web=0").count == 0)
    }

    @Test(arguments: [
        ("web", "does not say how many"), ("web=", "does not say how many"), ("=3", "does not say how many"),
        ("web=-1", "less than 0"), ("web=x", "\"x\" is not a number"), ("web=1=2", "\"1=2\" is not a number"),
    ])
    func aWrongScaleEntryIsExplained(text: String, expected: String) {
        let error = #expect(throws: ValidationError.self) { try ScaleEntry(text) }
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        (["web", "ls", "-la", "--rm"], "web", ["ls", "-la", "--rm"], false),
        (["--rm", "-e", "A=1", "web", "sh", "-c", "exit 3"], "web", ["sh", "-c", "exit 3"], true),
        (["--rm", "--", "web", "--version"], "web", ["--version"], true), (["-T", "web"], "web", [], false),
    ])
    func optionsOfRunEndAtTheService(given: [String], service: String, command: [String], removes: Bool) throws {
        let run = try #require(try GantryCommand.parseAsRoot(["run"] + given) as? RunCommand)
        #expect(run.service == service && run.remove == removes)
        #expect(try run.oneOffOptions([:]).command == command)
    }

    @Test(arguments: [
        ([], "Name the service"), (["--nope", "web"], "There is no option --nope"),
        (["-P", "-p", "80", "web"], "exclude each other"), (["-e", "=1", "web"], "has no name before"),
    ])
    func wrongArgumentsOfRunAreExplained(given: [String], expected: String) {
        let error = #expect(throws: (any Error).self) { try GantryCommand.parseAsRoot(["run"] + given) }
        #expect(error.map { GantryCommand.message(for: $0) }?.contains(expected) == true)
    }

    @Test(
        arguments: [
            ([], nil), (["-i"], "gantry: -i has no effect yet"), (["-it"], "gantry: -i and -t have no effect yet"),
        ] as [([String], String?)]) func anInputAndATerminalHaveNoEffectAndThatIsSaid(
            given: [String], expected: String?
        ) throws
    {
        let run = try #require(try GantryCommand.parseAsRoot(["run"] + given + ["web"]) as? RunCommand)
        let warning = run.unheededTerminal
        #expect(expected.map { warning?.hasPrefix($0) == true } ?? (warning == nil), "\(warning ?? "")")
    }

    @Test func whatRunIsGivenInShortForms() throws {
        let words = [
            "run", "-v", "./data:/data:ro", "-v", "cache:/cache", "-p", "127.0.0.1:8080-8081:80-81/udp", "-e", "A=1=2",
            "-e", "PASSED", "-e", "UNSET", "-l", "team=red", "-l", "bare", "--entrypoint", "sh -c 'a b'", "web",
        ]
        let run = try #require(try GantryCommand.parseAsRoot(words) as? RunCommand)
        let options = try run.oneOffOptions(["PASSED": "on"])
        #expect(
            options.mounts.map(\.target) == ["/data", "/cache"] && options.mounts.map(\.readOnly) == [true, false])
        #expect(options.mounts[0].source?.hasSuffix("/data") == true && options.mounts[1].source == "cache")
        #expect(options.ports.map(\.published) == ["8080", "8081"])
        #expect(options.environment == ["A": "1=2", "PASSED": "on"])
        #expect(options.labels == ["team": "red", "bare": ""])
        #expect(options.entrypoint == ["sh", "-c", "a b"])
    }

    @Test(arguments: [
        (["--progress", "json"], true), (["--progress=json"], true), (["--progress", "plain"], false), ([], false),
    ])
    func failuresHaveTheFormOfTheProgress(arguments: [String], isJSON: Bool) {
        #expect((ProgressMode.asked(by: ["up"] + arguments, [:]) == .json) == isJSON)
        #expect(
            CommandFailureText.text("gantry: no \"web\"", asJSON: isJSON)
                == (isJSON ? #"{"error":true,"message":"no \"web\""}"# : "gantry: no \"web\""))
    }
}
