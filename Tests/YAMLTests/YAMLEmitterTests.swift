import Testing
import YAML

@Suite struct YAMLEmitterTests {
    private let emitter = YAMLEmitter()

    @Test func printsBlocks() {
        let value = YAMLValue.mapping([
            ("name", .string("demo")),
            (
                "services",
                .mapping([
                    (
                        "web",
                        .mapping([
                            ("command", .null),
                            ("cap_add", .sequence([])),
                            ("cpus", .double(1.5)),
                            ("environment", .mapping([("A", .string("1")), ("B", .string("")), ("C", .null)])),
                            (
                                "ports",
                                .sequence([.mapping([("mode", .string("ingress")), ("target", .int(80))]), .int(1)])
                            ),
                            ("matrix", .sequence([.sequence([.int(1), .int(2)]), .sequence([])])),
                            ("script", .string("one\n  two\n")),
                            ("tty", .bool(true)),
                            ("x-empty", .mapping([])),
                        ])
                    )
                ])
            ),
        ])
        #expect(
            emitter.text(of: value) == """
                name: demo
                services:
                  web:
                    command: null
                    cap_add: []
                    cpus: 1.5
                    environment:
                      A: "1"
                      B: ""
                      C: null
                    ports:
                      - mode: ingress
                        target: 80
                      - 1
                    matrix:
                      - - 1
                        - 2
                      - []
                    script: |
                      one
                        two
                    tty: true
                    x-empty: {}

                """
        )
    }

    @Test(arguments: [
        ("plain text", "plain text"), ("", "\"\""), ("true", "\"true\""), ("12", "\"12\""), ("1.5", "\"1.5\""),
        ("yes", "\"yes\""), ("null", "\"null\""), ("~", "\"~\""), ("<<", "\"<<\""), ("2001-12-14", "\"2001-12-14\""),
        ("22:22", "\"22:22\""), ("8080:80", "8080:80"), ("127.0.0.1:80:80", "127.0.0.1:80:80"), ("0x1F", "\"0x1F\""),
        ("-x", "-x"), ("- x", "'- x'"), ("-", "'-'"), ("a: b", "'a: b'"), ("a:b", "a:b"), ("a:", "'a:'"),
        ("a #b", "'a #b'"),
        ("a#b", "a#b"), ("#a", "'#a'"), ("it's", "it's"), ("'a'", "'''a'''"), ("\"a\"", "'\"a\"'"), (" a", "' a'"),
        ("a ", "'a '"), ("a\tb", "\"a\\tb\""), ("$$A", "$$A"), ("*a", "'*a'"), ("{a}", "'{a}'"), ("[a", "'[a'"),
        ("%a", "'%a'"), ("@a", "'@a'"), ("---", "'---'"), ("a\r\nb", "\"a\\r\\nb\""), ("\u{7}", "\"\\x07\""),
        ("é😀", "é😀"),
        ("\u{FEFF}", "\"\\uFEFF\""), ("a\nb", "|-\n  a\n  b"), ("a\n\n", "|+\n  a\n"), ("\na", "\"\\na\""),
        (" a\nb", "\" a\\nb\""),
        ("a \nb", "\"a \\nb\""),
    ])
    func quotesOnlyWhatNeedsIt(text: String, expected: String) {
        #expect(emitter.text(of: .string(text)) == expected + "\n")
    }

    @Test func nastyStringsSurvive() throws {
        let pieces = [
            "", " ", "\n", "\t", "a", "b c", ":", "#", "-", "?", "'", "\"", "\\", "{", "]", ",", "&", "*", "!", "|",
            ">", "%", "@",
            "`", "~", "<<", "---", "...", "\r", "\u{85}", "\u{2028}", "\u{FEFF}", "\0", "\u{1B}", "\u{7F}", "é", "😀",
            "1", "0x",
            "null", "=", "$",
        ]
        var strings = pieces
        for first in pieces {
            for second in pieces {
                strings.append(first + second)
                for third in [" ", "\n", "a", ":", "\n\n", "\n a"] { strings.append(first + second + third) }
            }
        }
        strings.append(String(repeating: "long key ", count: 300))
        for chunk in stride(from: 0, to: strings.count, by: 500) {
            let some = strings[chunk..<min(chunk + 500, strings.count)]
            let unique = some.reduce(into: [String]()) { list, text in
                // As keys they must differ as YAML compares them, code unit by code unit.
                if !list.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { list.append(text) }
            }
            let value = YAMLValue.sequence([
                .sequence(unique.map { .string($0) }),
                .mapping(unique.map { ($0, .string($0)) }),
                .mapping(unique.map { ($0, .sequence([.mapping([("k", .string($0))])])) }),
            ])
            let text = emitter.text(of: value)
            let document = try #require(try parse(text).first)
            #expect(document.value?.canonical == value.canonical)
        }
    }

    @Test func numbersSurvive() throws {
        let numbers: [Double] = [
            0, -0.0, 1.5, 1e6, 1e21, 1e-7, .infinity, -.infinity, 123_456_789.125, Double.leastNonzeroMagnitude,
        ]
        let text = emitter.text(of: .sequence(numbers.map { .double($0) } + [.int(.min), .int(.max)]))
        guard case .sequence(let nodes) = try #require(try parse(text).first).content else { return }
        let read = nodes.map { node -> Double in
            switch node.scalarValue {
            case .float(let value): value
            case .int(let value): Double(value)
            default: .nan
            }
        }
        #expect(read == numbers + [Double(Int.min), Double(Int.max)])
        #expect(emitter.text(of: .double(.nan)) == ".nan\n")
    }
}

extension YAMLValue {
    /// Equal texts stand for equal values; strings by their code units, so that nothing is normalised away.
    fileprivate var canonical: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let text): "\(Array(text.unicodeScalars.map(\.value)))"
        case .sequence(let items): "[" + items.map(\.canonical).joined(separator: ";") + "]"
        case .mapping(let entries):
            "{" + entries.map { YAMLValue.string($0.0).canonical + "=" + $0.1.canonical }.joined(separator: ";") + "}"
        }
    }
}

extension Node {
    fileprivate var value: YAMLValue? {
        switch content {
        case .sequence(let items): return .sequence(items.compactMap(\.value))
        case .mapping(let mapping):
            return .mapping(mapping.entries.compactMap { entry in entry.value.value.map { (entry.key.name, $0) } })
        case .scalar:
            switch scalarValue {
            case .string(let text): return .string(text)
            case .null: return .null
            default: return nil
            }
        }
    }
}
