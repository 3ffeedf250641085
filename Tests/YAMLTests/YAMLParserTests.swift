import Testing
import YAML

@Suite struct YAMLParserTests {
    // MARK: Documents

    @Test(arguments: [
        ("", []),
        ("# only a comment\n", []),
        ("---\n", ["~"]),
        ("a\n---\nb\n", ["a", "b"]),
        ("---\n---\n{}\n...\n", ["~", "{}"]),
        ("%YAML 1.1\n---\na: 1\n", ["{a: 1}"]),
    ])
    func readsEveryDocument(text: String, expected: [String]) throws {
        #expect(try parse(text).map(\.summary) == expected)
    }

    @Test(arguments: [
        ("a: 1\nb: [x, 'y', \"z\\n\"]\n", "{a: 1, b: [x, \"y\", \"z\\n\"]}"),
        ("a:\nb: ~\n", "{a: ~, b: ~}"),
        ("a: |\n  x\n  y\n", "{a: \"x\\ny\\n\"}"),
        ("a: >-\n  x\n  y\n", "{a: \"x y\"}"),
        ("a: \"\\U0001F600 日本\"\n", "{a: \"😀 日本\"}"),
        ("a: b\r\nc: d\r\n", "{a: b, c: d}"),
        ("{a: !!set {x, y}}", "{a: !!set {x: ~, y: ~}}"),
        ("a: !reset null\nb: !override [1]\nc: !foo x", "{a: !reset ~, b: !override [1], c: !foo x}"),
        ("a: ! x", "{a: x}"),
    ])
    func composesNodes(text: String, expected: String) throws {
        #expect(try parse(text).map(\.summary) == [expected])
    }

    @Test func marksKeysAndValues() throws {
        let root = try #require(try parse("# c\nservices:\n  wéb: { image: \"x\" }\n").first)
        let services = try #require(root.mapping?.entry("services"))
        let web = try #require(services.value.mapping?.entries.first)
        let image = try #require(web.value.mapping?.entry("image"))
        #expect(services.key.mark.place == "2:1")
        #expect(services.value.mark.place == "3:3")
        #expect(web.key.mark.place == "3:3")
        #expect(web.value.mark.place == "3:8")
        #expect(image.key.mark.place == "3:10")
        #expect(image.value.mark.place == "3:17")
    }

    // MARK: Keys

    @Test func tellsWhichKeysAreStrings() throws {
        let text = "a: 0\n1: 0\n'2': 0\ntrue: 0\n~: 0\n1.5: 0\n2001-12-14: 0\n!!str 3: 0\nyes: 0\n"
        let mapping = try #require(try parse(text).first?.mapping)
        #expect(mapping.entries.filter { !$0.key.isString }.map(\.key.name) == ["1", "true", "~", "1.5", "2001-12-14"])
    }

    @Test func aliasMayBeAKey() throws {
        #expect(try parse("[&a x, {*a : y}]").map(\.summary) == ["[x, {x: y}]"])
    }

    // MARK: Aliases and merge keys

    @Test(arguments: [
        ("[&a {x: 1}, *a]", "[{x: 1}, {x: 1}]"),
        ("[&a 1, &a 2, *a]", "[1, 2, 2]"),
        ("[&a {x: &a 1, y: *a}, *a]", "[{x: 1, y: 1}, 1]"),
        ("{a: &a {x: 1, y: 2}, b: {<<: *a, y: 3, z: 4}}", "{a: {x: 1, y: 2}, b: {y: 3, z: 4, x: 1}}"),
        ("{a: &a {x: 1, y: 2}, b: {y: 3, <<: *a}}", "{a: {x: 1, y: 2}, b: {y: 3, x: 1}}"),
        ("[&a {x: 1}, &b {x: 2, y: 2}, {<<: [*a, *b]}]", "[{x: 1}, {x: 2, y: 2}, {x: 1, y: 2}]"),
        ("[&a {m: {p: 1, q: 1}}, {<<: *a, m: {p: 2}}]", "[{m: {p: 1, q: 1}}, {m: {p: 2}}]"),
        ("[&a {x: 1}, &b {<<: *a, y: 2}, {<<: *b}]", "[{x: 1}, {y: 2, x: 1}, {y: 2, x: 1}]"),
        ("{<<: {x: 1}, <<a: 2}", "{<<a: 2, x: 1}"),
        ("{'<<': 1}", "{<<: 1}"),
        ("{!!str <<: 1}", "{<<: 1}"),
    ])
    func resolvesAliases(text: String, expected: String) throws {
        #expect(try parse(text).map(\.summary) == [expected])
    }

    @Test func mergedEntriesKeepTheirMarks() throws {
        let root = try #require(try parse("a: &a\n  x: 1\nb:\n  <<: *a\n").first)
        let merged = try #require(root.mapping?["b"]?.mapping?.entry("x"))
        #expect(merged.key.mark.place == "2:3")
        #expect(merged.value.mark.place == "2:6")
    }

