import SinkAPI
import Testing

@testable import LogProcessing

@Suite struct LevelTests {
    static let lines: [(String, LogLevel?)] = [
        (#"{"level":"error","msg":"x"}"#, .error), (#"{"msg":"level","Level" : "WARN"}"#, .warning),
        (#"{"a":{"level":"debug"},"severity":"CRITICAL"}"#, .critical), (#"{"level":30,"time":1}"#, .info),
        (#"{"level":10}"#, .debug), (#"{"level":60}"#, .critical), (#"{"level":3}"#, .error), (#"{"level":99}"#, nil),
        (#"{"SeverityNumber":17}"#, .error), (#"{"levelno":50}"#, .critical), (#"{"log.level":"WARN"}"#, .warning),
        (#"{"msg":"a \" \"level\":\"error\" b"}"#, nil), (#"{"level":null,"lvl":"info"}"#, .info), ("{", nil),
        (#"{"level":"#, nil), (#"{"level""#, nil), (#"{"level":"INFO+2"}"#, .info),
        ("time=now level=warn msg=x", .warning), (#"lvl="eror" msg=x"#, .error), ("loglevel=unknown", nil),
        ("my-level=error", nil), ("I0102 15:04:05.678901       1 main.go:1] x", .info),
        ("E0102 15:04:05.678901 1 main.go:1] x", .error), ("F1231 23:59:59.1 x", .critical), ("I0102 no", nil),
        ("<11>app: x", .error), ("<191>x", .debug), ("<192>x", nil), ("<>x", nil), ("<b>x</b>", nil),
        ("[error] x", .error), ("[Warning] [MY-1] x", .warning), ("2024/01/01 12:00:00 [crit] 7#7: *1 x", .critical),
        ("2024-01-01 12:00:00,123 ERROR foo", .error), ("2024-01-01T00:00:00Z  INFO main: x", .info),
        ("[2024-01-01T00:00:00Z WARN  app] x", .warning), ("INFO:     started", .info), ("error: it broke", .error),
        ("2024-01-01 10:00:00 UTC [1] LOG:  ready", .info), ("2024-01-01 10:00:00 UTC [1] FATAL:  x", .critical),
        ("\u{1B}[32mINFO\u{1B}[0m ready", .info), ("2024-01-01 | DEBUG | x", .debug), ("[ERROR][main] x", .error),
        ("[12:00:01 INF] hi", .info), ("SEVERE: x", .error), ("panic: runtime error", .critical),
        ("2024-01-01 Error: x", .error), ("no error was found", nil), ("an information desk", nil), ("", nil),
        ("   ", nil),
        ("GET /error 200", nil), ("LOG of the day", nil), ("NOTE this", nil), ("infos: 3", nil), ("ERRORS", nil),
    ]

    @Test(arguments: lines) func isFoundWhereProgramsWriteIt(line: String, level: LogLevel?) {
        #expect(LevelDetection.level(of: Array(line.utf8)[...]) == level, "\(line)")
    }

    @Test func leavesWhatIsKnown() {
        let records = [
            record("ERROR x", level: .debug), record("ERROR x"), record("ERROR x", flags: .notice), record("x"),
        ]
        #expect(LevelStage().processed(records).map(\.level) == [.debug, .error, nil, nil])
    }

    /// Bytes that are cut anywhere, or are no text, are no reason to read past their end.
    @Test func anyBytesAreLookedAt() {
        var generator = SeededGenerator(3)
        for (line, _) in LevelTests.lines {
            for length in 0..<line.utf8.count { _ = LevelDetection.level(of: Array(line.utf8)[0..<length]) }
        }
        let alphabet = Array(#"{}[]<>":=\levr 0IEF"#.utf8) + [0x1B, 0xFF, 0x00]
        for _ in 0..<3000 {
            let line = (0..<Int.random(in: 0...40, using: &generator)).compactMap { _ in
                alphabet.randomElement(using: &generator)
            }
            _ = LevelDetection.level(of: line[...])
            _ = JSONKeyRedaction(["level", "e"]).valuesInLine(line)
        }
    }
}

extension JSONKeyRedaction {
    func valuesInLine(_ line: [UInt8]) -> [Redaction] { line.withUnsafeBytes(values) }
}
