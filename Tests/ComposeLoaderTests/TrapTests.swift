import ComposeLoader
import Testing
import YAML

@Suite struct TrapTests {
    /// A file, and the place and name of each warning.
    @Test(
        arguments: [
            ("services: {a: {image: x, command: [a, '&&', b]}}", []),
            (
                "services:\n  a:\n    image: x\n    command: >\n      one two\n      three; four\n",
                ["6:12 command-operator"]
            ),
            ("services: {a: {image: x, command: \"a\\\"&\\\"b > c\"}}", ["1:44 command-operator"]),
            ("services: {a: {image: x, command: '${C:-a | b}'}}", ["1:35 command-operator"]),
            ("services: {a: {image: x, environment: {A: 010, B: '010', C: 10}}}", ["1:43 rewritten-number"]),
            ("services: {a: {image: x, environment: {V: 1.50}}}", ["1:43 rewritten-number"]),
            (
                "services: {a: {image: x, user: $U, domainname: $U, hostname: '${U:-h}${V}'}}",
                ["1:32 unset-variable", "1:62 unset-variable"]
            ),
            (
                "services: {a: {image: x, deploy: {labels: {a: b}, placement: {}, replicas: 1}}}",
                ["1:35 ignored-key", "1:51 ignored-key"]
            ),
            ("services: {a: {image: x, volumes: ['v:/v']}}", ["1:36 windows-drive"]),
            ("version: '3'\nservices: {a: {image: x}}", ["1:1 obsolete-version"]),
            ("services: {a: {image: x, tty: 'yes'}}", ["1:31 boolean-word"]),
            ("services: {a: {image: x, volumes: ['/a:/b:what']}}", ["1:36 unknown-option"]),
            ("services: {a: {image: x}}\nx-gantry: {ignore: [obsolte-version]}", ["2:21 unknown-warning"]),
            ("services: {a: {image: x, extra_hosts: ['h=1.1.1.1', 'h=::1']}}", []),
            (
                "services: {a: {image: x, ports: ['80:1', 80:2, 127.0.0.1:80:3]}}",
                [
                    "1:42 base-60-port", "1:42 port-collision", "1:48 port-collision",
                ]
            ),
            (
                "services: {a: {image: x, ports: ['80:1', '80:1/udp', '1.1.1.1:81:1', '1.1.1.2:81:1', '1-2', '90-91:5']}}",
                []
            ),
            (
                "services: {a: {image: x, ports: ['80:1']}, b: {image: x, ports: ['[::]:80:1', '0.0.0.0:81:1']}}",
                ["1:66 port-collision"]
            ),
            ("services: {a: {image: x, ports: ['80:1']}, b: {image: x, ports: ['80:1'], profiles: [p]}}", []),
            ("services: {a: {image: x, ports: ['80:1']}, b: {image: x, ports: ['80:1'], network_mode: host}}", []),
            ("services: {a: {image: x, ports: ['80:1'], scale: 2}}", ["1:34 port-collision"]),
            (
                "services: {a: {image: x, secrets: [{source: s, mode: 440}]}, b: {image: x, mem_limit: 010}}\nsecrets: {s: {environment: S}}",
                ["1:54 decimal-mode", "1:87 rewritten-number"]
            ),
            (
                "services: {a: {image: x, deploy: {mode: global, resources: {reservations: {cpus: 1}}}}}",
                ["1:35 ignored-key", "1:76 ignored-key"]
            ),
            ("services: {a: {image: x, deploy: {mode: replicated}}}", []),
            (
                "services: {a: {image: x, profiles: [p], depends_on: [b]}, b: {image: x, profiles: [q]}}",
                ["1:54 unreachable-profile"]
            ),
            ("services: {a: {image: x, profiles: [p], depends_on: [b]}, b: {image: x, profiles: [q, p]}}", []),
            ("services: {a: {image: x, ports: [2222:22, '2223:23', 3306:3306, 8060:60, 24]}}", ["1:34 base-60-port"]),
            (
                "services: {a: {image: x, depends_on: {b: {condition: service_healthy}}}, b: {image: x, healthcheck: {disable: true}}}",
                ["1:54 impossible-condition"]
            ),
            (
                "services: {a: {image: x, depends_on: {b: {condition: service_completed_successfully}}}, b: {image: x, restart: always}}",
                ["1:54 impossible-condition"]
            ),
            (
                "services: {a: {image: x, depends_on: {b: {condition: service_healthy}}}, b: {image: x, restart: always}}",
                []
            ),
            (
                "services: {a: {image: x, restart: always, deploy: {restart_policy: {condition: on-failure}}}}",
                ["1:26 two-restart-policies"]
            ),
            ("services: {a: {image: x, restart: always, deploy: {restart_policy: {condition: any}}}}", []),
        ] as [(String, [String])])
    func warnings(text: String, expected: [String]) throws {
        let warnings = try Loading.load(["compose.yaml": text]).warnings
        #expect(warnings.map { "\($0.mark?.line ?? 0):\($0.mark?.column ?? 0) \($0.trap?.rawValue ?? "")" } == expected)
    }

