import EngineAPI
import SinkAPI
import Testing

@testable import LogProcessing

@Suite struct MultilineTests {
    static func start(timeout: Duration = .seconds(1), lines: Int = 1000, bytes: Int = 1 << 18) throws -> MultilineStage
    {
        MultilineStage(MultilineRule(.start(try Pattern(#"^\S"#)), timeout: timeout, lines: lines, bytes: bytes))
    }

    @Test func joinsWhatDoesNotBegin() throws {
        let stage = try MultilineTests.start()
        let out = stage.processed([
            record(" orphan", at: 0), record("\tits end", at: 1), record("a", at: 2), record(" b", at: 3),
            record(" c", at: 1003), record("d", at: 1004), record(" late", at: 2005), record(" more", at: 2006),
        ])
        #expect(out.map(\.text) == [" orphan\n\tits end", "a\n b\n c", "d", " late\n more"])
        #expect(out.map { $0.time.nanoseconds / 1_000_000 } == [0, 2, 1004, 2005])
    }

    @Test func joinsWhatGoesOn() throws {
        let stage = MultilineStage(MultilineRule(.continuation(try Pattern(#"^(\s|Caused by)"#))))
        let out = stage.processed(["E", " at x", "Caused by: y", " at z", "F"].map { record($0) })
        #expect(out.map(\.text) == ["E\n at x\nCaused by: y\n at z", "F"])
    }

    @Test func keepsStreamsNoticesAndRepairedLinesApart() throws {
        let stage = try MultilineTests.start()
        let out = stage.processed([
            record("o", at: 5), record("e", at: 5, .stderr), record(" o2", at: 6), record("n", at: 6, flags: .notice),
            record("r", at: 1, flags: .repaired), record(" e2", at: 6, .stderr), record(" r2", at: 2, flags: .repaired),
            record(" o3", at: 7),
        ])
        #expect(Set(out.map(\.text)) == ["n", "o\n o2\n o3", "e\n e2", "r\n r2"])
        #expect(out.first?.flags == .notice)
    }

    @Test func cutsWhatIsTooLongAndSaysSo() throws {
        let byLines = try MultilineTests.start(lines: 2).processed(["a", " b", " c", "d"].map { record($0) })
        #expect(byLines.map(\.text) == ["a\n b", " c", "d"])
        #expect(byLines.map(\.flags) == [.partial, [], []])
        let byBytes = try MultilineTests.start(bytes: 6).processed(
            ["aaa", " bb", " cc", " ddddddddd", "e"].map { record($0) })
        #expect(byBytes.map(\.text) == ["aaa", " bb", " cc", " ddddddddd", "e"])
        #expect(byBytes.map(\.flags) == [.partial, .partial, .partial, [], []])
    }

    @Test func partsOfALineHaveNoNewlineBetweenThem() throws {
        let out = try MultilineTests.start().processed([
            record("one", flags: .partial), record("two", flags: .partial), record("three"),
            record(" x", flags: .unterminated),
        ])
        #expect(out.map(\.text) == ["onetwothree\n x"])
        #expect(out.map(\.flags) == [.unterminated])
    }

    @Test func holdsOnlyWhatMayChange() throws {
        var stage = try MultilineTests.start()
        var out: [LogRecord] = []
        #expect(!stage.isHolding)
        stage.take([record("a")], into: &out)
        #expect(stage.isHolding && out.isEmpty)
        stage.flush(into: &out)
        #expect(!stage.isHolding && out.count == 1)
    }

    /// However the input is cut, and wherever nothing is held it can be begun again.
    @Test func givesTheSameForAnyCut() throws {
        var generator = SeededGenerator(7)
        for _ in 0..<60 {
            var time = 0
            let input = (0..<80).map { number in
                time += [0, 1, 400, 900, 1500].randomElement(using: &generator) ?? 0
                let flags: LogRecord.Flags =
                    [[], [], [], .partial, .repaired, .notice].randomElement(using: &generator) ?? []
                return record(
                    (Bool.random(using: &generator) ? "l" : " c") + "\(number)", at: time,
                    Bool.random(using: &generator) ? .stdout : .stderr, flags: flags)
            }
            let stages = RecordStages([
                try MultilineTests.start(lines: 5), try RedactionStage(RedactionRule(patterns: [try Pattern("7")])),
                LevelStage(),
            ])
            let whole = stages.processed(input)
            let sizes = (0..<9).map { _ in Int.random(in: 1...7, using: &generator) }
            #expect(stages.processed(input, cut: sizes) == whole)

            var (stage, out) = (stages, [LogRecord]())
            for (index, record) in input.enumerated() {
                stage.take([record], into: &out)
                guard !stage.isHolding else { continue }
                #expect(out + stages.processed(Array(input[(index + 1)...])) == whole)
            }
        }
    }
}
