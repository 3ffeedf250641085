import FoundationEssentials
import Subprocess
import Testing

/// What people ask of their files before anything runs: where a value comes from, whether an editor can know the format,
/// which image a name stands for.
@Suite struct ExplainScenarios {
    private static let files = [
        "compose.yaml": """
        include: [common.yaml]
        services:
          web:
            extends: {file: base.yaml, service: base}
            env_file: web.env
            environment: {LOG: "${LEVEL:-info}"}
            ports: ["${PORT}:80"]
        """,
        "compose.override.yaml": "services: {web: {environment: [LOG=debug], labels: !reset {}}}\n",
        "base.yaml": "services: {base: {image: \"busybox:${TAG-1}\", labels: {team: a}}}\n",
        "common.yaml": "services: {cache: {image: busybox}}\n", "web.env": "LOG=none\nREGION=eu\n",
        ".env": "# ports\nPORT=8080\n",
    ]

    private static func with(_ body: @escaping @Sendable (Scenario) async throws -> Void) async throws {
        try await Scenario.with(files, environment: ["TAG": "2"], body)
    }

    @Test(.onEngine) func everyPlaceOfAValueMustBeNamed() async throws {
        try await Self.with { scenario in
            let log = try await scenario.gantry("explain", "web.environment", "web.image", "web.labels", "cache.image")
            #expect(
                log.output == """
                    services.web.environment.LOG = debug
                      web.env:1  (env file of web, named at compose.yaml:5:15) LOG=none: replaced at compose.override.yaml:1:32
                      compose.yaml:6:24  (file 1 of 2) ${LEVEL:-info} -> info: replaced at compose.override.yaml:1:32
                          LEVEL is not set; the default in the expression is used: info
                      compose.override.yaml:1:32  (file 2 of 2) LOG=debug: the value
                    services.web.environment.REGION = eu
                      web.env:2  (env file of web, named at compose.yaml:5:15) REGION=eu: the value
                    services.web.image = busybox:2
                      base.yaml:1:26  (service base, extended at compose.yaml:4:14) busybox:${TAG-1} -> busybox:2: the value
                          TAG=2, set in the environment
                    services.web.labels.team is not there
                      base.yaml:1:61  (service base, extended at compose.yaml:4:14) a: removed by !reset at compose.override.yaml:1:52
                      compose.override.yaml:1:52  (file 2 of 2) !reset: removes what was there
                    services.cache.image = busybox
                      common.yaml:1:27  (included at compose.yaml:1:11) busybox: the value

                    """)
            let json = try await scenario.gantry("explain", "--format", "json", "web.ports[0].published")
            let explained = try #require(
                JSONDecoder().decode([Explained].self, from: Data(json.output.utf8)).first)
            #expect(explained.value == "8080")
            #expect(explained.contributions.map(\.line) == [7])
            #expect(
                explained.contributions.first?.variables == [Explained.Variable(name: "PORT", file: ".env", line: 2)])
        }
    }

    private struct Explained: Decodable {
        struct Variable: Decodable, Equatable {
            var name: String
            var file: String?
            var line: Int?
        }
        struct Contribution: Decodable {
            var line: Int
            var variables: [Variable]
        }
        var value: String
        var contributions: [Contribution]
    }

    @Test(.onEngine) func aPathThatIsNotThereMustFailWithTheNearest() async throws {
        try await Self.with { scenario in
            let outcome = try await scenario.gantry("explain", "web.environment.LGO", exits: 1)
            #expect(outcome.output.isEmpty)
            #expect(outcome.error.contains("(did you mean \"services.web.environment.LOG\"?)"), "\(outcome)")
        }
    }

    @Test(.onEngine) func strictMustRefuseWhatIsOnlyWarnedOf() async throws {
        try await Scenario.with("version: '3'\nservices: {web: {image: busybox, user: $NOBODY}}\n") { scenario in
            try await scenario.gantry("config", "-q")
            for arguments in [["--strict", "up", "-d"], ["config", "-q", "--strict"]] {
                let outcome = try await scenario.command(arguments).run().exits(1)
                for name in ["obsolete-version", "unset-variable"] {
                    #expect(outcome.error.contains("[\(name): an error because of --strict]"), "\(outcome)")
                }
            }
            var ignoring = try scenario.command(["--strict", "config", "-q"])
            ignoring.environment["GANTRY_NO_WARN"] = "obsolete-version,unset-variable"
            try await ignoring.run().exits(0)
        }
    }

    // MARK: Schema

    @Test(.besideSchemaTools) func theSchemaMustTakeEveryFileThatIsTaken() async throws {
        let cases = try #require(SchemaTools.cases)
        let outcome = try await SchemaTools.validate(cases)
        #expect(outcome.code == 0, "\(outcome)")
        let taken = outcome.lines.last?.split(separator: " ").first.flatMap { Int($0) } ?? 0
        #expect(taken >= SchemaTools.fewest, "\(outcome)")
    }

    @Test(
        .besideSchemaTools,
        arguments: [
            ("services: {a: {imge: x}}", false), ("services: {a: {image: 5}}", false),
            ("services: {a: {image: x, ports: {a: b}}}", false), ("services: {a: {image: x, tty: maybe}}", false),
            ("services: {a: {image: x, stop_grace_period: 90}}", false), ("services: {'a b': {image: x}}", false),
            ("services: {a: {image: x, deploy: {replicas: many}}}", false), ("x-gantry: {ignor: []}", false),
            ("x-gantry: {ignore: [windows-drve]}", false), ("servces: {}", false),
            ("services: {a: {image: x, depends_on: {b: {condition: service_helthy}}}}", false),
            ("services: {a: {image: x, tty: $T, deploy: {replicas: '${N}'}, mem_limit: '${M:-1g}'}}", true),
            (
                "services: {a: {image: x, x-own: [1], stop_grace_period: 1m30s}}\nx-gantry: {ignore: windows-drive}",
                true
            ),
        ])
    func theSchemaMustKnowAMistake(text: String, isTaken: Bool) async throws {
        let outcome = try await SchemaTools.validate("-", input: text)
        #expect(outcome.code == (isTaken ? 0 : 1), "\(text)\n\(outcome)")
    }

    // MARK: Digests

    @Test(.onEngine, .besideRegistry) func anImageThatOnlyTheRegistryHasMustBePinned() async throws {
        try await Scenario.with("services: {web: {image: '$REGISTRY/box:1'}}\n") { scenario in
            let storage = scenario.folder + "/registry"
            try scenario.write(
                """
                version: 0.1
                storage: {filesystem: {rootdirectory: \(storage)}}
                http: {addr: "127.0.0.1:0"}
                """, to: "registry.yaml")
            let registry = Command(
                program: RegistryTools.registry, arguments: ["serve", "registry.yaml"],
                environment: TestBed.basicEnvironment, folder: scenario.folder)
            _ = try await registry.withProcess { running in
                defer { try? running.signal(.terminate) }
                try await running.waitForError("listening on 127.0.0.1:")
                let line = running.transcript.error.split(separator: "listening on ").dropFirst().first ?? ""
                let address = String(line.prefix { $0.isNumber || $0 == "." || $0 == ":" })
                try await check(scenario, address)
            }
        }

        @Sendable func check(_ scenario: Scenario, _ address: String) async throws {
            let image = address + "/box:1"
            for arguments in [["tag", "busybox:latest", image], ["push", image], ["rmi", image]] {
                let docker = Command(
                    program: RegistryTools.docker, arguments: arguments, environment: scenario.environment,
                    folder: scenario.folder)
                try await docker.run().exits(0)
            }
            var config = try scenario.command(["config", "--resolve-image-digests"])
            config.environment["REGISTRY"] = address
            let pinned = try await config.run().exits(0)
            let line = try #require(pinned.lines.first { $0.contains("image:") })
            #expect(line.contains("image: \(image)@sha256:"), "\(pinned)")
            config.arguments = ["config", "--lock-image-digests"]
            #expect(try await config.run().exits(0).output == "services:\n  web:\n\(line)\n")
            try scenario.write("services: {web: {image: '$REGISTRY/nothing'}}\n", to: "compose.yaml")
            let refused = try await config.run().exits(1)
            #expect(refused.error.contains("the digest of \(address)/nothing:latest is not known"), "\(refused)")
        }
    }
}

