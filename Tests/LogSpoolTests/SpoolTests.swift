import EngineAPI
import SinkAPI
import Testing

@testable import LogSpool

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite(.timeLimit(.minutes(5))) struct SpoolTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func givesBackWhatItTookAlsoAfterARestart() async throws {
        var epochs: Set<String> = []
        for round in 0..<3 {
            let spool = try await Spool.open(folder.path, options: .small)
            #expect(spool.report.isClean)
            _ = try await spool.register("a", from: .oldest)
            epochs.insert(spool.epoch)
            let begin = round * 100
            for start in stride(from: begin, to: begin + 100, by: 25) {
                let range = try await spool.append(records(start..<start + 25))
                #expect(range == UInt64(start + 1)...UInt64(start + 25))
            }
            let (read, gaps) = try await spool.readAll()
            #expect(gaps.isEmpty)
            #expect(read.map(\.sequence) == (1...UInt64(begin + 100)).map { $0 })
            #expect(zip(read, records(0..<begin + 100)).allSatisfy { $0.isSame(as: $1) })
            await spool.close()
        }
        #expect(epochs.count == 1)
        #expect(try folder.segments.count > 3)
    }

    @Test func keepsItsFilesPrivate() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        try await spool.append(records(0..<2))
        for name in [""] + (try SpoolFolder.names(in: folder.path)) {
            #expect(permissions("\(folder.path)/\(name)") & 0o077 == 0, "\(name)")
        }
        await spool.close()
    }

    @Test func excludesASecondOpener() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        await #expect(throws: SpoolError.inUse(folder: folder.path)) { try await Spool.open(folder.path) }
        await spool.close()
        let again = try await Spool.open(folder.path, options: .small)
        await again.close()
    }

    @Test func keepsPositionsWithTheirRecords() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        #expect(spool.position(of: web.container) == nil)
        try await spool.append(
            records(0..<5),
            positions: [
                CapturePosition(container: web.container, content: [1, 2]),
                CapturePosition(container: db.container, content: [3]),
            ])
        await spool.note([CapturePosition(container: db.container, content: nil)])
        #expect(spool.position(of: web.container) == [1, 2])
        await spool.close()
        let again = try await Spool.open(folder.path, options: .small)
        #expect(again.position(of: web.container) == [1, 2])
        #expect(again.position(of: db.container) == nil)
        await again.close()
    }

    @Test func knowsTheLastRecordsOfASource() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        _ = try await spool.register("a", from: .oldest)
        for start in stride(from: 0, to: 300, by: 30) { try await spool.append(records(start..<start + 30)) }
        await spool.close()
        let again = try await Spool.open(folder.path, options: .small)
        let tails = try await again.tails(since: [web.container: record(200).time, db.container: record(290).time])
        #expect(tails[web.container] == records(200..<300).filter { $0.source == web }.map(RecordIdentity.init))
        #expect(tails[db.container] == records(290..<300).filter { $0.source == db }.map(RecordIdentity.init))
        await again.close()
    }

    @Test func readersGoAtTheirOwnPace() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        for sink in ["fast", "slow"] { _ = try await spool.register(sink, from: .oldest) }
        let (fast, slow) = (try await spool.reader(for: "fast"), try await spool.reader(for: "slow"))
        var (fastNumbers, slowNumbers): ([Int], [Int]) = ([], [])
        for round in 0..<40 {
            try await spool.append(records(round * 10..<round * 10 + 10))
            fastNumbers += try await fast.next()?.records.map(\.number) ?? []
            slowNumbers += try await slow.next(ReadLimit(count: 3))?.records.map(\.number) ?? []
        }
        #expect(fastNumbers == Array(0..<400))
        #expect(slowNumbers == Array(0..<120))
        slowNumbers += try await slow.readAll(through: 400).records.map(\.number)
        #expect(slowNumbers == fastNumbers)
        await spool.close()
    }

    @Test func aReadingKeepsToItsLimits() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        try await spool.append(records(0..<10, padding: 100))
        _ = try await spool.register("a", from: .oldest)
        let reader = try await spool.reader(for: "a")
        #expect(try await reader.next(ReadLimit(count: 4))?.range == 1...4)
        #expect(try await reader.next(ReadLimit(bytes: 1))?.range == 5...5)
        let small = try #require(try await reader.next(ReadLimit(bytes: 300)))
        #expect(small.range == 6...7 && small.records.reduce(0) { $0 + $1.line.count } <= 300)
        #expect(try await reader.next(ReadLimit(through: 9))?.range == 8...9)
        #expect(try await reader.next(ReadLimit(through: 9)) == nil)
        #expect(try await reader.next()?.range == 10...10)
        await spool.close()
    }

    @Test func aReaderWaitsForMoreAndCanBeCancelled() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        _ = try await spool.register("a", from: .newest)
        let reader = try await spool.reader(for: "a")
        async let reading = reader.next()
        try await spool.append([record(1)])
        #expect(try await reading?.records.map(\.number) == [1])
        let waiting = Task { try await reader.next() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        try await spool.append([record(2)])
        #expect(try await reader.next()?.records.map(\.number) == [2])
        let closed = Task { try await reader.next() }
        await spool.close()
        await #expect(throws: SpoolError.closed(folder: folder.path)) { try await closed.value }
        await #expect(throws: SpoolError.closed(folder: folder.path)) { try await spool.append([record(3)]) }
    }

    @Test func takesLinesOfAnyLengthUpToItsLimit() async throws {
        let spool = try await Spool.open(folder.path, options: SpoolOptions())
        let lengths = [0, 1, SegmentWalk.chunkSize, RecordHeader.longestPayload]
        let lines = lengths.map { length in
            LogRecord(
                source: web, stream: .stdout, time: EngineTime(nanoseconds: 1),
                line: [UInt8](repeating: 0xF5, count: length)[...])
        }
        try await spool.append(lines)
        #expect(try await spool.readAll().records.map(\.line.count) == lengths)
        let long = LogRecord(
            source: web, stream: .stdout, time: EngineTime(nanoseconds: 1),
            line: [UInt8](repeating: 0, count: RecordHeader.longestPayload + 1)[...])
        await #expect(throws: SpoolError.self) { try await spool.append([long]) }
        await spool.close()
    }

    @Test func manyWritersShareASync() async throws {
        let files = TestFiles()
        var options = SpoolOptions.small
        options.commitSize = 100_000
        options.segmentSize = 1 << 20
        let spool = try await Spool.open(folder.path, options: options, files: files)
        try await spool.append([record(0)])
        #expect(files.syncs == 1, "an idle spool commits at once")
        // Nobody's append alone is enough for a commit; the tenth makes it one for all.
        let ranges = try await withThrowingTaskGroup(of: ClosedRange<UInt64>?.self) { group in
            for number in 0..<10 {
                group.addTask { try await spool.append(records(number * 10..<number * 10 + 10, padding: 960)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.compactMap { $0 }
        }
        #expect(files.syncs == 2)
        #expect(ranges.map(\.lowerBound).sorted() == stride(from: 2, through: 92, by: 10).map { $0 })
        #expect(await spool.metrics.syncs == 2)
        await spool.close()
    }

    @Test func aCancelledAppendIsWholeOrNotThere() async throws {
        var options = SpoolOptions.small
        options.commitSize = 1 << 20
        let spool = try await Spool.open(folder.path, options: options)
        try await spool.append([record(0)])
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await spool.append(records(1..<4))
        }
        await #expect(throws: CancellationError.self) { try await early.value }
        // It is in the buffer when somebody else's commit is seen to take it along.
        let late = Task { try await spool.append(records(4..<7)) }
        while await spool.metrics.last < 4 {
            try Task.checkCancellation()
            try await spool.flush()
        }
        late.cancel()
        #expect(try await late.value == 2...4)
        #expect(try await spool.readAll().records.map(\.number) == [0, 4, 5, 6])
        await spool.close()
    }
}

private func permissions(_ path: String) -> UInt32 {
    var status = stat()
    return lstat(path, &status) == 0 ? UInt32(status.st_mode) : 0
}
