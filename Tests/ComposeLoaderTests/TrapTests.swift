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

    @Test func namesAreUniqueAndEachHasAnAdvice() {
        #expect(Set(Trap.allCases.map(\.rawValue)).count == Trap.allCases.count)
        #expect(Trap.allCases.allSatisfy { !$0.advice.isEmpty })
    }
}
