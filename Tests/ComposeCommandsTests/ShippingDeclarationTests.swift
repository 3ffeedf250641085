import ComposeLoader
import ComposeLogs
import ComposeModel
import EngineAPI
import LogProcessing
import LogShipping
import SinkAPI
import Testing
import YAML

@testable import ComposeCommands

/// What a declaration means, and what is said of a wrong one.
@Suite struct ShippingDeclarationTests {
    private static let sinks = "sinks: {loki: 'loki+http://127.0.0.1:3100', archive: {url: 'file:./a/{service}.jsonl'}}"

    private func setup(
        _ logs: String, _ additions: ShippingDeclaration.Additions = .init(), services: [String] = []
    ) throws -> ShippingSetup {
        let text = "name: shop\nservices: {web: {image: x}}\nx-gantry:\n  logs: {\(logs)}\n"
        var options = LoadOptions(workingDirectory: "/srv", environment: [:])
        options.files = ["/srv/compose.yaml"]
        let loader = ProjectLoader(options: options, files: MemoryFiles(["/srv/compose.yaml": text]))
        return try .project(try loader.load(), services: services, adding: additions)
    }

    @Test func everythingThatCanBeSaidIsHeeded() throws {
        let routes = """
            routes: [{services: [web, 'w*'], labels: [tier=front], streams: stdout, levels: [error, unknown], include: a,
            exclude: [b, c], sample: 0.5, rate: 10, to: loki}, {services: web, multiline: {start: '^a', timeout: 2s,
            lines: 7, bytes: 4kb}, redact: x, redact_keys: pin, redact_builtin: [jwt]}],
            metrics: {address: 127.0.0.2, port: 9100, token: t}, spool: {size: 64mb, folder: ./spool}, labels: team,
            rotation: false
            """
        let setup = try setup(Self.sinks + ", " + routes)
        let declaration = setup.declaration
        let loki = try #require(declaration.plan.sinks.first { $0.name == "loki" })
        let rule = RouteRule(
            services: [GlobPattern("web"), GlobPattern("w*")], labels: ["tier": GlobPattern("front")],
            streams: [.stdout], levels: [.error, nil], include: [try Pattern("a")],
            exclude: [try Pattern("b"), try Pattern("c")], sample: 0.5, rate: 10)
        #expect(loki.rules == [rule])
        #expect(declaration.plan.sinks.first { $0.name == "archive" }?.rules == [RouteRule()])
        let multiline = MultilineRule(
            .start(try Pattern("^a")), timeout: .seconds(2), lines: 7, bytes: 4096)
        let redaction = RedactionRule(patterns: [try Pattern("x")], keys: ["pin"], builtIns: [.jwt])
        #expect(
            declaration.plan.processing == [
                .init(services: [GlobPattern("web")], multiline: multiline, redaction: redaction)
            ])
        #expect(declaration.metrics == .init(address: "127.0.0.2", port: 9100, token: "t"))
        #expect(declaration.bound == 64 << 20 && declaration.folder == "/srv/spool" && !declaration.rotates)
        #expect(setup.selection.keptLabels == ["team", "tier"] && setup.files == ["/srv/compose.yaml"])
    }

    @Test func settingsAreFlatAndPathsStartFromTheProject() throws {
        let setup = try setup("sinks: {a: {url: 'file:./x.jsonl', rotate: {size: 50MB}, keep: 5, gzip: false}}")
        let location = try #require(setup.declaration.plan.sinks.first?.location)
        #expect(location.path == "/srv/x.jsonl")
        #expect(location.settings == ["rotate.size": "50MB", "keep": "5", "gzip": "false"])
    }

    @Test func theCommandLineAddsToTheFile() throws {
        var additions = ShippingDeclaration.Additions()
        additions.sinks = ["archive=file:/b.jsonl", "sqlite:/c.db?search=true", "sqlite:/d.db"].compactMap(
            SinkOption.init(argument:))
        let option = "services=web,worker;to=sqlite;exclude=a,b;exclude=c"
        additions.routes = [(option, try LogsFile.route(option: option))]
        let plan = try setup(Self.sinks, additions).declaration.plan
        #expect(plan.sinks.map(\.name) == ["loki", "archive", "sqlite", "sqlite-2"])
        #expect(plan.sinks[1].location.path == "/b.jsonl" && plan.sinks[2].location.settings == ["search": "true"])
        let rule = RouteRule(
            services: [GlobPattern("web"), GlobPattern("worker")], exclude: [try Pattern("a,b"), try Pattern("c")])
        #expect(plan.sinks[2].rules == [rule])
    }

    @Test(arguments: [
        ("routes: [{to: loky}]", "routes[0].to: there is no sink \"loky\"; did you mean \"loki\"?"),
        ("routes: [{to: [loki, x]}]", "routes[0].to[1]: there is no sink \"x\"; there are archive, loki"),
        ("routes: [{services: web}]", "routes[0]: it does not say where records go"),
        ("routes: [{redact: x, streams: stdout}]", "routes[0]: it does not say where records go"),
        ("routes: [{to: loki, include: '('}]", "routes[0].include[0]: the pattern \"(\" is no regular expression"),
        (
            "routes: [{to: loki, levels: eror}]",
            "routes[0].levels[0]: there is no level \"eror\"; did you mean \"error\"?"
        ),
        ("routes: [{to: loki, sample: 2}]", "routes[0].sample: a share goes from 0 to 1"),
        ("routes: [{multiline: {lines: 3}}]", "routes[0].multiline: it has either \"start\" or \"continuation\""),
        ("routes: [{multiline: {start: a, timeout: 2h}}]", "routes[0].multiline.timeout: it is more than nothing"),
        ("routes: [{redact_builtin: jwtt}]", "routes[0].redact_builtin[0]: no secrets are known as \"jwtt\"; did you"),
        ("spool: {size: 1kb}", "spool.size: \"1024\" is no size from 16 MiB to 1 TiB"),
    ])
    func aMistakeHasItsPathItsPlaceAndItsCure(logs: String, expected: String) {
        let failure = #expect(throws: LoadFailure.self) { try setup(Self.sinks + ", " + logs) }
        #expect(failure?.description.contains(": x-gantry.logs.\(expected)") == true, "\(failure?.description ?? "")")
        #expect(failure?.diagnostics.first?.mark?.line == 4)
    }

    @Test(arguments: [
        ("{keep: 3}", "it has no \"url\""), ("'fil:x'", "there is no kind of sink \"fil\": did you mean \"file\"?"),
        ("{url: 'file:x', kep: 3}", "file has no setting \"kep\": did you mean \"keep\"?"),
        ("{url: 'file:x', batch: {count: many}}", "batch.count is \"many\", which is no number"),
    ])
    func aWrongSinkIsExplained(sink: String, expected: String) {
        let failure = #expect(throws: LoadFailure.self) { try setup("sinks: {a: \(sink)}") }
        #expect(failure?.description.contains(": x-gantry.logs.sinks.a: \(expected)") == true)
    }

    @Test func everyMistakeIsToldAtOnceAndOptionsAreQuoted() {
        var additions = ShippingDeclaration.Additions()
        additions.routes = [("to=x", .object([.init("to", .string("x"))]))]
        let failure = #expect(throws: LoadFailure.self) {
            try setup(Self.sinks + ", routes: [{to: y}, {to: z}]", additions)
        }
        #expect(
            failure?.diagnostics.map(\.path) == [
                "--route \"to=x\".to", "x-gantry.logs.routes[0].to", "x-gantry.logs.routes[1].to",
            ])
    }

    @Test(arguments: [
        ("services", "--route:1:1: \"services\" is not of the form KEY=VALUE"),
        ("to=a;sampel=1", "--route:1:6: \"sampel\" is not known here (did you mean \"sample\"?)"),
        ("to=a;streams=stdot", "--route:1:6: streams.0: \"stdot\" is not"),
    ])
    func aWrongRouteOptionShowsItsPlace(option: String, expected: String) {
        let failure = #expect(throws: LoadFailure.self) { try LogsFile.route(option: option) }
        #expect(failure?.description.contains(expected) == true, "\(failure?.description ?? "")")
    }

    @Test(
        arguments: [
            ("logs: {sinks: {a: 'file:x'}}", nil), ("x-gantry: {logs: {sinks: {a: 'file:x'}}}", nil),
            ("x-note: {}", "has no \"logs:\""), ("logs: {sink: {}}", "\"sink\" is not known here"),
        ] as [(String, String?)])
    func aFileOfItsOwnHasTheSameForm(text: String, expected: String?) throws {
        let files = MemoryFiles(["/etc/logs.yaml": text])
        let read = Result { try LogsFile.read("/etc/logs.yaml", environment: [:], files: files) }
        switch (read, expected) {
        case (.success(let logs), nil): #expect(logs["sinks"]?["a"]?["url"] == .string("file:x"))
        case (.failure(let error), let expected?): #expect("\(error)".contains(expected), "\(error)")
        case (_, let expected): Issue.record("\(text): \(expected ?? "a mistake")")
        }
    }
}
