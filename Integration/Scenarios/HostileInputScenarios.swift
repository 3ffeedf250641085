import FoundationEssentials
import Testing

/// Whatever stands where a file is expected, a command ends soon, in little memory, with a sentence that names it.
@Suite(.withBinary) struct HostileInputScenarios {
    /// Something that no project has, and how a command meets it.
    struct Hostile: Sendable, CustomTestStringConvertible {
        let what: String
        /// A shell command that makes it, in an empty folder.
        let make: String
        /// Before `config`.
        var options: [String] = []
        /// What must be said.
        let says: [String]
        var testDescription: String { what }
    }

    /// Many times what the slowest takes; a command that waits for ever must not hold up the others.
    private static let limit: Duration = .seconds(30)
    /// Bytes of address space. The largest file that is read takes some 200 MiB.
    private static let memory = 512 << 20

    /// Things that are no readable file, each called `thing`.
    private static let things: [(what: String, make: String, says: String)] = [
        ("a pipe that nobody writes to", "mkfifo thing", "pipe"),
        ("an endless device", "ln -s /dev/zero thing", "larger than"),
        ("a folder", "mkdir thing", "folder"),
        ("a file of 100 MB", "head -c 100000000 /dev/zero >thing", "larger than"),
        ("a link to itself", "ln -s thing thing", "thing"),
    ]

    /// Where a file is named.
    private static let places: [(what: String, compose: String, options: [String])] = [
        ("a compose file", "", ["-f", "thing"]),
        ("an env file of the project", "services: {a: {image: x}}", ["--env-file", "thing"]),
        ("an env_file", "services: {a: {image: x, env_file: thing}}", []),
        ("a label_file", "services: {a: {image: x, label_file: thing}}", []),
        ("a file extended from", "services: {a: {extends: {file: thing, service: a}}}", []),
        ("an included file", "include: [thing]", []),
        ("an included project's env file", "include: [{path: other.yaml, env_file: thing}]", []),
    ]

    /// Every thing in every place.
    static let misplaced = places.flatMap { place in
        things.map { thing in
            Hostile(
                what: "\(thing.what) as \(place.what)",
                make:
                    "echo '\(place.compose)' >compose.yaml; echo 'services: {b: {image: x}}' >other.yaml; \(thing.make)",
                options: place.options, says: ["thing", thing.says])
        }
    }

    /// Files that are too much, each in its own way.
    static let excessive = [
        Hostile(
            what: "lists inside lists",
            make: "{ printf 'x: '; head -c 200000 /dev/zero | tr '\\0' '['; } >compose.yaml",
            says: ["compose.yaml:1:", "nested"]),
        Hostile(
            what: "aliases of aliases",
            make: """
                echo 'x-0: &a0 [x, x]' >compose.yaml
                i=0
                while [ $i -lt 40 ]; do echo "x-$((i + 1)): &a$((i + 1)) [*a$i, *a$i]"; i=$((i + 1)); done >>compose.yaml
                """, says: ["compose.yaml:", "aliases"]),
        Hostile(
            what: "a scalar of 20 MB", make: "head -c 20000000 /dev/zero | tr '\\0' a >compose.yaml",
            says: ["compose.yaml:1:1", "bytes"]),
        Hostile(
            what: "a command of millions of words",
            make: """
                printf 'services: {a: {image: x, command: "' >compose.yaml
                { yes a | head -c 10000000 | tr '\\n' ' '; echo '"}}'; } >>compose.yaml
                """,
            says: ["compose.yaml:1:", "2 MiB"]),
        Hostile(
            what: "millions of values", make: "{ printf 'x: ['; yes a, | head -c 12000000; echo ']'; } >compose.yaml",
            says: ["compose.yaml:", "values"]),
        Hostile(
            what: "no UTF-8", make: "printf 'services: {a: {image: \"\\377\"}}' >compose.yaml",
            says: ["compose.yaml:1:24", "UTF-8"]),
        Hostile(
            what: "a NUL byte", make: "printf 'services: {a: {image: \"\\0\"}}' >compose.yaml",
            says: ["compose.yaml:1:24", "NUL"]),
        Hostile(
            what: "a file that includes itself", make: "echo 'include: [compose.yaml]' >compose.yaml",
            says: ["each other"]),
        Hostile(
            what: "a service that extends itself",
            make: "echo 'services: {a: {extends: {file: compose.yaml, service: a}}}' >compose.yaml",
            says: ["each other"]),
        Hostile(
            what: "variables that double",
            make: """
                echo 'services: {a: {image: x, env_file: thing}}' >compose.yaml
                echo V0=0123456789 >thing
                i=0
                while [ $i -lt 40 ]; do echo "V$((i + 1))=\\$V$i\\$V$i"; i=$((i + 1)); done >>thing
                """, says: ["thing:", "MiB"]),
        Hostile(
            what: "ranges of ports",
            make: """
                { echo 'services: {a: {image: x, ports: ['; yes '"1-65535:1-65535",' | head -n 50; echo ']}}'; } >compose.yaml
                """, says: ["compose.yaml:", "ports"]),
    ]

    @Test(arguments: misplaced + excessive)
    func itMustBeRefusedByName(hostile: Hostile) async throws {
        let folder = try HostileInputScenarios.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        @Sendable func command(_ program: String, _ arguments: [String]) -> Command {
            Command(program: program, arguments: arguments, environment: TestBed.basicEnvironment, folder: folder)
        }
        try await Gate.shared.enter(alone: false) {
            let made = try await command("/bin/sh", ["-c", hostile.make]).run()
            try #require(made.code == 0, "\(made)")
            let bounded = command(
                "/usr/bin/prlimit",
                ["--as=\(HostileInputScenarios.memory)", try #require(TestBed.binary)] + hostile.options + ["config"])
            let outcome = try await withDeadline(HostileInputScenarios.limit, hostile.what) { try await bounded.run() }
            outcome.exits(1)
            for text in hostile.says { outcome.says(text) }
            #expect(outcome.output.isEmpty, "\(outcome)")
        }
    }

    private static func makeFolder() throws -> String {
        let temporary = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let folder = "\(temporary)/gantry-hostile-\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }
}

extension Trait where Self == ConditionTrait {
    /// For scenarios that need no engine, but the program under test and `prlimit` of util-linux.
    fileprivate static var withBinary: Self {
        .enabled("GANTRY_BINARY does not name the gantry to test, or there is no /usr/bin/prlimit") {
            TestBed.binary != nil && FileManager.default.isExecutableFile(atPath: "/usr/bin/prlimit")
        }
    }
}
