import EngineAPI
import SinkAPI
import Testing

@testable import LogProcessing

@Suite struct RouteFilterTests {
    private func taken(_ rules: [RouteRule], _ records: [LogRecord]) -> [String] {
        var filter = RouteFilter(rules, epoch: "e")
        return records.filter { filter.takes($0) }.map(\.text)
    }

    private let mixed = [
        record("web out", level: .info), record("web err", .stderr, level: .error), record("db out", source: db),
        record("db notice", flags: .notice, source: db),
    ]

    @Test func routesByWhatIsKnownOfARecord() throws {
        #expect(taken([RouteRule()], mixed).count == 4)
        #expect(taken([], mixed).isEmpty)
        #expect(taken([RouteRule(services: [GlobPattern("w*")])], mixed) == ["web out", "web err"])
        #expect(taken([RouteRule(labels: ["team": GlobPattern("?")])], mixed) == ["web out", "web err"])
        #expect(taken([RouteRule(streams: [.stderr])], mixed) == ["web err", "db notice"])
        #expect(taken([RouteRule(levels: [.error, nil])], mixed) == ["web err", "db out", "db notice"])
        #expect(
            taken([RouteRule(include: [try Pattern("out")], exclude: [try Pattern("^db")])], mixed) == [
                "web out", "db notice",
            ])
        let two = [RouteRule(services: [GlobPattern("db")]), RouteRule(streams: [.stderr])]
        #expect(taken(two, mixed) == ["web err", "db out", "db notice"])
    }

    @Test func samplesTheSameRecordsAtEachAttempt() {
        let records = (1...4000).map { record("\($0)", source: $0 % 2 == 0 ? db : web, sequence: UInt64($0)) }
        let tenth = taken([RouteRule(sample: 0.1)], records)
        #expect((300...500).contains(tenth.count))
        #expect(taken([RouteRule(sample: 0.1)], records.suffix(2000)) == tenth.filter { Int($0) ?? 0 > 2000 })
        #expect(Set(tenth).isSubset(of: taken([RouteRule(sample: 0.3)], records)))
        #expect(taken([RouteRule(sample: 0)], records).isEmpty)
        #expect(taken([RouteRule(sample: .nan)], records).isEmpty)
        #expect(taken([RouteRule(sample: 1)], records).count == 4000)
    }

    @Test func limitsEachContainersRate() {
        let records = (0..<40).map { record("\($0)", at: $0 * 100, source: $0 % 2 == 0 ? db : web) }
        let kept = taken([RouteRule(rate: 2)], records)
        #expect(kept == [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33].map { "\($0)" })
    }

    @Test func tellsWhatItDropsOnceAMinute() throws {
        var filter = RouteFilter([RouteRule(exclude: [try Pattern("x")], rate: 1)], epoch: "e")
        func batch(_ lines: [(String, Int)], from sequence: UInt64) -> [LogRecord] {
            for (index, (line, time)) in lines.enumerated() {
                _ = filter.takes(record(line, at: time, sequence: sequence + UInt64(index)))
            }
            return filter.notices()
        }
        let first = batch([("a", 0), ("b", 1), ("x", 2), ("x", 3), ("c", 4)], from: 1)
        #expect(first.map(\.sequence) == [4, 5])
        #expect(first.allSatisfy { $0.flags == .notice })
        #expect(
            first.first?.text
                == "log.dropped from=1970-01-01T00:00:00.002000000Z to=1970-01-01T00:00:00.003000000Z count=2 "
                + "reason=\"left out by a pattern\"")
        #expect(batch([("x", 59_000)], from: 6).isEmpty)
        #expect(batch([("ok", 80_000)], from: 7).isEmpty)
        let second = batch([("x", 90_000), ("ok", 90_001)], from: 8)
        #expect(second.map(\.sequence) == [8])
        #expect(second.first?.text.contains("count=2") == true)
        #expect(filter.dropped == [4, 0, 2])
    }
}
