import EngineAPI
import FoundationEssentials
import GRDB
import SinkAPI
import Testing

@testable import LogSinks

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// What is special about databases, programs and our own output.
@Suite(.timeLimit(.minutes(5))) struct LocalSinkTests {
    private static func withFolder(_ body: (FolderDouble) async throws -> Void) async throws {
        let folder = try FolderDouble { _ in [] }
        try await body(folder)
        try await folder.stop()
    }

    @Test func aDatabaseHasEachRecordOnceAndFindsItByItsWords() async throws {
        try await LocalSinkTests.withFolder { folder in
            let path = "\(folder.folder)/logs.db"
            let sink = try SQLiteSinkKind.make(SinkLocation(parsing: "sqlite:\(path)?search=true"))
            try await deliver(Sample.batch(1...10), to: sink)
            try await deliver(Sample.batch(5...12), to: sink)
            await sink.shutDown()
            let queue = try DatabaseQueue(path: path)
            let rows = try queue.read { try Row.fetchAll($0, sql: "SELECT * FROM log ORDER BY rowid") }
            #expect(rows.map { $0["message"] as String? } == (1...12).map { "line \($0)" })
            let first = ["uid", "stream", "level", "time", "project"].map { rows[0][$0] as String? }
            #expect(
                first == ["0123456789ab-5f3c9a1e-1", "stderr", "alert", "2026-01-01T00:00:00.000001000Z", "shop"])
            #expect(rows[2]["project"] as String? == nil)
            let found = try await queue.read {
                try String.fetchAll(
                    $0, sql: "SELECT uid FROM log WHERE rowid IN (SELECT rowid FROM log_search('\"11\"'))")
            }
            #expect(found == ["0123456789ab-5f3c9a1e-11"])
        }
    }

    @Test func aDatabaseHasEveryByteOfALine() async throws {
        try await LocalSinkTests.withFolder { folder in
            let path = "\(folder.folder)/logs.db"
            let sink = try SQLiteSinkKind.make(SinkLocation(parsing: "sqlite:\(path)?search=true"))
            let lines: [[UInt8]] = [Array("a\0b".utf8), [0], [0xFF], [], Array("café".utf8)]
            try await deliver(Sample.batch(lines: lines), to: sink)
            await sink.shutDown()
            let stored = try await DatabaseQueue(path: path).read {
                try Data.fetchAll($0, sql: "SELECT CAST(message AS BLOB) FROM log ORDER BY rowid")
            }
            #expect(stored.map { Array($0) } == lines)
        }
    }

    @Test func aDatabaseForgetsWhatIsOld() async throws {
        try await LocalSinkTests.withFolder { folder in
            let path = "\(folder.folder)/logs.db"
            let sink = try SQLiteSinkKind.make(SinkLocation(parsing: "sqlite:\(path)?keep.age=20us"))
            try await deliver(Sample.batch(1...10), to: sink)
            try await deliver(Sample.batch(11...50), to: sink)
            await sink.shutDown()
            let queue = try DatabaseQueue(path: path)
            let left = try await queue.read { try Int.fetchAll($0, sql: "SELECT nanoseconds / 1000 % 100 FROM log") }
            #expect(left == Array(30...50))
        }
    }

    @Test func whatIsNoDatabaseIsNotOverwritten() async throws {
        try await LocalSinkTests.withFolder { folder in
            try folder.write(Array("a text of some length, which is not a database at all".utf8), to: "logs.db")
            let sink = try SQLiteSinkKind.make(SinkLocation(parsing: "sqlite:\(folder.folder)/logs.db"))
            guard case .misconfigured = await failure({ try await sink.deliver(Sample.batch(1...2)) }) else {
                Issue.record("a text was taken for a database")
                return
            }
        }
    }

    @Test func aProgramReadsTheLinesAndIsStartedAgain() async throws {
        try await LocalSinkTests.withFolder { folder in
            let script = "\(folder.folder)/take"
            // Ends by itself after three lines.
            let text = "#!/bin/sh\n[ -e /proc/$$/fd/$2 ] && exit 9\nhead -n 3 >> \"$1\"\nexit 7\n"
            try folder.write(Array(text.utf8), to: "take")
            chmod(script, 0o755)
            // Of a number that no shell uses by itself.
            let ours = fcntl(STDERR_FILENO, F_DUPFD, 500)
            defer { close(ours) }
            let sink = try ExecSinkKind.make(
                SinkLocation(parsing: "exec:\(script)?args=\(folder.folder)/out,\(ours)"))
            try await sink.check { _ in }
            try await deliver(Sample.batch(1...3), to: sink)
            try await eventually { folder.contents("out").split(separator: 0x0A).count == 3 }
            var reason = ""
            // Until its end is seen, the pipe takes what it is given.
            while reason.isEmpty {
                try Task.checkCancellation()
                reason = await failure { try await sink.deliver(Sample.batch(4...4)) }.map { "\($0)" } ?? ""
            }
            #expect(reason.contains("ended with code 7"))
            try await deliver(Sample.batch(5...6), to: sink)
            await sink.shutDown()
            #expect(
                FolderDouble.records(folder.contents("out")).suffix(2).map { $0.line } == [
                    Array("line 5".utf8), Array("line 6".utf8),
                ])
        }
    }

    @Test func aProgramThatIsNotThereIsToldOf() async throws {
        let sink = try ExecSinkKind.make(SinkLocation(parsing: "exec:/nowhere/at/all"))
        await #expect(throws: SinkFailure.self) { try await sink.check { _ in } }
        guard case .misconfigured = await failure({ try await sink.deliver(Sample.batch(1...1)) }) else {
            Issue.record("it was started")
            return
        }
        #expect(throws: SinkConfigurationError.self) { try ExecSinkKind.make(SinkLocation(parsing: "exec:cat")) }
    }

    @Test func aConsoleGetsTheLinesAndItsEndIsAnOutage() async throws {
        var ends: [CInt] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let sink = try ConsoleSink(SinkLocation(parsing: "console:?format=raw"), output: ends[1])
        try await deliver(Sample.batch(1...3), to: sink)
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = read(ends[0], &bytes, bytes.count)
        #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "line 1\nline 2\nline 3\n")
        close(ends[0])
        // A program that is being started elsewhere has a copy of the other end for a moment.
        var end: SinkFailure?
        while end == nil {
            try Task.checkCancellation()
            end = await failure { try await sink.deliver(Sample.batch(4...4)) }
        }
        #expect(end?.isUnavailable == true)
        close(ends[1])
    }

    @Test func theJournalTakesLongEntriesInFiles() async throws {
        let double = try JournaldDouble()
        let path = JournaldDouble.path(double.port)
        let sink = try JournaldSinkKind.make(SinkLocation(parsing: "journald:\(path)"))
        let lines: [[UInt8]] = [Array("two\nlines".utf8), [UInt8](repeating: 0xFF, count: 20 << 20), [0, 1, 2]]
        try await deliver(Sample.batch(lines: lines), to: sink)
        try await eventually { double.received.count == 3 }
        // Of arrays of this size no difference is to be shown.
        let isEqual = double.received.map(\.line) == lines
        #expect(isEqual && double.files == 1)
        await sink.shutDown()
        try await double.stop()
        #expect(await failure { try await sink.deliver(Sample.batch(1...1)) }?.isUnavailable == true)
    }
}
