import Testing

@testable import ComposeLoader

@Suite struct ShellWordsTests {
    @Test(
        arguments: [
            ("a b  c", ["a", "b", "c"], nil), ("", [], nil), ("a '' b", ["a", "", "b"], nil),
            (#"'it''s' "q\"r" s\ t"#, ["its", "q\"r", "s t"], nil), ("a $(b c) d", ["a", "$(b c)", "d"], nil),
            ("a `b c` d", ["a", "`b c`", "d"], nil), ("a && b", ["a"], "&"), ("a; b", ["a"], ";"),
            ("a | b", ["a"], "|"),
            ("a 2>&1", ["a"], ">"), ("a {b,c} ~ # d", ["a", "{b,c}", "~", "#", "d"], nil),
            ("'a && b'", ["a && b"], nil),
        ] as [(String, [String], Character?)])
    func splits(line: String, words: [String], operatorFound: Character?) throws {
        let split = try ShellWords(line)
        #expect(split.words == words)
        #expect(split.operatorFound?.character == operatorFound)
    }

    @Test(arguments: ["'x", "\"x", "x\\", "(a)", "a )", String(repeating: "a ", count: 1 << 20) + "a"])
    func refuses(line: String) {
        #expect(throws: ShellWords.Fault.self) { try ShellWords(line) }
    }
}
