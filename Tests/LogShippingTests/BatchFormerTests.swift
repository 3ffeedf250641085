import EngineAPI
import LogProcessing
import LogSpool
import SinkAPI
import Testing

@testable import LogShipping

@Suite(.timeLimit(.minutes(5))) struct BatchFormerTests {
    private func former(
        _ spool: Spool, _ rule: RouteRule = RouteRule(), limits: BatchLimits, clock: TestClock = TestClock()
    ) async throws -> (BatchFormer, Departure) {
        let registration = try await spool.register("a", from: .oldest)
        let departure = Departure(clock: clock)
        let former = BatchFormer(
            reader: try await spool.reader(for: "a"), registration: registration,
            filter: RouteFilter([rule], epoch: spool.epoch), limits: limits, epoch: spool.epoch, departure: departure,
            now: { EngineTime(nanoseconds: 0) })
        return (former, departure)
    }

    private func batch(_ formed: BatchFormer.Formed) -> RecordBatch? {
        guard case .batch(let batch, _) = formed else { return nil }
        return batch
    }

    @Test func endsABatchAtEachLimit() async throws {
        let folder = try TemporaryFolder()
        let spool = try await Spool.open(folder.spool, options: .small)
        try await spool.append(records(0..<50))
        var (byCount, _) = try await former(spool, limits: BatchLimits(bytes: 1 << 20, count: 20, age: .zero))
        #expect(try await batch(byCount.next())?.range == 1...20)
        #expect(try await batch(byCount.next())?.range == 21...40)
        #expect(try await batch(byCount.next())?.range == 41...50)
        var (byBytes, _) = try await former(spool, limits: BatchLimits(bytes: 100, count: 20, age: .zero))
        var next: UInt64 = 1
        while next <= 50, let batch = try await batch(byBytes.next()) {
            #expect(batch.range.lowerBound == next)
            #expect(batch.records.reduce(0) { $0 + $1.line.count } <= 100)
            next = batch.range.upperBound + 1
        }
        // A line that is longer than the limit goes alone.
        var (alone, _) = try await former(spool, limits: BatchLimits(bytes: 3, count: 20, age: .zero))
        #expect(try await batch(alone.next())?.range == 1...1)
        await spool.close()
    }

    @Test func waitsForCompanyUntilItIsDue() async throws {
        let folder = try TemporaryFolder()
        let spool = try await Spool.open(folder.spool, options: .small)
        let clock = TestClock(holding: [.seconds(60)])
        let (begun, departure) = try await former(
            spool, limits: BatchLimits(bytes: 1 << 20, count: 100, age: .seconds(60)), clock: clock)
        let first = Task { () async throws -> (RecordBatch?, BatchFormer) in
            var former = begun
            return (batch(try await former.next()), former)
        }
        try await spool.append(records(0..<30))
        try await spool.append(records(30..<60))
        try await spool.append(records(60..<100))
        var (whole, former) = try await first.value
        #expect(whole?.range == 1...100)

        departure.flush()
        try await spool.append(records(100..<105))
        whole = try await batch(former.next())
        #expect(whole?.range == 101...105)
        await spool.close()
    }

    @Test func whatIsFilteredOutIsCoveredAndNotHeld() async throws {
        let folder = try TemporaryFolder()
        let spool = try await Spool.open(folder.spool, options: .small)
        try await spool.append(records(0..<300, padding: 100))
        let rule = RouteRule(include: [try Pattern("line (250|260|299) ")])
        var (former, _) = try await former(spool, rule, limits: BatchLimits(bytes: 1 << 20, count: 100, age: .zero))
        var (next, lines, empty): (UInt64, [LogRecord], Int) = (1, [], 0)
        while next <= 300 {
            let range: ClosedRange<UInt64>
            switch try await former.next() {
            case .nothing(let positions): (range, empty) = (positions, empty + 1)
            case .batch(let batch, _):
                range = batch.range
                lines += batch.records
                if batch.records[0].flags == .notice {
                    #expect(range.upperBound < next)
                    continue
                }
            }
            #expect(range.lowerBound == next)
            next = range.upperBound + 1
        }
        #expect(numbers(lines.map(\.text).filter { $0.hasPrefix("line") }) == [250, 260, 299])
        #expect(lines.filter { $0.flags == .notice }.count == 1)
        #expect(empty > 0)
        // They are in memory of their own.
        #expect(lines.allSatisfy { $0.line.endIndex < 3 * 150 })
        await spool.close()
    }

    @Test func formsAgainWhatWasUnderWay() async throws {
        let folder = try TemporaryFolder()
        let spool = try await Spool.open(folder.spool, options: .small)
        _ = try await spool.register("a", from: .oldest)
        try await spool.append(records(0..<1000))
        let rule = RouteRule(sample: 0.5)
        let ranges: [ClosedRange<UInt64>] = [11...50, 51...90, 700...740]
        try await spool.intend("a", ranges)
        var (former, _) = try await former(spool, rule, limits: BatchLimits(bytes: 1 << 20, count: 5, age: .zero))
        var (next, again): (UInt64, [ClosedRange<UInt64>]) = (1, [])
        while next <= 1000 {
            switch try await former.next() {
            case .nothing(let range):
                #expect(range.lowerBound == next)
                next = range.upperBound + 1
            case .batch(let batch, _) where batch.records[0].flags == .notice: continue
            case .batch(let batch, let isIntended):
                #expect(batch.range.lowerBound == next)
                #expect(batch.records.allSatisfy { batch.range.contains($0.sequence) })
                if isIntended {
                    again.append(batch.range)
                } else {
                    #expect(!ranges.contains { $0.overlaps(batch.range) })
                }
                next = batch.range.upperBound + 1
            }
        }
        #expect(again == ranges)
        await spool.close()
    }
}
