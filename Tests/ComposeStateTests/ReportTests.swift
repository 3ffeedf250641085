import ComposeState
import Testing

@Suite struct ReportTests {
    private static func report(_ number: Int, in scope: JournalScope) -> FailureReport {
        FailureReport(
            id: TransactionID(rawValue: "\(number)"), time: "2026-01-31T10:00:00Z", scope: scope, command: "up",
            reason: "it is unhealthy", operation: nil, container: nil, hookOutput: nil, undone: [], leftovers: [])
    }

    @Test func theLatestOfEachProjectAreKept() async throws {
        let journal = Journal(try StateStore())
        let shop = JournalScope(engine: "memory", project: "shop")
        let other = JournalScope(engine: "memory", project: "other")
        try await journal.keep(Self.report(0, in: other))
        for number in 1...Journal.keptReports + 5 { try await journal.keep(Self.report(number, in: shop)) }
        let kept = try await journal.reports(in: shop)
        #expect(kept.map(\.id) == (6...25).reversed().map { "\($0)" })
        #expect(kept.first == Self.report(25, in: shop))
        #expect(try await journal.reports(in: other).map(\.id) == ["0"])
        #expect(try await journal.reports(in: JournalScope(engine: "tcp://elsewhere", project: "shop")) == [])
    }
}
