import EngineAPI
import FoundationEssentials
import SinkAPI
import Testing

@testable import LogSpool

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Every damage that a disk can do is found, costs no record outside of it, and makes none that never was.
@Suite(.timeLimit(.minutes(5))) struct RecoveryTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Makes a spool of `count` records, some to a segment, and closes it.
    private func fill(_ count: Int, segmentSize: Int = 1 << 20) async throws {
        var options = SpoolOptions.small
        options.segmentSize = segmentSize
        options.bound = 8 << 20
        let spool = try await Spool.open(folder.path, options: options)
        _ = try await spool.register("a", from: .oldest)
        for start in stride(from: 0, to: count, by: 4) {
            try await spool.append(records(start..<min(count, start + 4)))
        }
        await spool.close()
    }

    /// Each record is the one that its sequence stands for, and each sequence up to the last is a record or in a gap.
    ///
    /// - Parameter largest: of the damage. From 200 bytes on it may take both descriptions of a source.
    private func expectTruth(_ records: [LogRecord], _ gaps: [SpoolGap], _ comment: Comment, largest: Int = 1) {
        for found in records {
            let truth = record(Int(found.sequence) - 1)
            let isUnknown = largest >= 200 && found.source == SourceDescription.unknown
            #expect(isUnknown ? found.line == truth.line : found.isSame(as: truth), comment)
        }
        let last = max(records.last?.sequence ?? 0, gaps.last?.range.upperBound ?? 0)
        let covered = records.map(\.sequence) + gaps.flatMap(\.range)
        #expect(covered.sorted() == (0..<last).map { $0 + 1 }, comment)
    }

    @Test func aBitThatFlipsCostsOneRecordAtMost() async throws {
        try await fill(12)
        let name = try #require(try folder.segments.first)
        let whole = try folder.bytes(name)
        for position in whole.indices {
            var bytes = whole
            bytes[position] ^= 1 << UInt8(position % 8)
            try folder.write(bytes, to: name)
            let (recovery, records, gaps) = try await folder.recovered()
            expectTruth(records, gaps, "byte \(position)")
            #expect(records.count >= 11, "byte \(position)")
            #expect(!recovery.report.isClean, "byte \(position)")
            // What was cut off is in no gap, but its number is not used again.
            #expect(recovery.next >= 13)
        }
    }

    @Test func aSegmentCutAnywhereKeepsWhatIsBeforeTheCut() async throws {
        try await fill(12)
        let name = try #require(try folder.segments.first)
        let whole = try folder.bytes(name)
        var last = 0
        for count in 0...whole.count {
            try folder.write(Array(whole[..<count]), to: name)
            let (recovery, records, gaps) = try await folder.recovered()
            expectTruth(records, gaps, "\(count) bytes")
            #expect(gaps.isEmpty && records.count >= last && recovery.report.lostRecords == 0)
            last = records.count
        }
        #expect(last == 12)
    }

    @Test func randomDamageCostsOnlyWhatItTouches() async throws {
        try await fill(200, segmentSize: 2000)
        let names = try folder.segments
        #expect(names.count > 4)
        let whole = try names.map(folder.bytes)
        var random = SystemRandomNumberGenerator()
        for round in 0..<60 {
            for (name, bytes) in zip(names, whole) { try folder.write(bytes, to: name) }
            let index = Int.random(in: 0..<names.count, using: &random)
            var bytes = whole[index]
            let begin = Int.random(in: 0..<bytes.count, using: &random)
            let count = min(Int.random(in: 1...300, using: &random), bytes.count - begin)
            switch round % 3 {
            case 0: bytes.replaceSubrange(begin..<begin + count, with: repeatElement(0, count: count))
            case 1: for place in begin..<begin + count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
            default: bytes.removeSubrange(begin..<begin + count)
            }
            try folder.write(bytes, to: names[index])
            let (_, records, gaps) = try await folder.recovered()
            let comment = Comment("round \(round), segment \(index), \(begin)..<\(begin + count)")
            expectTruth(records, gaps, comment, largest: count)
            // A record takes more than 44 bytes; a description may be between two of them.
            #expect(records.count >= 200 - (count / 44 + 2), comment)
        }
    }

    @Test func aSegmentThatIsGoneIsAGap() async throws {
        try await fill(200, segmentSize: 2000)
        let names = try folder.segments
        let first = try #require(SegmentName(names[2])).first
        let next = try #require(SegmentName(names[3])).first
        try FileManager.default.removeItem(at: folder.url.appending(path: "spool/\(names[2])"))
        let spool = try await Spool.open(folder.path, options: .small)
        #expect(spool.report.lostRecords == next - first)
        let (records, gaps) = try await spool.readAll()
        #expect(gaps == [SpoolGap(range: first...next - 1, cause: .damaged)])
        expectTruth(records, gaps, "")
        #expect(records.count == 200 - Int(next - first))
        await spool.close()
    }

    @Test func damageThatIsMetLaterIsCountedAndCopied() async throws {
        try await fill(40)
        let name = try #require(try folder.segments.first)
        let spool = try await Spool.open(folder.path, options: .small)
        #expect(spool.report.isClean)
        var bytes = try folder.bytes(name)
        bytes[bytes.count / 2] ^= 0x40
        try folder.write(bytes, to: name)
        let (records, gaps) = try await spool.readAll()
        #expect(records.count == 39 && gaps.count == 1)
        expectTruth(records, gaps, "")
        let metrics = await spool.metrics
        #expect(metrics.damagedRecords == 1 && metrics.damagedBytes > 36)
        #expect(try SpoolFolder.names(in: folder.path + "/quarantine").count == 1)
        await spool.close()
        let again = try await Spool.open(folder.path, options: .small)
        #expect(again.report.lostRecords == 1 && again.report.damagedBytes == metrics.damagedBytes)
        await again.close()
    }

    @Test func numbersOfRecordsThatAreCutOffAreNotUsedAgain() async throws {
        try await fill(8)
        let name = try #require(try folder.segments.first)
        var bytes = try folder.bytes(name)
        bytes[bytes.count - 400] ^= 1
        bytes.removeLast(300)
        try folder.write(bytes, to: name)
        let spool = try await Spool.open(folder.path, options: .small)
        #expect(spool.report.cutBytes > 0)
        let range = try #require(try await spool.append([record(100)]))
        #expect(range.lowerBound > 8)
        await spool.close()
        let again = try await Spool.open(folder.path, options: .small)
        #expect(again.report.isClean)
        #expect(try await again.readAll().records.last?.number == 100)
        await again.close()
    }

    @Test(arguments: [[], Array("no database at all, but long enough to be looked at".utf8)] as [[UInt8]])
    func anIndexThatIsNoneIsBegunAnew(_ bytes: [UInt8]) async throws {
        try await fill(20)
        for end in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: folder.path + "/index.sqlite" + end) }
        try folder.write(bytes, to: "index.sqlite")
        let spool = try await Spool.open(folder.path, options: .small)
        #expect((spool.report.indexSetAside == nil) == bytes.isEmpty)
        #expect(await spool.sinks.isEmpty)
        #expect(try await spool.readAll().records.map(\.number) == Array(0..<20))
        #expect(try await spool.append([record(20)])?.lowerBound ?? 0 > 20)
        await spool.close()
    }

    @Test func aDamagedIndexNeverSkipsARecord() async throws {
        try await fill(20)
        let spool = try await Spool.open(folder.path, options: .small)
        try await spool.acknowledge("a", 1...8)
        try await spool.intend("a", [9...12])
        await spool.note([CapturePosition(container: web.container, content: [1, 2, 3])])
        await spool.close()
        let whole = try folder.bytes("index.sqlite")
        var random = SystemRandomNumberGenerator()
        // Bits anywhere, and in the rows, which are at the pages' ends.
        let used = whole.indices.filter { whole[$0] != 0 }
        for _ in 0..<40 {
            var bytes = whole
            bytes[used.randomElement(using: &random) ?? 0] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try folder.write(bytes, to: "index.sqlite")
            for end in ["-wal", "-shm"] { unlink(folder.path + "/index.sqlite" + end) }
            let again = try await Spool.open(folder.path, options: .small)
            let registration = try await again.register("a", from: .oldest)
            #expect([0, 8].contains(registration.through) && [[], [9...12]].contains(registration.intents))
            #expect([nil, [1, 2, 3]].contains(again.position(of: web.container)))
            #expect(again.epoch == spool.epoch)
            await again.close()
        }
    }

    @Test func anOlderIndexOnlyRepeats() async throws {
        try await fill(20)
        let old = try folder.bytes("index.sqlite")
        let spool = try await Spool.open(folder.path, options: .small)
        _ = try await spool.register("a", from: .oldest)
        try await spool.acknowledge("a", 1...20)
        let epoch = spool.epoch
        await spool.close()
        try folder.write(old, to: "index.sqlite")
        let again = try await Spool.open(folder.path, options: .small)
        #expect(again.epoch == epoch)
        let registration = try await again.register("a", from: .oldest)
        #expect(registration.through == 0 && registration.missing == nil)
        #expect(try await again.readAll().records.map(\.number) == Array(0..<20))
        await again.close()
    }

    @Test func aNewerFormIsRefused() async throws {
        try await fill(4)
        let name = try #require(try folder.segments.first)
        var bytes = try folder.bytes(name)
        var header = try #require(SegmentHeader(bytes))
        header.version = SegmentHeader.currentVersion + 1
        bytes.replaceSubrange(..<SegmentHeader.size, with: header.bytes)
        try folder.write(bytes, to: name)
        await #expect(throws: SpoolError.newer(folder: folder.path)) { try await Spool.open(folder.path) }
    }
}
