import LogProcessing
import SinkAPI
import Testing

@testable import ComposeLogs

@Suite struct LogSieveTests {
    private func show(_ lines: [String], _ query: LogQuery, cut: Int = 3) -> [String] {
        var sieve = LogSieve(query)
        let records = lines.map { record($0) }
        // However the lines are cut into calls.
        let shown = stride(from: 0, to: records.count, by: cut).flatMap { start in
            sieve.take(Array(records[start..<min(start + cut, records.count)]))
        }
        return shown.map { String(decoding: $0.line, as: UTF8.self) }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let query: LogQuery
        let shown: String
    }

    /// What grep 3.8 prints of the numbers from 1 to 20.
    static let cases: [Case] = {
        func query(_ pattern: String, before: Int = 0, after: Int = 0) throws -> LogQuery {
            LogQuery(include: [try Pattern(pattern)], before: before, after: after)
        }
        return
            (try? [
                Case(testDescription: "no context", query: query("^(3|9)$"), shown: "3 9"),
                Case(testDescription: "after", query: query("^(3|9)$", after: 2), shown: "3 4 5 -- 9 10 11"),
                Case(testDescription: "before", query: query("^(3|9)$", before: 2), shown: "1 2 3 -- 7 8 9"),
                Case(
                    testDescription: "groups that touch", query: query("^(3|8)$", before: 2, after: 2),
                    shown: "1 2 3 4 5 6 7 8 9 10"),
                Case(
                    testDescription: "groups one line apart", query: query("^(3|9)$", before: 2, after: 2),
                    shown: "1 2 3 4 5 -- 7 8 9 10 11"),
                Case(
                    testDescription: "groups that overlap", query: query("^(3|5)$", before: 2, after: 2),
                    shown: "1 2 3 4 5 6 7"),
                Case(testDescription: "the last line", query: query("^20$", before: 1, after: 5), shown: "19 20"),
            ]) ?? []
    }()

    @Test(arguments: cases) func showsWhatGrepShows(_ example: Case) {
        for cut in [1, 3, 20] {
            #expect(show((1...20).map(String.init), example.query, cut: cut).joined(separator: " ") == example.shown)
        }
        #expect(LogSieveTests.cases.count == 7)
    }

    @Test func takesLinesThatMatchAnyAndNoneThatIsExcluded() throws {
        let query = LogQuery(include: [try Pattern("a"), try Pattern("b")], exclude: [try Pattern("x")])
        #expect(show(["a", "b", "c", "ax"], query) == ["a", "b"])
        #expect(show(["c", "x"], LogQuery(exclude: [try Pattern("x")])) == ["c"])
    }

    @Test func matchesWhatIsReadAndShowsWhatWasWritten() throws {
        let line = "\u{1B}[31mERROR\u{1B}[0m disk"
        #expect(show([line], LogQuery(include: [try Pattern("^ERROR disk$")])) == [line])
        #expect(show([line, "[info] x"], LogQuery(level: .error)) == [line])
    }

    @Test func takesALevelAndWorseWithTheIndentedLinesThatBelongToThem() {
        let lines = [
            "  at the beginning", "[info] fine", "  detail", "[error] bad", "  at one", "\tat two", "plain", "  more",
            "[crit] worse", "[warn] careful", "  so",
        ]
        #expect(
            show(lines, LogQuery(level: .error)) == ["[error] bad", "  at one", "\tat two", "[crit] worse"])
    }

    @Test func tellsLevelsWithoutLeavingAnythingOut() {
        var sieve = LogSieve(LogQuery(tellsLevels: true))
        #expect(sieve.take([record("[error] x"), record("y")]).map(\.level) == [.error, nil])
    }
}