    @Test func anAddressFromAnotherFileIsAdded() throws {
        let files = [
            "compose.yaml": "services: {a: {image: x, extra_hosts: {h: 1.1.1.1}}}\n",
            "compose.override.yaml": "services: {a: {extra_hosts: {h: 2.2.2.2}}}\n",
        ]
        #expect(
            Loading.report(files) == """
                compose.override.yaml:1:30: warning: services.a.extra_hosts: the host h has an address in compose.yaml \
                already, and now has both (write "extra_hosts: !override" to replace the addresses) [repeated-host]
                    services: {a: {extra_hosts: {h: 2.2.2.2}}}
                                                 ^
                """)
    }

    @Test func aWarningIsTurnedOffByItsName() throws {
        let text = "version: '3'\nservices: {a: {image: x, volumes: ['v:/v']}}\n"
        let inFile = try Loading.load(["compose.yaml": text + "x-gantry: {ignore: [windows-drive]}\n"])
        #expect(inFile.warnings.map(\.trap) == [.obsoleteVersion])
        let inEnvironment = try Loading.load(["compose.yaml": text]) {
            $0.environment["GANTRY_NO_WARN"] = "obsolete-version, windows-drive"
        }
        #expect(inEnvironment.warnings.isEmpty)
    }

    @Test func aProfileThatNoServiceHasIsNamed() throws {
        let text = "services: {a: {image: x}, b: {image: x, profiles: [debug]}}"
        func report(_ change: (inout LoadOptions) -> Void) -> String { Loading.report(["compose.yaml": text], change) }
        #expect(
            report { $0.profiles = ["debg"] }
                == "warning: no service has the profile \"debg\" (did you mean \"debug\"?) [unknown-profile]")
        #expect(report { $0.profiles = ["debug", "*"] } == "")
        // The variable may be for all the projects of a machine.
        #expect(report { $0.environment["COMPOSE_PROFILES"] = "production" } == "")
        #expect(report { $0.environment["COMPOSE_PROFILES"] = "debg" }.contains("did you mean \"debug\"?"))
    }

    @Test func aCollisionOfServicesThatDoNotRunTogetherIsNone() throws {
        let text = "services: {a: {image: x, ports: ['80:1']}, b: {image: x, ports: ['80:1']}}"
        #expect(
            Loading.report(["compose.yaml": text]) == """
                compose.yaml:1:66: warning: services.b.ports.0: port 80/tcp of the host is taken by a already, at \
                compose.yaml:1 (give one of them another port, or profiles that are not on together) [port-collision]
                    services: {a: {image: x, ports: ['80:1']}, b: {image: x, ports: ['80:1']}}
                                                                                     ^
                """)
        #expect(Loading.report(["compose.yaml": text]) { $0.services = ["b"] } == "")
    }

    // MARK: Strict

    @Test func strictTakesEveryWarningForAnError() throws {
        let text =
            "version: '3'\nservices: {a: {image: x, user: $NO, volumes: ['v:/v']}}\nx-gantry: {ignore: windows-drive}\n"
        let failure = #expect(throws: LoadFailure.self) {
            try Loading.load(["compose.yaml": text]) { $0.isStrict = true }
        }
        #expect(failure?.diagnostics.map(\.severity) == [.error, .error])
        #expect(
            failure?.description == """
                compose.yaml:1:1: version: "version" is obsolete and has no effect (remove it) [obsolete-version: an error \
                because of --strict]
                    version: '3'
                    ^
                compose.yaml:2:32: services.a.user: the variable NO is not set; it is read as empty \
                (write ${NO:-default} to give a default) [unset-variable: an error because of --strict]
                    services: {a: {image: x, user: $NO, volumes: ['v:/v']}}
                                                   ^
                """)
        let clean = "services: {a: {image: x}}"
        #expect(try Loading.load(["compose.yaml": clean]) { $0.isStrict = true }.warnings.isEmpty)
    }

    // MARK: x-gantry

    @Test(arguments: [
        ("x-gantry: {ignor: [windows-drive]}", "x-gantry: \"ignor\" is not known here (did you mean \"ignore\"?)"),
        ("x-gantry: [a]", "x-gantry: expected a mapping, found a list"),
        ("x-gantry: {ignore: {a: b}}", "x-gantry.ignore: expected a list, found a mapping"),
        ("x-gantry: {logs: [a]}", "x-gantry.logs: expected a mapping, found a list"),
        ("x-gantry: {logs: {sinks: [a]}}", "x-gantry.logs.sinks: expected a mapping, found a list"),
        ("x-gantry: {logs: {routes: [b]}}", "x-gantry.logs.routes.0: expected a mapping, found the string \"b\""),
        (
            "x-gantry: {logs: {routes: [{too: a}]}}",
            "x-gantry.logs.routes.0: \"too\" is not known here (did you mean \"to\"?)"
        ),
        (
            "x-gantry: {logs: {routes: [{streams: stdot}]}}",
            "x-gantry.logs.routes.0.streams.0: \"stdot\" is not one of stdout, stderr (did you mean \"stdout\"?)"
        ),
        ("x-gantry: {logs: {spool: {size: 1gb}, sinks: {a: 'file:x', b: {url: 'file:y', keep: {age: 1d}}}}}", ""),
        ("x-gantry: {ignore: windows-drive, logs: }", ""),
        ("x-gantry:", ""), ("x-gantri: {any: thing}", ""),
    ])
    func aSettingThatNobodyReadsIsAMistake(line: String, expected: String) {
        let report = Loading.report(["compose.yaml": line + "\nservices: {a: {image: x}}\n"])
        #expect(report.split(separator: "\n").first.map { $0.drop { $0 != " " }.dropFirst() } ?? "" == expected)
    }

    @Test(arguments: [
        ("{ignore: []}", "services.a.x-gantry: \"ignore\" is not known here"),
        ("{on_file_change: never}", "services.a.x-gantry.on_file_change: \"never\" is not one of recreate, ignore"),
        ("{on_file_change: ignore, on_unhealthy: stop}", ""),
    ])
    func theSettingsOfAServiceAreCheckedToo(settings: String, expected: String) {
        let report = Loading.report(["compose.yaml": "services: {a: {image: x, x-gantry: \(settings)}}"])
        #expect(expected.isEmpty ? report.isEmpty : report.contains(expected), "\(report)")
    }

    @Test func namesAreUniqueAndEachHasAnAdvice() {
        #expect(Set(Trap.allCases.map(\.rawValue)).count == Trap.allCases.count)
        #expect(Trap.allCases.allSatisfy { !$0.advice.isEmpty })
    }
}
