import EngineAPI
import LogProcessing
import SinkAPI
import Testing

@testable import ComposeLogs

@Suite struct LogFormatterTests {
    private func show(_ records: [LogRecord], _ format: LogFormat = LogFormat(), registered: [String] = []) -> String {
        var formatter = LogFormatter(format)
        for label in registered { formatter.register(label) }
        var bytes: [UInt8] = []
        for record in records {
            formatter.register(record.source.label)
            formatter.append(record, to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func harmless(_ bytes: [UInt8], colors: Bool = false) -> String {
        var output: [UInt8] = []
        TerminalText(keepsColors: colors).append(bytes[...], to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func alignsPrefixesToTheWidestKnown() {
        #expect(show([record("a")], registered: ["web-1", "database-1"]) == "web-1       | a\n")
    }

    @Test func alignsAnewWhenAWiderNameComes() {
        let shown = show([record("a"), record("b", of: source("database-1")), record("c")])
        #expect(shown == "web-1  | a\ndatabase-1  | b\nweb-1       | c\n")
    }

    @Test func countsCharactersNotBytes() {
        #expect(show([record("a", of: source("wéb-1"))], registered: ["web-10"]) == "wéb-1   | a\n")
    }

    @Test func obeysItsOptions() {
        let line = record("a", at: 1_704_067_200_000_000_000)
        #expect(show([line], LogFormat(hasPrefix: false)) == "a\n")
        #expect(show([line], LogFormat(hasPrefix: false, hasTimes: true)) == "2024-01-01T00:00:00.000000000Z a\n")
    }

    @Test func clearsWhatStandsWhereALineBegins() {
        var format = LogFormat()
        format.clearsLines = true
        #expect(show([record("a"), record("b")], format) == "\u{1B}[Kweb-1  | a\n\u{1B}[Kweb-1  | b\n")
    }

    @Test func coloursPrefixesAndTurnsThemOff() {
        let shown = show([record("a"), record("b", of: source("db-1"))], LogFormat(hasColors: true))
        let lines = shown.split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("\u{1B}[38;5;") && $0.contains(" | \u{1B}[0m") })
        let colors = Set(lines.map { $0.prefix { $0 != "m" } })
        #expect(colors.count == 2)
        let alone = show([record("other")], LogFormat(hasColors: true))
        #expect(lines[0].hasPrefix(alone.prefix { $0 != "m" }))
    }

    @Test func tellsAsManySourcesApartAsThereAreColours() {
        let records = (1...10).map { record("x", of: source("web-\($0)")) }
        let lines = show(records, LogFormat(hasColors: true)).split(separator: "\n")
        #expect(Set(lines.map { $0.prefix { $0 != "m" } }).count == 10)
    }

    @Test func printsNotices() {
        var formatter = LogFormatter(LogFormat())
        var bytes: [UInt8] = []
        formatter.append(notice: "exited with code 0", about: source("web-1"), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "web-1 exited with code 0\n")
    }

    @Test(arguments: [
        ("plain\ttext", "plain\ttext"),
        ("\u{1B}[2J\u{1B}[1;1Hgone", "gone"),
        ("\u{1B}]0;title\u{07}a\u{1B}]8;;http://x\u{1B}\\link", "alink"),
        ("\u{1B}]0;no end", "^[]0;no end"),
        ("\u{1B}Pq#0\u{1B}\\b", "b"),
        ("\u{1B}c\u{1B}(Bx", "x"),
        ("10%\r20%\u{08}", "10%^M20%^H"),
        ("\u{00}\u{07}\u{7F}", "^@^G^?"),
        ("a\u{1B}", "a^["),
        ("\u{1B}[31", "^[[31"),
        ("\u{9B}2Jx", "\u{FFFD}2Jx"),
        ("grün ☃ 🚀", "grün ☃ 🚀"),
        ("\u{1B}[31mred\u{1B}[0m", "red"),
    ]) func makesControlCharactersHarmless(_ text: String, _ expected: String) {
        #expect(harmless(Array(text.utf8)) == expected)
    }

    @Test func keepsColoursOnAColourTerminalOnly() {
        let text = Array("\u{1B}[1;31mred\u{1B}[2K\u{1B}[?25l".utf8)
        #expect(harmless(text, colors: true) == "\u{1B}[1;31mred\u{1B}[0m")
        #expect(harmless(Array("\u{1B}[>4m".utf8), colors: true) == "")
    }

    @Test(
        arguments: [
            ([0xFF, 0x61], "\u{FFFD}a"), ([0xC3], "\u{FFFD}"), ([0xC0, 0xAF], "\u{FFFD}\u{FFFD}"),
            ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xF0, 0x9F, 0x9A], "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ] as [([UInt8], String)]) func replacesWhatIsNoUTF8(_ bytes: [UInt8], _ expected: String)
    {
        #expect(harmless(bytes) == expected)
    }

    @Test func addsNothingToBytesThatAreShownExactly() {
        var format = LogFormat(hasPrefix: false)
        format.isExact = true
        let (web, db) = (source("web-1"), source("db-1", container: "c2"))
        func piece(_ text: String, of source: LogSource, _ flags: LogRecord.Flags) -> LogRecord {
            var piece = record(text, of: source)
            piece.flags = flags
            return piece
        }
        let wild = "\u{1B}[2J\u{0}\r"
        #expect(show([record(wild)], format) == wild + "\n")
        #expect(show([piece("a", of: web, .partial), piece("b", of: web, .unterminated)], format) == "ab")
        // Another container's line begins on a line of its own.
        #expect(show([piece("a", of: web, .unterminated), record("b", of: db)], format) == "a\nb\n")
    }

    @Test func marksMatchesInLinesMadeHarmless() throws {
        var format = LogFormat(hasPrefix: false, hasColors: true)
        format.highlights = [try Pattern("a+"), try Pattern("ab|31|x*")]
        let (on, off) = ("\u{1B}[1;31m", "\u{1B}[0m")
        #expect(show([record("caab")], format) == "c\(on)aa\(off)\(on)b\(off)\n")
        #expect(show([record("\u{1B}[31mb a\u{1B}]0;t\u{7}")], format) == "b \(on)a\(off)\n")
        // What does not match keeps its colours.
        #expect(show([record("\u{1B}[31mb")], format) == "\u{1B}[31mb\(off)\n")
    }

    @Test func showsANoticeAsALineOfItsOwn() {
        var notice = record("-- web-1 exited --", of: source("web-1"))
        notice.flags = .notice
        #expect(show([record("a"), notice]) == "web-1  | a\n-- web-1 exited --\n")
        var format = LogFormat(hasPrefix: false)
        format.isExact = true
        var open = record("a")
        open.flags = .unterminated
        #expect(show([open, notice, record("b")], format) == "a\n-- web-1 exited --\nb\n")
        // Where it goes elsewhere, the bytes stay as they are.
        format.hasNoticesElsewhere = true
        #expect(show([open, notice, record("b")], format) == "a-- web-1 exited --\nb\n")
    }

    @Test(arguments: [-1, 0, 1_704_067_199_999_999_999, 1_704_067_200_000_000_001, 1_704_067_200_900_000_000])
    func writesTimesAsEnginesDo(nanoseconds: Int64) {
        var writer = TimestampWriter()
        var output: [UInt8] = []
        for time in [nanoseconds, nanoseconds] { writer.append(EngineTime(nanoseconds: time), to: &output) }
        let expected = EngineTime(nanoseconds: nanoseconds).rfc3339
        #expect(String(decoding: output, as: UTF8.self) == expected + expected)
    }

    @Test func neverLetsAnEscapeThrough() {
        // Every pair of bytes after an escape, alone and before text.
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                var output: [UInt8] = []
                TerminalText(keepsColors: false).append([0x1B, first, second, 0x1B][...], to: &output)
                let isHarmless = output.allSatisfy { $0 >= 0x20 || $0 == 0x09 } && !output.contains(0x7F)
                #expect(isHarmless && String(validating: output, as: UTF8.self) != nil, "\(first) \(second)")
            }
        }
    }
}
