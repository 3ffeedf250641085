import ArgumentParser
import LogSinks
import SinkAPI
import Testing

@testable import ComposeCommands

@Suite struct ShipArgumentTests {
    @Test(arguments: [
        ("loki=loki+http://h:3100", "loki", "loki+http://h:3100"), ("tcp://h:1?a=b", "tcp", "tcp://h:1?a=b"),
        ("syslog+tls://h", "syslog", "syslog+tls://h"), ("a=file:./x=y.jsonl", "a", "file:./x=y.jsonl"),
    ])
    func aSinkIsNamedByItsOptionOrItsKind(text: String, name: String, url: String) throws {
        let option = try #require(SinkOption(argument: text))
        #expect(option.url == url && option.name(besides: []) == name)
        #expect(option.name(besides: [name]) == (option.name == nil ? name + "-2" : name))
    }

    @Test func eachKindOfSinkHasItsForm() {
        for kind in SinkCatalog.kinds { #expect(kind.form.hasPrefix(kind.scheme), "\(kind.form)") }
    }

    @Test(arguments: [
        (["-p", "shop", "ship", "dlq", "ls"], ["ship-dlq", "--project-name", "shop", "ls"]),
        (["-p", "shop", "ship", "--once", "dlq"], ["ship", "--project-name", "shop", "--once", "dlq"]),
        (["-p", "shop", "sink", "check", "a:"], ["sink", "check", "--project-name", "shop", "a:"]),
    ])
    func optionsBeforeACommandReachTheOneThatIsMeant(given: [String], expected: [String]) throws {
        #expect(try RootArguments.normalize(given) == expected)
    }

    @Test(arguments: [
        (["ship", "--label", "a"], "--label is for --all"), (["ship", "--config", "a"], "--config is for --all"),
        (["ship", "--drain-timeout=-1"], "--drain-timeout -1 is not from 0"),
        (["ship-dlq", "rm"], "Name the sink"), (["ship-dlq", "ls", "a", "uid"], "Identifiers of records are for rm"),
    ])
    func wrongArgumentsAreExplained(given: [String], expected: String) {
        let error = #expect(throws: (any Error).self) { try GantryCommand.parseAsRoot(given) }
        #expect(error.map { GantryCommand.message(for: $0) }?.contains(expected) == true)
    }
}
