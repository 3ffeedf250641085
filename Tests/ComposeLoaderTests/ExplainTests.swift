import ComposeLoader
import ComposeModel
import Testing

@Suite struct ExplainTests {
    /// What is explained, a line for each value and for each place that says something of it.
    static func explain(
        _ path: String, _ files: [String: String], _ change: (inout LoadOptions) -> Void = { _ in }
    ) throws -> [String] {
        let loaded = try Loading.load(files) { options in
            options.keepsHistory = true
            options.keepsUnusedResources = true
            change(&options)
        }
        let explainer = try #require(Explainer(loaded))
        return try explainer.explain(path).explanations.flatMap { explanation in
            let value = explanation.value.map { String(decoding: $0.json(), as: UTF8.self) } ?? "-"
            return ["\(explanation.path) \(value)"] + explanation.contributions.map(line)
                + [explanation.reason].compactMap { $0.map { "  \($0)" } }
        }
    }

    private static func line(_ contribution: Contribution) -> String {
        var text = "  \(contribution.place) \(contribution.written ?? "...") \(outcome(contribution.outcome))"
        if contribution.isAliased { text += " aliased" }
        for variable in contribution.variables {
            text += "; \(variable.name)=\(variable.value ?? "-") \(variable.place.text)"
            if let fallback = variable.fallback { text += ", default \(fallback)" }
        }
        return text
    }

    private static func outcome(_ outcome: Contribution.Outcome) -> String {
        switch outcome {
        case .kept: "kept"
        case .appended: "appended"
        case .empty: "empty"
        case .replaced(let place): "replaced at \(place)"
        case .removed(let place): "removed at \(place)"
        case .overridden(let place): "overridden at \(place)"
        case .removes: "removes"
        case .carriedOut: "carried out"
        case .leftOut: "left out"
        }
    }

    private func expect<Value: Equatable>(
        _ found: Value, _ wanted: Value, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(found == wanted, sourceLocation: sourceLocation)
    }

    // MARK: Layers

