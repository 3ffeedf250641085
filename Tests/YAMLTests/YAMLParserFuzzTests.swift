import FoundationEssentials
import Testing
import YAML

/// Mutated files: whatever the bytes, the parser returns or throws a `YAMLError` whose mark lies within the file.
///
/// `GANTRY_FUZZ_CORPUS` names a folder of YAML files to mutate as well, `GANTRY_FUZZ_ITERATIONS` how many mutants to
/// try, `GANTRY_FUZZ_SEED` where to start.
@Suite struct YAMLParserFuzzTests {
    @Test func mutantsNeverCrash() throws {
        let environment = ProcessInfo.processInfo.environment
        let iterations = environment["GANTRY_FUZZ_ITERATIONS"].flatMap { Int($0) } ?? 4000
        let seed = environment["GANTRY_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
        let corpus = try Self.texts + Self.files(in: environment["GANTRY_FUZZ_CORPUS"])
        var refused = 0
        for iteration in 0..<UInt64(iterations) {
            var mutator = Mutator(seed: seed &+ iteration)
            let bytes = mutator.mutant(of: corpus)
            guard let error = Self.failure(of: bytes) else { continue }
            refused += 1
            let lines = error.mark.file.text.unicodeScalars.split(omittingEmptySubsequences: false) {
                "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0)
            }
            let isWithin =
                error.mark.line >= 1 && error.mark.line <= lines.count && error.mark.column >= 1
                && error.mark.column <= (lines.map(\.count).max() ?? 0) + 1
            #expect(isWithin, "seed \(seed &+ iteration): \(error)")
            #expect(!error.message.isEmpty && !error.message.contains("\n"), "seed \(seed &+ iteration): \(error)")
        }
        // Mutation that always or never breaks a file would test nothing.
        #expect((iterations / 10..<iterations).contains(refused), "\(refused) of \(iterations) refused")
    }

    @Test func hugeMutantsEndQuickly() {
        for kind in Mutator.Huge.allCases {
            let bytes = kind.bytes(count: 10 * 1024 * 1024)
            let clock = ContinuousClock()
            let start = clock.now
            _ = Self.failure(of: bytes)
            // Hangs are quadratic and take minutes; the bound only tells them from a slow machine.
            #expect(start.duration(to: clock.now) < .seconds(60), "\(kind)")
        }
    }

    private static func failure(of bytes: [UInt8]) -> YAMLError? {
        do throws(YAMLError) {
            _ = try YAMLParser().documents(in: SourceFile(path: "mutant", bytes: bytes))
            return nil
        } catch {
            return error
        }
    }

    private static func files(in folder: String?) throws -> [[UInt8]] {
        guard let folder else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
            .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
            .compactMap { FileManager.default.contents(atPath: folder + "/" + $0).map { [UInt8]($0) } }
    }

    private static let texts = [
        """
        x-base: &base
          restart: always
          environment: &env {A: "1", B: 0x1F, C: ~}
        services:
          web:
            <<: *base
            image: "nginx:${TAG:-latest}"
            ports: ["8080:80", 9090]
            command: >-
              one
              two
          db:
            <<: [*base, {x: 1}]
            environment: {<<: *env, D: 2001-12-14}
            healthcheck:
              test: |
                line 1
                  line 2
              interval: 30s

        """,
        "%YAML 1.1\n%TAG !a! tag:x,\n--- !a!t &r\n- !reset null\n- !override [1, 2.5, .inf]\n- ? k\n  : v\n...\n---\n- *x\n",
        "é: \"\\u00e9\\n\\\n  x\"\nß: 'it''s'\n? |\n  k\n: {a, b: , \"c\":d}\r\n# end\r\n",
    ].map { Array($0.utf8) }
}

/// A deterministic source of broken YAML.
private struct Mutator {
    enum Huge: CaseIterable {
        case flow, mappings, dashes, keys, quotes, anchors, tags, directives, comments, words, items, aliases, breaks,
            colons

        func bytes(count: Int) -> [UInt8] {
            let (head, unit) =
                switch self {
                case .flow: ("", "[")
                case .mappings: ("", "{a: ")
                case .dashes: ("", "- ")
                case .keys: ("", "? ")
                case .quotes: ("", "'a' \"b\" ")
                case .anchors: ("", "&a ")
                case .tags: ("", "!a ")
                case .directives: ("", "%TAG !a! b\n")
                case .comments: ("", "#\n")
                case .words: ("", "word ")
                case .items: ("[", "a,")
                case .aliases: ("- &a {a: b}\n", "- *a\n")
                case .breaks: ("a:", "\n")
                case .colons: ("[", "a:b: ")
                }
            var units = Array(unit.utf8)
            while units.count < count { units += units }
            let bytes = Array(head.utf8) + units
            return bytes
        }
    }

    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(state: seed)
    }

    mutating func mutant(of corpus: [[UInt8]]) -> [UInt8] {
        var bytes = corpus.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes) }
        return bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let start = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, start + Int.random(in: 0...40, using: &random))
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1:
            guard start < bytes.count else { return }
            bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes.removeSubrange(start..<end)
        case 3: bytes.insert(contentsOf: bytes[start..<end], at: start)
        case 4: bytes.removeSubrange(start...)
        case 5: bytes.insert(0, at: start)
        case 6: bytes.insert(UInt8.random(in: 0x80...0xFF, using: &random), at: start)
        case 7:
            let unit = Array(
                ["[", "{a: ", "- ", "!x ", "&a ", "*a ", "? ", "\"", "\n  "].randomElement(using: &random)?.utf8
                    ?? "".utf8)
            let count = Int.random(in: 1...400, using: &random)
            bytes.insert(contentsOf: Array(repeatElement(unit, count: count).joined()), at: start)
        case 8: bytes.insert(contentsOf: Array("<<: *base\n".utf8), at: start)
        case 9:
            let piece = [
                "\t", "\r", "\u{85}", "\u{2028}", "\u{FEFF}", ": ", " #", "---\n", "...\n", "%TAG ! x\n", "!!int ",
            ]
            bytes.insert(contentsOf: Array((piece.randomElement(using: &random) ?? "").utf8), at: start)
        case 10:
            guard Int.random(in: 0..<4, using: &random) == 0 else { return }
            bytes = [0xFF, 0xFE] + bytes.flatMap { [$0, 0 as UInt8] }
        default:
            guard start < end else { return }
            bytes[start..<end].shuffle(using: &random)
        }
    }
}

/// Steele, Lea and Flood's generator: the same numbers on every platform and toolchain.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