    @Test func anchorsEndWithTheirDocument() {
        #expect(failure("--- &a x\n--- *a\n")?.code == .unknownAlias)
    }

    // MARK: Mistakes

    private static let quoteHint = "keys must be strings, and a text that starts with \"{\" or \"[\" needs quotes"

    @Test(arguments: [
        ("a: {image: 1}\na: 2\n", "2:1: mapping key \"a\" already defined at line 1"),
        ("{1: x, '1': y}", "1:8: mapping key \"1\" already defined at line 1"),
        (
            "a: &a {}\nb:\n  <<: *a\n  <<: *a\n",
            "4:3: mapping key \"<<\" already defined at line 3; to merge several mappings write <<: [*a, *b]"
        ),
        ("{? [k] : v}", "1:4: a list or a mapping cannot be a key: " + Self.quoteHint),
        ("{a: &a [], *a : v}", "1:12: a list or a mapping cannot be a key: " + Self.quoteHint),
        ("a: *x\n", "1:4: the alias \"*x\" names no anchor: no \"&x\" comes before it in this document"),
        ("a: &a\n  b: *a\n", "2:6: the alias \"*a\" stands inside its own anchor, which starts at line 1"),
        ("a: &a\n  <<: *a\n", "2:7: the alias \"*a\" stands inside its own anchor, which starts at line 1"),
        ("a: &a 5\nb: {<<: *a}\n", "2:9: \"<<\" merges a mapping or a list of mappings, found a scalar"),
        ("b: {<<: [{}, []]}\n", "1:9: \"<<\" merges a mapping or a list of mappings, found a list"),
        ("b: {<<: }\n", "1:9: \"<<\" merges a mapping or a list of mappings, found a scalar"),
        ("a: !!int x\n", "1:4: the value \"x\" is not what its tag !!int says"),
        ("a: !!binary '%'\n", "1:4: the value \"%\" is not what its tag !!binary says"),
        ("a:\n\tb: 1\n", "2:1: a tab is used for indentation: YAML allows only spaces there"),
        ("a:\n  b: 1\n\tc: 2\n", "3:1: a tab is used for indentation: YAML allows only spaces there"),
        ("a: @x\n", "1:4: a value cannot start with \"@\": quote it"),
        ("a: `x\n", "1:4: a value cannot start with \"`\": quote it"),
        ("a:\n  b: 1\n c: 2\n", "3:2: this line does not fit the mapping that starts at line 1: check its indentation"),
        (
            "a:\n  - 1\n  b: 2\n",
            "3:3: this line does not fit the list that starts at line 2: check its indentation, or a \"-\" is missing"
        ),
        ("a: [1, 2\nb: 3\n", "2:2: the list opened with \"[\" at line 1 is not closed: expected \",\" or \"]\" here"),
        ("a: {b: 1\n", "1:4: the mapping that starts here is never closed: a \"}\" is missing"),
        (
            "a: b: c\n",
            "1:5: a \":\" is not allowed here: check the indentation of this line, or quote the value if \": \" is part of it"
        ),
        ("a: \"x\nb: 1\n", "1:4: the quoted value that starts here is never closed"),
        ("a: 1\nb\nc: 2\n", "2:1: this is neither a \"key: value\" nor a list item: a \":\" is missing after it"),
        (
            "a: - 1\n",
            "1:4: a list item is not allowed here: start the list on a line of its own, indented like its neighbours"
        ),
        (
            "a: \"\\q\"\n",
            "1:5: unknown escape in a double-quoted value: write \"\\\\\" for a backslash, or use single quotes"
        ),
        ("a: !x!y z\n", "1:4: the tag's prefix is not defined: a tag of your own is written with one \"!\""),
        ("%YAML 3.0\n---\n", "1:1: the %YAML directive asks for a version other than 1.1 or 1.2"),
        (
            "a: \"x\0\"\n",
            "1:6: the file contains a NUL character: it is not text, or it is UTF-16 without a byte order mark; "
                + "save it as UTF-8"
        ),
        (
            "a: 1\nb: \u{1}\n",
            "2:4: the character U+0001 is not allowed in YAML; in a double-quoted value write it as \"\\u0001\""
        ),
    ])
    func saysWhatIsWrong(text: String, expected: String) {
        #expect(failure(text)?.description == "compose.yaml:" + expected)
    }

    @Test func namesBothPlacesOfADuplicate() throws {
        let error = try #require(failure("a: 1\nb: 2\na: 3\n"))
        #expect(error.code == .duplicateKey)
        #expect(error.mark.place == "3:1")
        #expect(error.related?.place == "1:1")
    }
}
