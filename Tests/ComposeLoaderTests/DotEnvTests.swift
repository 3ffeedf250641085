import Testing

@testable import ComposeLoader

@Suite struct DotEnvTests {
    @Test(
        arguments: [
            ("A=1\nB: 2\nexport C=3\n", ["A": "1", "B": "2", "C": "3"]),
            ("# comment\n\n  A = 1 # note\nB=x#y\n", ["A": "1", "B": "x#y"]),
            ("A=\nB=''\n", ["A": "", "B": ""]),
            (#"A="x\ty\"z" # c"# + "\nB='a$P\\n'\n", ["A": "x\ty\"z", "B": "a$P\\n"]),
            ("A=\"two\nlines\"\nB=1", ["A": "two\nlines", "B": "1"]),
            ("A=1\nB=$A-${P}\nC=\"\\$A\"\n", ["A": "1", "B": "1-parent", "C": "$A"]),
            ("P\nQ\n", ["P": "parent"]),
            ("A=1\r\nB=2\r\n", ["A": "1", "B": "2"]),
            (#"A="\0101""#, ["A": "A"]),
            (#"A="\0x\012""#, ["A": #"\x\12"#]),
            ("A=C:\\x\\n\n", ["A": "C:\\x\\n"]),
        ] as [(String, [String: String])])
    func reads(text: String, expected: [String: String]) throws {
        var variables: [String: String] = [:]
        try DotEnv.parse(text, into: &variables) { ["P": "parent"][$0] }
        #expect(variables == expected)
    }

    @Test(arguments: [("A=1\nB C=2\n", 2), ("A=1\n\n\"x\"=2\n", 3), ("A='x\n\n", 1), ("A=${\n", 1)])
    func saysTheLine(text: String, line: Int) {
        var variables: [String: String] = [:]
        do throws(DotEnv.Fault) {
            try DotEnv.parse(text, into: &variables) { _ in nil }
            Issue.record("nothing was thrown")
        } catch {
            #expect(error.line == line)
        }
    }

    @Test(arguments: [false, true])
    func itMustNotBeLargerThanAnyEnvironment(isRaw: Bool) throws {
        var variables: [String: String] = [:]
        func parse(_ text: String) throws {
            if isRaw {
                try DotEnv.parseRaw(text, into: &variables) { _ in nil }
            } else {
                try DotEnv.parse(text, into: &variables) { _ in nil }
            }
        }
        let largest = 8 * 1024 * 1024
        try parse("A=1\n#" + String(repeating: "x", count: largest - 5))
        #expect(variables == ["A": "1"])
        #expect(throws: DotEnv.Fault.self) {
            try parse("B=1\n#" + String(repeating: "x", count: largest - 4))
        }
        #expect(variables == ["A": "1"])
    }

    @Test func rawLinesAreKept() throws {
        var variables: [String: String] = [:]
        try DotEnv.parseRaw("A='x' # y\r\n#c\r\nB=$A\nP\n", into: &variables) { ["P": "parent"][$0] }
        #expect(variables == ["A": "'x' # y", "B": "$A", "P": "parent"])
    }
}
