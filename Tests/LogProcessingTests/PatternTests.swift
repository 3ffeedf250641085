import LogProcessing
import Synchronization
import Testing

@Suite struct PatternTests {
    @Test func matchesBytesThatAreNoText() throws {
        let line = Array("caf\u{E9} ".utf8) + [0xFF, 0x00] + Array("Token=abc".utf8)
        #expect(try Pattern("(?i)token=").matches(line[...]))
        #expect(try Pattern("^caf.\\s").matches(line[...]))
        #expect(try !Pattern("caf. .").matches(line[...]))
        #expect(try Pattern("^$").matches([]))
    }

    @Test func saysWhatIsWrongAndWhere() {
        let error = #expect(throws: PatternError.self) { try Pattern("ab(cd") }
        #expect(error?.offset == 5)
        #expect(
            error?.description
                == "the pattern \"ab(cd\" is no regular expression: missing closing parenthesis, at offset 5")
        #expect(throws: PatternError.self) { try Pattern(String(repeating: "a", count: 1 << 15)) }
        #expect(throws: PatternError.self) { try Pattern(#"\C"#) }
    }

    @Test(arguments: [#"(a+)+$"#, #"^(a|aa)+$"#, #"(.*)*\1b\b"#, #"(?:(?:a?){50}){50}b$"#])
    func endsHoweverItIsWritten(text: String) throws {
        let told = Told()
        let pattern = try Pattern(text) { sentence in told.sentences.withLock { $0.append(sentence) } }
        let line = [UInt8](repeating: 0x61, count: 60_000) + [0x21]
        for _ in 0..<2 { #expect(!pattern.matches(line[...])) }
        #expect(told.sentences.withLock { $0 }.count <= 1)
    }

    @Test func isToldOnceWhenItGivesUp() throws {
        let told = Told()
        let pattern = try Pattern("^(a|aa)+$") { sentence in told.sentences.withLock { $0.append(sentence) } }
        let line = [UInt8](repeating: 0x61, count: 60) + [0x21]
        for _ in 0..<3 { #expect(line.withUnsafeBytes { pattern.find(in: $0) } == .gaveUp) }
        #expect(told.sentences.withLock { $0 }.count == 1)
    }

    @Test func isUsedByManyTasksAtOnce() async throws {
        let pattern = try Pattern("b(\\d+)c")
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<50 {
                group.addTask {
                    (0..<200).allSatisfy { pattern.matches(Array("ab\($0 * task)cd".utf8)[...]) }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}

private final class Told: Sendable {
    let sentences = Mutex<[String]>([])
}

@Suite struct GlobTests {
    @Test(arguments: [
        ("web", "web", true), ("web", "webs", false), ("*", "", true), ("w*b", "wb", true), ("w*b", "weeb", true),
        ("w*b", "weebs", false), ("?eb", "web", true), ("?", "é", true), ("?", "", false), ("*a*b*", "xxaxxbxx", true),
        ("*a*b", "abab", true), ("api-*-v?", "api-users-v2", true), ("a[b]", "ab", false),
    ])
    func standsForCharacters(glob: String, text: String, matches: Bool) {
        #expect(GlobPattern(glob).matches(text) == matches)
    }
}