/// What holds files against the schema.
private enum SchemaTools {
    static let python = "/usr/bin/python3"

    /// Of the corpus' cases, how many have a main file that Python can read, at least.
    static let fewest = 1600

    static let cases: String? = ProcessInfo.processInfo.environment["GANTRY_SHARED"].map { $0 + "/conformance/cases" }

    /// Holds a file on standard input, or the main file of every case that Docker Compose takes, against the schema.
    static func validate(_ what: String, input: String = "") async throws -> Outcome {
        let binary = try #require(TestBed.binary)
        var command = Command(
            program: python, arguments: ["-c", script, binary, what], environment: TestBed.basicEnvironment, folder: "/"
        )
        command.input = input
        let ready = command
        return try await Gate.shared.enter(alone: false) { try await ready.run() }
    }

    /// YAML as Gantry reads it, where Python's reader has another version's words and numbers.
    private static let script = #"""
        import json, os, re, subprocess, sys, jsonschema, yaml

        class Loader(yaml.SafeLoader): pass
        keep = ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")
        Loader.yaml_implicit_resolvers = {
            k: [(t, r) for t, r in v if t in keep] for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}
        def scalar(kind, pattern, first):
            Loader.add_implicit_resolver("tag:yaml.org,2002:" + kind, re.compile(pattern), list(first))
        scalar("bool", "^(true|True|TRUE|false|False|FALSE)$", "tTfF")
        scalar("int", r"^[-+]?(0|[1-9][0-9_]*|0[0-7_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+)$", "-+0123456789")
        scalar("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", "-+0123456789.")
        def untagged(loader, suffix, node):
            if isinstance(node, yaml.ScalarNode):
                node.tag = loader.resolve(yaml.ScalarNode, node.value, (node.style is None, False))
                return loader.construct_object(node)
            if isinstance(node, yaml.SequenceNode): return loader.construct_sequence(node, deep=True)
            return loader.construct_mapping(node, deep=True)
        Loader.add_multi_constructor("!", untagged)
        Loader.add_constructor("tag:yaml.org,2002:binary", lambda loader, node: node.value)
        Loader.add_constructor("tag:yaml.org,2002:set", lambda loader, node: loader.construct_mapping(node, deep=True))

