import EngineAPI
import SinkAPI
import Synchronization
import Testing

@testable import LogSpool

/// What happens where there is no room: by the bound, or by the disk.
@Suite(.timeLimit(.minutes(5))) struct BoundTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var options: SpoolOptions {
        var options = SpoolOptions.small
        options.bound = 40_000
        return options
    }

    /// Appends 20 records at a time, a kilobyte or two.
    private func append(_ spool: Spool, _ rounds: Range<Int>) async throws {
        for round in rounds { try await spool.append(records(round * 20..<round * 20 + 20)) }
    }

    @Test func keepingSinksHoldCaptureBackUntilTheyAcknowledge() async throws {
        let spool = try await Spool.open(folder.path, options: options)
        _ = try await spool.register("a", from: .oldest, whenFull: .keep)
        _ = try await spool.register("b", from: .oldest, whenFull: .dropOldest)
        let writer = Task { try await append(spool, 0..<60) }
        while await spool.metrics.stalledAppends == 0 { try Task.checkCancellation() }
        let full = await spool.metrics
        #expect(full.bytes <= 40_000 && full.bytes > 36_000 && full.last < 1200)
        let cancelled = Task { try await spool.append([record(5000)]) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let reader = try await spool.reader(for: "a")
        var numbers: [Int] = []
        while numbers.count < 1200, let reading = try await reader.next() {
            numbers += reading.records.map(\.number)
            #expect(reading.gaps.isEmpty)
            try await spool.acknowledge("a", reading.range)
            try await spool.flush()
        }
        try await writer.value
        #expect(numbers == Array(0..<1200))
        #expect(await spool.metrics.bytes <= 40_000)
        await spool.close()
    }

    @Test func droppingSinksLoseTheOldestAndAreTold() async throws {
        let spool = try await Spool.open(folder.path, options: options)
        _ = try await spool.register("a", from: .oldest, whenFull: .dropOldest)
        let reader = try await spool.reader(for: "a")
        try await append(spool, 0..<60)
        let (read, gaps) = try await reader.readAll(through: 1200)
        #expect(gaps.count == 1 && gaps[0].cause == .dropped && gaps[0].range.lowerBound == 1)
        #expect(read.map(\.sequence) == (gaps[0].range.upperBound + 1...1200).map { $0 })
        #expect(gaps[0].count > 300 && gaps[0].count < 1000)
        let metrics = await spool.metrics
        #expect(metrics.bytes <= 40_000 && metrics.backlogs[0].lost == gaps[0].count)
        await spool.close()
        // A notice of it that was not acknowledged is still to come, also after a restart; then it is told.
        for round in 0..<3 {
            let again = try await Spool.open(folder.path, options: options)
            let missing = try await again.register("a", from: .oldest, whenFull: .dropOldest).missing
            #expect(missing == (round < 2 ? gaps[0] : nil))
            if round == 1 { try await again.acknowledge("a", gaps[0].range) }
            await again.close()
        }
    }

    @Test func anEvictedSinkGoesOnWithWhatIsNew() async throws {
        let spool = try await Spool.open(folder.path, options: options)
        _ = try await spool.register("slow", from: .oldest, whenFull: .evictSink)
        let reader = try await spool.reader(for: "slow")
        var round = 0
        while await spool.metrics.backlogs[0].lost == 0 {
            try await append(spool, round..<round + 1)
            round += 1
        }
        let lost = await spool.metrics.backlogs[0].lost
        let last = UInt64(round * 20)
        let (read, gaps) = try await reader.readAll(through: last)
        #expect(lost == last - 20 && gaps == [SpoolGap(range: 1...lost, cause: .dropped)])
        #expect(read.map(\.sequence) == (lost + 1...last).map { $0 })
        await spool.close()
    }

    @Test func roomIsMadeByTheSinksThatAgree() {
        let sealed = [
            SegmentSummary(name: SegmentName(first: 1, epoch: 1), previousEnd: 1, end: 11, bytes: 10),
            SegmentSummary(name: SegmentName(first: 11, epoch: 1), previousEnd: 11, end: 21, bytes: 10),
        ]
        func claim(_ policy: FullSpoolPolicy, _ through: UInt64) -> SinkClaim {
            SinkClaim(policy: policy, acknowledged: AcknowledgedRanges(through: through))
        }
        let cases: [([String: SinkClaim], RoomDecision)] = [
            ([:], .removeOldest(losers: [])),
            (["a": claim(.keep, 10), "b": claim(.evictSink, 15)], .removeOldest(losers: [])),
            (["a": claim(.keep, 9), "b": claim(.dropOldest, 0)], .wait),
            (["a": claim(.keep, 10), "b": claim(.dropOldest, 9)], .removeOldest(losers: ["b"])),
            (["a": claim(.dropOldest, 3), "b": claim(.evictSink, 3), "c": claim(.evictSink, 10)], .evict(["b"])),
        ]
        for (claims, decision) in cases { #expect(RoomDecision(sealed: sealed[...], claims: claims) == decision) }
        #expect(RoomDecision(sealed: [], claims: [:]) == .wait)
    }

    @Test func aFullDiskIsSaidAndGotOver() async throws {
        let files = TestFiles()
        files.state.withLock { $0.space = 1 << 20 }
        let spool = try await Spool.open(folder.path, options: .small, files: files)
        _ = try await spool.register("a", from: .oldest)
        try await spool.append(records(0..<10))
        #expect(try SpoolFolder.names(in: folder.path).contains("emergency"))
        files.state.withLock { $0.space = 700 }
        let full = SpoolError.noSpace(folder: folder.path, needed: 128 << 10)
        await #expect(throws: full) { try await spool.append(records(10..<30)) }
        #expect(try !SpoolFolder.names(in: folder.path).contains("emergency"))
        #expect(await spool.metrics.isOutOfSpace)
        // What the emergency file gave back is not for records.
        files.state.withLock { $0.space = 64 << 10 }
        await #expect(throws: full) { try await spool.append([record(30)]) }
        try await spool.acknowledge("a", 1...4)
        try await spool.flush()
        files.state.withLock { $0.space = 1 << 20 }
        try await spool.append(records(30..<40))
        #expect(await spool.metrics.isOutOfSpace == false)
        #expect(try SpoolFolder.names(in: folder.path).contains("emergency"))
        await spool.close()
        let again = try await Spool.open(folder.path, options: .small)
        #expect(again.report.isClean)
        #expect(try await again.readAll().records.map(\.number) == Array(4..<10) + Array(30..<40))
        await again.close()
    }

    /// On a disk that is full of segments, what every sink has goes at once, and what sinks agree to lose.
    @Test(arguments: [FullSpoolPolicy.keep, .dropOldest, .evictSink])
    func aDiskThatIsFullOfSegmentsIsFreedOfThem(policy: FullSpoolPolicy) async throws {
        let files = TestFiles()
        files.state.withLock { $0.space = 1 << 20 }
        let spool = try await Spool.open(folder.path, options: .small, files: files)
        _ = try await spool.register("a", from: .oldest, whenFull: policy)
        try await spool.append(records(0..<10))
        files.state.withLock { $0.space = 700 }
        await #expect(throws: SpoolError.self) { try await spool.append(records(10..<30)) }
        #expect(await spool.metrics.segments == 1)
        if policy == .keep { try await spool.acknowledge("a", 1...10) }
        // The room that the segment took is there only when it has gone.
        await #expect(throws: SpoolError.self) { try await spool.append([record(30)]) }
        #expect(await spool.metrics.segments == 0)
        #expect(try SpoolFolder.names(in: folder.path).allSatisfy { !$0.hasSuffix("segment") })
        files.state.withLock { $0.space = 1 << 20 }
        try await spool.append(records(30..<40))
        #expect(await spool.metrics.backlogs[0].lost == (policy == .keep ? 0 : 10))
        #expect(try await spool.readAll().records.map(\.number) == Array(30..<40))
        await spool.close()
    }

    @Test func aSyncThatFailsConfirmsNothing() async throws {
        let files = TestFiles()
        let spool = try await Spool.open(folder.path, options: .small, files: files)
        _ = try await spool.register("a", from: .oldest)
        try await spool.append(records(0..<10))
        files.state.withLock { $0.failingSyncs = 2 }
        for _ in 0..<2 { await #expect(throws: SpoolError.self) { try await spool.append(records(10..<20)) } }
        let range = try #require(try await spool.append(records(20..<30)))
        #expect(range.lowerBound > 30)
        let reader = try await spool.reader(for: "a")
        #expect(
            try await reader.readAll(through: range.upperBound).records.map(\.number) == Array(0..<10) + Array(20..<30))
        await spool.close()
        let again = try await Spool.open(folder.path, options: .small)
        #expect(again.report.isClean)
        let (read, gaps) = try await again.readAll()
        #expect(read.map(\.number) == Array(0..<10) + Array(20..<30) && gaps.isEmpty)
        await again.close()
    }
}
