import EngineAPI
import SinkAPI
import Testing

@testable import LogSpool

@Suite(.timeLimit(.minutes(5))) struct CheckpointTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func acknowledgementsInAnyOrderComeToTheSame() {
        let ranges: [ClosedRange<UInt64>] = [1...3, 4...4, 5...9, 10...12, 13...20]
        for _ in 0..<100 {
            var acknowledged = AcknowledgedRanges()
            var done: Set<UInt64> = []
            for range in ranges.shuffled() {
                acknowledged.insert(range)
                done.formUnion(range)
                #expect(acknowledged.through == (1...21).first { !done.contains($0) }.map { $0 - 1 })
                #expect(Set(acknowledged.ahead.flatMap { $0 }) == done.filter { $0 > acknowledged.through })
            }
            acknowledged.insert(2...5)
            #expect(acknowledged == AcknowledgedRanges(through: 20))
        }
    }

    @Test func aRestartGoesOnWithTheSameBatches() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        #expect(try await spool.register("a", from: .oldest).through == 0)
        try await spool.append(records(0..<40))
        try await spool.intend("a", [1...10, 11...20])
        try await spool.intend("a", [21...30])
        // Out of order: the first batch is still under way.
        try await spool.acknowledge("a", 11...20)
        await spool.close()

        let again = try await Spool.open(folder.path, options: .small)
        let registration = try await again.register("a", from: .newest)
        #expect(registration == SinkRegistration(through: 0, intents: [1...10, 11...20, 21...30], missing: nil))
        let reader = try await again.reader(for: "a")
        for intent in registration.intents {
            let reading = try await reader.next(ReadLimit(bytes: 1, count: 1, through: intent.upperBound))
            #expect(reading?.range == intent && reading?.records.count == 10)
        }
        for intent in registration.intents { try await again.acknowledge("a", intent) }
        await again.close()

        let last = try await Spool.open(folder.path, options: .small)
        #expect(try await last.register("a", from: .oldest) == SinkRegistration(through: 30, intents: [], missing: nil))
        await last.close()
    }

    @Test func manyChangesAreOneTransaction() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        for sink in ["a", "b"] { _ = try await spool.register(sink, from: .oldest) }
        try await spool.append(records(0..<100), positions: [CapturePosition(container: web.container, content: [1])])
        let before = await spool.metrics.indexCommits
        for number in 1...100 as ClosedRange<UInt64> {
            for sink in ["a", "b"] { try await spool.acknowledge(sink, number...number) }
        }
        #expect(await spool.metrics.indexCommits == before)
        try await spool.flush()
        #expect(await spool.metrics.indexCommits == before + 1)
        await spool.close()
    }

    @Test func sinksBeginWhereTheyAreToldTo() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        _ = try await spool.register("keeper", from: .oldest)
        try await spool.append(records(0..<10))
        #expect(try await spool.register("old", from: .oldest).through == 0)
        #expect(try await spool.register("new", from: .newest).through == 10)
        try await spool.append(records(10..<12))
        #expect(try await spool.reader(for: "new").next()?.records.map(\.number) == [10, 11])
        await #expect(throws: SpoolError.unknownSink("other")) { try await spool.reader(for: "other") }
        let backlogs = await spool.metrics.backlogs
        #expect(backlogs.map(\.sink) == ["keeper", "new", "old"] && backlogs.map(\.records) == [12, 2, 12])
        #expect(backlogs[1].bytes > 0 && backlogs[1].bytes < backlogs[0].bytes)
        await spool.close()
    }

    @Test func segmentsGoWhenEverySinkHasThem() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        for sink in ["a", "b"] { _ = try await spool.register(sink, from: .oldest) }
        for start in stride(from: 0, to: 400, by: 20) { try await spool.append(records(start..<start + 20)) }
        let all = try folder.segments.count
        try await spool.acknowledge("a", 1...400)
        try await spool.flush()
        #expect(try folder.segments.count == all)
        try await spool.acknowledge("b", 1...200)
        try await spool.flush()
        #expect(try all / 4...all * 3 / 4 ~= folder.segments.count)
        try await spool.forget("b")
        #expect(try folder.segments.count == 1)
        #expect(await spool.sinks == ["a"])
        await spool.close()
    }

    @Test func aTailStaysForCapture() async throws {
        var options = SpoolOptions.small
        options.keptTail = 10_000
        let spool = try await Spool.open(folder.path, options: options)
        for start in stride(from: 0, to: 800, by: 20) { try await spool.append(records(start..<start + 20)) }
        try await spool.flush()
        _ = try await spool.register("a", from: .newest)
        let bytes = await spool.metrics.bytes
        #expect(bytes >= 10_000 && bytes < 10_000 + 3 * options.segmentSize)
        await spool.close()
    }

    @Test func aCursorBeforeTheOldestSegmentSaysWhatIsGone() async throws {
        let spool = try await Spool.open(folder.path, options: .small)
        _ = try await spool.register("a", from: .oldest)
        for start in stride(from: 0, to: 200, by: 20) { try await spool.append(records(start..<start + 20)) }
        await spool.close()
        let names = try folder.segments
        for name in names.prefix(2) { try SystemFiles().remove("\(folder.path)/\(name)") }
        let first = try #require(SegmentName(names[2])).first
        let again = try await Spool.open(folder.path, options: .small)
        let registration = try await again.register("a", from: .oldest)
        #expect(registration.missing?.range == 1...first - 1 && registration.through == first - 1)
        #expect(await again.metrics.backlogs.map(\.lost) == [first - 1])
        #expect(try await again.reader(for: "a").next()?.records.first?.sequence == first)
        await again.close()
    }
}