        schema = json.loads(subprocess.run([sys.argv[1], "schema"], check=True, capture_output=True).stdout)
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        def mistakes(text):
            for document in yaml.load_all(text, Loader=Loader):
                if document is not None: yield from validator.iter_errors(document)

        # What is no mistake for Docker Compose and one for Gantry.
        deviations = {"compose-go/types-bytes-1e3"}
        names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
        def main_file(folder, case):
            home = os.path.join(folder, case.get("cwd", "."))
            given = case.get("args", [])
            files = [given[i + 1] for i, word in enumerate(given[:-1]) if word in ("-f", "--file")]
            files += case.get("env", {}).get("COMPOSE_FILE", "").split(":")[:1] + names
            paths = [os.path.join(home, f.replace("@CASE@", folder)) for f in files if f and f != "-"]
            return next((path for path in paths[:1] + paths if os.path.isfile(path)), None)

        taken = refused = 0
        if sys.argv[2] == "-":
            errors = list(mistakes(sys.stdin.read()))
            for error in errors: print(error.message)
            sys.exit(1 if errors else 0)
        for group in sorted(os.listdir(sys.argv[2])):
            for name in sorted(os.listdir(os.path.join(sys.argv[2], group))):
                folder = os.path.join(sys.argv[2], group, name)
                with open(os.path.join(folder, "case.json")) as file: case = json.load(file)
                path = main_file(folder, case) if case["expect"] == "ok" else None
                if path is None or f"{group}/{name}" in deviations: continue
                try:
                    with open(path, "rb") as file: errors = list(mistakes(file.read()))
                # Python's reader knows no alias to what it stands in.
                except yaml.constructor.ConstructorError: continue
                taken += not errors
                refused += bool(errors)
                for error in errors[:1]: print(f"{group}/{name}: {list(error.absolute_path)}: {error.message[:200]}")
        print(taken, "taken,", refused, "refused")
        sys.exit(1 if refused or not taken else 0)
        """#
}

/// A private registry's programs.
private enum RegistryTools {
    static let registry = "/usr/bin/docker-registry"
    static let docker = "/usr/bin/docker"
}

extension Trait where Self == ConditionTrait {
    /// For scenarios that need the corpus, and Python with jsonschema.
    fileprivate static var besideSchemaTools: Self {
        .enabled(
            "GANTRY_BINARY and GANTRY_SHARED do not name a gantry and a folder with conformance/cases, or Debian's python3-jsonschema is not installed"
        ) {
            TestBed.binary != nil && SchemaTools.cases.map { FileManager.default.fileExists(atPath: $0) } == true
                && FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/jsonschema")
        }
    }

    /// For scenarios that need Debian's docker-registry.
    fileprivate static var besideRegistry: Self {
        .enabled("Debian's docker-registry is not installed; Integration/setup installs it") {
            [RegistryTools.registry, RegistryTools.docker].allSatisfy { FileManager.default.fileExists(atPath: $0) }
        }
    }
}