    @Test func aLaterFileReplaces() throws {
        let files = [
            "a.yaml": "services: {web: {image: x, environment: {LOG: info}, user: u}}\n",
            "b.yaml":
                "services: {web: {environment: [LOG=debug], user: }}\n---\nservices: {web: {environment: {LOG: trace}}}\n",
        ]
        func explain(_ path: String) throws -> [String] {
            try Self.explain(path, files) { $0.files = ["a.yaml", "b.yaml"] }
        }
        expect(
            try explain("services.web.environment.LOG"),
            [
                #"services.web.environment.LOG "trace""#,
                "  a.yaml:1:47 info replaced at b.yaml:1:32",
                "  b.yaml:1:32 LOG=debug replaced at b.yaml:3:37",
                "  b.yaml:3:37 trace kept",
            ])
        expect(try explain("web.user"), [#"services.web.user "u""#, "  a.yaml:1:60 u kept", "  b.yaml:1:50  empty"])
    }

    @Test func whatAnotherFilesServiceGivesIsNamed() throws {
        let files = [
            "compose.yaml": """
            services:
              web: {extends: {file: sub/base.yaml, service: mid}, environment: {A: own}}
              copy: {extends: web}
            """,
            "sub/base.yaml": """
            services:
              mid: {extends: low, environment: {A: mid, B: mid}}
              low: {image: "i:${TAG:-1}", environment: {B: low, C: low}, volumes: [./d:/d]}
            """,
        ]
        expect(
            try Self.explain("copy.environment", files),
            [
                #"services.copy.environment.A "own""#,
                "  sub/base.yaml:2:40 mid replaced at compose.yaml:2:72", "  compose.yaml:2:72 own kept",
                #"services.copy.environment.B "mid""#,
                "  sub/base.yaml:3:48 low replaced at sub/base.yaml:2:48", "  sub/base.yaml:2:48 mid kept",
                #"services.copy.environment.C "low""#, "  sub/base.yaml:3:56 low kept",
            ])
        expect(
            try Self.explain("web.image", files),
            [
                #"services.web.image "i:1""#, "  sub/base.yaml:3:16 i:${TAG:-1} kept; TAG=- not set, default 1",
            ])
        expect(
            try Self.explain("web.extends.service", files),
            [
                "services.web.extends.service -", "  sub/base.yaml:2:18 low carried out",
                "  compose.yaml:2:49 mid carried out",
            ])
    }

    @Test func anIncludedFileHasItsOwnVariables() throws {
        let files = [
            "compose.yaml": "include: [in/c.yaml]\nservices: {web: {user: $V}}\n",
            "in/c.yaml": "services: {web: {image: \"i:$V$W\", user: low}}\n", "in/.env": "# the\nV=inner\nW=inner\n",
            ".env": "V=outer\n",
        ]
        expect(
            try Self.explain("web", files).filter { !$0.contains("network") },
            [
                "services.web.image \"i:outerinner\"",
                "  in/c.yaml:1:25 i:$V$W kept; V=outer set at .env:1; W=inner set at in/.env:3",
                "services.web.user \"outer\"", "  in/c.yaml:1:41 low replaced at compose.yaml:2:24",
                "  compose.yaml:2:24 $V kept; V=outer set at .env:1",
            ])
    }

    @Test func tagsTakeAway() throws {
        let files = [
            "a.yaml": "services: {web: {image: x, ports: ['80', '81'], environment: {A: 1, B: 2}, labels: {L: 1}}}\n",
            "b.yaml": "services: {web: {ports: !override ['82'], environment: {A: !reset }, labels: !reset {}}}\n",
        ]
        func explain(_ path: String) throws -> [String] {
            try Self.explain(path, files) { $0.files = ["a.yaml", "b.yaml"] }
        }
        expect(
            try explain("web.environment.A"),
            [
                "services.web.environment.A -", "  a.yaml:1:66 1 removed at b.yaml:1:60",
                "  b.yaml:1:60 !reset removes",
            ])
        expect(
            try explain("web.labels"),
            [
                "services.web.labels.L -", "  a.yaml:1:88 1 removed at b.yaml:1:78", "  b.yaml:1:78 !reset removes",
            ])
        expect(try explain("web.ports[0]").suffix(1), ["  b.yaml:1:36 82 kept"])
        let all = try explain("web.ports")
        #expect(all.filter { $0.contains("overridden at b.yaml:1:25") }.count == 2, "\(all)")
    }

    @Test func listsGrowAndEqualItemsAreReplaced() throws {
        let files = [
            "a.yaml": "services: {web: {image: x, volumes: ['/a:/data', '/b:/b'], cap_add: [A], command: [a, b]}}\n",
            "b.yaml": "services: {web: {volumes: ['/c:/data'], cap_add: [B], command: [c]}}\n",
        ]
        func explain(_ path: String) throws -> [String] {
            try Self.explain(path, files) { $0.files = ["a.yaml", "b.yaml"] }
        }
        let volume = try explain("web.volumes./data")
        #expect(volume.first?.hasPrefix("services.web.volumes[0] {") == true)
        #expect(
            volume.dropFirst() == ["  a.yaml:1:38 /a:/data replaced at b.yaml:1:28", "  b.yaml:1:28 /c:/data kept"])
        expect(
            try explain("web.cap_add"),
            [
                #"services.web.cap_add[0] "A""#, "  a.yaml:1:70 A kept", #"services.web.cap_add[1] "B""#,
                "  b.yaml:1:51 B appended",
            ])
        expect(
            try explain("web.command"),
            [
                #"services.web.command ["c"]"#, "  a.yaml:1:83 ... replaced at b.yaml:1:64", "  b.yaml:1:64 ... kept",
            ])
        expect(
            try explain("web.volumes[1].source"), [#"services.web.volumes[1].source "/b""#, "  a.yaml:1:50 /b:/b kept"])
    }

    @Test func anAliasIsFollowedToItsAnchor() throws {
        let text = """
            x-base: &base {LOG: info, KEPT: x}
            services:
              web: {image: x, environment: {<<: *base, LOG: debug}}
            """
        expect(
            try Self.explain("web.environment", ["compose.yaml": text]),
            [
                #"services.web.environment.KEPT "x""#, "  compose.yaml:1:33 x kept aliased",
                #"services.web.environment.LOG "debug""#, "  compose.yaml:3:49 debug kept",
            ])
    }

    // MARK: Variables

    @Test func linesOfEnvFilesLieBelowTheService() throws {
        let files = [
            "compose.yaml": """
            services:
              web:
                image: x
                env_file: [one.env, two.env]
                environment: {A: own, HOST: }
            """, "one.env": "A=1\nB=1\n\nC=1\n", "two.env": "B=2\n",
        ]
        let found = try Self.explain("web.environment", files) { $0.environment["HOST"] = "h" }
        #expect(
            found == [
                #"services.web.environment.A "own""#, "  one.env:1 A=1 replaced at compose.yaml:5:22",
                "  compose.yaml:5:22 own kept", #"services.web.environment.B "2""#,
                "  one.env:2 B=1 replaced at two.env:1", "  two.env:1 B=2 kept", #"services.web.environment.C "1""#,
                "  one.env:4 C=1 kept", #"services.web.environment.HOST "h""#,
                "  compose.yaml:5:33  kept; HOST=h set in the environment",
            ])
    }

    @Test(
        arguments: [
            (["V": "p"], [], "V=p set in the environment"), ([:], ["e.env"], "V=e set at e.env:2"),
            ([:], ["e.env", "f.env"], "V=f set at f.env:1"), ([:], [], "V=d set at .env:1"),
        ] as [([String: String], [String], String)])
    func aVariableHasThePlaceThatWins(environment: [String: String], files: [String], expected: String) throws {
        let found = try Self.explain(
            "web.image",
            [
                "compose.yaml": "services: {web: {image: 'x:${V:-1}'}}", ".env": "V=d\n", "e.env": "A=1\nV=e",
                "f.env": "V=f",
            ]
        ) {
            $0.environment.merge(environment) { $1 }
            $0.environmentFiles = files
        }
        #expect(found.last == "  compose.yaml:1:25 x:${V:-1} kept; \(expected)")
    }

    // MARK: Paths

    @Test func namesWithDotsAndConventions() throws {
        let files = ["compose.yaml": "services: {my.svc: {image: x, ports: ['8080:80'], labels: {a.b: 1}}}"]
        expect(
            try Self.explain(#"services."my.svc".labels."a.b""#, files).first, #"services."my.svc".labels."a.b" "1""#)
        expect(try Self.explain("my.svc.labels.a.b", files).first, #"services."my.svc".labels."a.b" "1""#)
        #expect(
            try Self.explain("my.svc.ports.8080:80", files).first?.hasPrefix(#"services."my.svc".ports[0] {"#) == true)
        expect(try Self.explain("name", files), ["name \"demo\"", "  by convention, the name of the project's folder"])
        expect(
            try Self.explain("networks.default.name", files).last,
            "  by convention, the network of services that name none")
    }

    @Test(arguments: [
        ("services.wob", #"services has no "wob" (did you mean "services.web"?)"#),
        (
            "web.environment.LGO",
            #"services.web.environment has no "LGO" (did you mean "services.web.environment.LOG"?)"#
        ),
        ("wbe.image", #"the project has no "wbe" (did you mean "services.web"?)"#),
        ("web.image.x", #"services.web.image is a value without parts: it has no "x""#),
        ("web..image", #""web..image" is no path: a name is missing between its dots"#),
        ("web.ports[x]", #""web.ports[x]" is no path: brackets hold an item's number, from 0"#),
        (#"web."image"#, #""web."image" is no path: a quote is not closed"#),
    ])
    func aPathThatIsNotThereIsNamed(path: String, expected: String) throws {
        let files = ["compose.yaml": "services: {web: {image: x, environment: {LOG: 1}}}"]
        let error = #expect(throws: (any Error).self) { try Self.explain(path, files) }
        #expect(error.map { "\($0)" } == expected)
    }

    @Test func whatIsOffIsExplainedAllTheSame() throws {
        let files = ["compose.yaml": "services: {web: {image: x}, db: {image: y, profiles: [p]}}"]
        expect(
            try Self.explain("db.image", files),
            [
                "services.db.image \"y\"", "  compose.yaml:1:41 y kept",
                "  the service is off, because none of its profiles is on",
            ])
    }
}
