import ComposeLoader
import ComposeModel
import Synchronization
import Testing

@Suite struct MergeTests {
    /// A service in two files, and how an attribute is printed.
    @Test(
        arguments: [
            ("command: [a]", "command: [b, c]", "command", #"["b","c"]"#),
            ("environment: {A: 1, B: 2}", "environment: [B=3, C=4]", "environment", #"{"A":"1","B":"3","C":"4"}"#),
            ("environment: {A: 1}", "environment: {A: }", "environment", #"{"A":null}"#),
            ("ports: ['80:80']", "ports: ['81:81', '80:80']", "ports", nil),
            ("cap_add: [A, B]", "cap_add: [B, C]", "cap_add", #"["A","B","C"]"#),
            (
                "volumes: ['./a:/x']", "volumes: ['./b:/x']", "volumes",
                #"[{"type":"bind","source":"/work/demo/b","target":"/x","bind":{"create_host_path":true}}]"#
            ),
            ("dns: 1.1.1.1", "dns: [8.8.8.8]", "dns", #"["1.1.1.1","8.8.8.8"]"#),
            (
                "healthcheck: {test: a, retries: 2}", "healthcheck: {test: [CMD, b]}", "healthcheck",
                #"{"test":["CMD","b"],"retries":2}"#
            ),
            (
                "logging: {driver: a, options: {x: '1'}}", "logging: {driver: b, options: {y: '2'}}", "logging",
                #"{"driver":"b","options":{"y":"2"}}"#
            ),
            (
                "logging: {driver: a, options: {x: '1'}}", "logging: {options: {y: '2'}}", "logging",
                #"{"driver":"a","options":{"x":"1","y":"2"}}"#
            ),
            ("ulimits: {nofile: {soft: 1, hard: 2}}", "ulimits: {nofile: 3}", "ulimits", #"{"nofile":3}"#),
            ("labels: {a: '1'}", "labels: !reset null", "labels", nil),
            ("labels: {a: '1', b: '2'}", "labels: {a: !reset null}", "labels", #"{"b":"2"}"#),
            ("cap_add: [A]", "cap_add: !override [B]", "cap_add", #"["B"]"#),
            ("tty: true", "tty: ", "tty", "true"),
            ("mem_limit: $UNSET", "mem_limit: 1k", "mem_limit", #""1024""#),
            (
                "provider: {type: p, options: {a: 1, b: [x]}}", "provider: {options: {a: 2, b: [y]}}", "provider",
                #"{"type":"p","options":{"a":["2"],"b":["x","y"]}}"#
            ),
            ("gpus: all", "gpus: [{count: 2}]", "gpus", #"[{"count":2}]"#),
            ("cap_add: [A, B, C]", "cap_add: [!reset A, !reset B]", "cap_add", #"["B"]"#),
            ("extra_hosts: ['a=1']", "extra_hosts: ['a=2', 'a=1']", "extra_hosts", #"["a=1","a=2"]"#),
        ] as [(String, String, String, String?)])
    func theOverrideIsLaidOver(base: String, override: String, name: String, expected: String?) throws {
        let files = [
            "compose.yaml": "services: {a: {image: x, \(base)}}\n",
            "compose.override.yaml": "services: {a: {\(override)}}\n",
        ]
        let service = try #require(try Loading.load(files).project.services["a"])
        if name == "ports" {
            #expect(service.ports.map(\.target) == [80, 81])
        } else {
            #expect(Loading.printed(name, of: service) == expected)
        }
    }

    @Test func documentsOfOneFileAreLaidOverEachOther() throws {
        let project = try Loading.project(
            "services: {a: {image: x}}\n---\nservices: {a: {image: y}, b: {image: z}}\n")
        #expect(project.services.mapValues(\.image) == ["a": "y", "b": "z"])
    }

    @Test func whatIsMissingIsJudgedAfterMerging() throws {
        let files = [
            "compose.yaml": "services: {a: {image: x, depends_on: [b]}, b: {image: x}}\n",
            "o.yaml": "services: {a: {depends_on: {b: {restart: true}}}}\n",
        ]
        let project = try Loading.load(files) { $0.files = ["compose.yaml", "o.yaml"] }.project
        #expect(project.services["a"]?.dependencies == ["b": Dependency(.started, restart: true)])
        #expect(
            Loading.report([
                "compose.yaml": "services: {a: {image: x, depends_on: {b: {restart: true}}}, b: {image: x}}\n"
            ])
            .contains("services.a.depends_on.b: \"condition\" is missing"))
    }

    @Test func extendsTakesFromAnotherFile() throws {
        let files = [
            "compose.yaml": "services: {web: {extends: {file: base/c.yaml, service: web}, environment: {B: 2}}}\n",
            "base/c.yaml": """
            services:
              web: {extends: root, build: ./src, environment: {A: 1, B: 1}}
              root: {user: me, env_file: a.env}
            """,
            "base/a.env": "C=3\n",
        ]
        let service = try #require(try Loading.load(files).project.services["web"])
        #expect(service.environment == ["A": "1", "B": "2", "C": "3"])
        #expect(service.build?.context == "/work/demo/base/src")
        #expect(service.user == "me")
    }

    /// Many services extend from one file, and it is read and understood once.
    @Test func aFileExtendedFromIsReadOnce() throws {
        let names = (0..<50).map { "s\($0)" }
        let files = CountedFiles([
            "/work/demo/compose.yaml": "services:\n"
                + names.map { "  \($0): {extends: {file: base.yaml, service: \($0)}}\n" }.joined(),
            "/work/demo/base.yaml": "services:\n" + names.map { "  \($0): {image: x}\n" }.joined(),
        ])
        let project = try ProjectLoader(options: Loading.options(), files: files).load().project
        #expect(project.services.values.allSatisfy { $0.image == "x" })
        #expect(files.reads.withLock { $0 } == ["/work/demo/compose.yaml": 1, "/work/demo/base.yaml": 1])
    }

    /// Files in memory that count how often each is read.
    private final class CountedFiles: FileReading {
        let files: MemoryFiles
        let reads = Mutex<[String: Int]>([:])

        init(_ files: [String: String]) { self.files = MemoryFiles(files) }

        func kind(of path: String) -> FileKind { files.kind(of: path) }

        func read(_ path: String) throws(FileProblem) -> [UInt8] {
            reads.withLock { $0[path, default: 0] += 1 }
            return try files.read(path)
        }
    }

    /// What stays empty is judged once all files are laid over each other.
    @Test func aSizeThatNoFileGivesIsAMistake() {
        #expect(
            Loading.report(["compose.yaml": "services: {a: {image: x, mem_limit: ''}}"])
                .hasPrefix("compose.yaml:1:37: services.a.mem_limit: \"\" is not a size"))
    }

    @Test func includedFilesAreBelowTheIncluder() throws {
        let files = [
            "compose.yaml": "include: [sub/compose.yaml]\nservices: {web: {image: own, depends_on: [db]}}\n",
            "sub/compose.yaml":
                "services: {web: {image: theirs, user: u}, db: {image: \"$DB\", volumes: ['./d:/d']}}\n",
            "sub/.env": "DB=postgres\n",
        ]
        let project = try Loading.load(files).project
        #expect(project.services["web"]?.image == "own")
        #expect(project.services["web"]?.user == "u")
        #expect(project.services["db"]?.image == "postgres")
        #expect(project.services["db"]?.volumes.first?.source == "/work/demo/sub/d")
    }
}
