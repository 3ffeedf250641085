import EngineAPI
import SinkAPI
import Testing

@testable import ComposeLogs

/// Times are milliseconds; the following begins at 1000.
@Suite struct FollowMergeTests {
    private static func time(_ milliseconds: Int64) -> EngineTime { EngineTime(nanoseconds: milliseconds * 1_000_000) }

    private var merge = FollowMerge(beginning: time(1000))

    private func lines(_ text: String) -> [LogRecord] {
        text.split(separator: " ").map { record(String($0), at: (Int64($0.dropFirst()) ?? 0) * 1_000_000) }
    }

    /// What is shown at `now`, and what is waited for then.
    private mutating func take(at now: Int64) -> (String, FollowMerge.Need) {
        var output: [LogRecord] = []
        var need = FollowMerge.Need.anything
        repeat {
            need = merge.take(100, at: FollowMergeTests.time(now), into: &output)
            guard case .batch(let number) = need else { break }
            merge.began(number, at: FollowMergeTests.time(now))
        } while true
        return (output.map { String(decoding: $0.line, as: UTF8.self) }.joined(separator: " "), need)
    }

    private mutating func begin(_ numbers: Int..., at now: Int64 = 1000) {
        for number in numbers { merge.began(number, at: FollowMergeTests.time(now)) }
    }

    private mutating func add(_ text: String, from number: Int, at now: Int64) {
        merge.add(lines(text), from: number, at: FollowMergeTests.time(now))
    }

    @Test mutating func aLineWaitsForEarlierOnesOfOthersForTheWindowAndNoLonger() {
        begin(1, 2)
        add("a2000", from: 1, at: 2001)
        #expect(take(at: 2001) == ("", .time(FollowMergeTests.time(2100))))
        add("b1999", from: 2, at: 2050)
        let (shown, need) = take(at: 2050)
        #expect(shown == "b1999" && need == .time(FollowMergeTests.time(2101)))
        #expect(take(at: 2101).0 == "a2000")
        // Later than the window: when it comes.
        add("b1500", from: 2, at: 2300)
        #expect(take(at: 2300).0 == "b1500")
    }

    @Test mutating func aLineOfAContainerThatIsAloneDoesNotWait() {
        begin(1)
        add("a2000 a2001", from: 1, at: 2001)
        #expect(take(at: 2001) == ("a2000 a2001", .anything))
        begin(2, at: 2001)
        merge.ended(2)
        add("a2002", from: 1, at: 2002)
        #expect(take(at: 2002).0 == "a2002")
    }

    @Test mutating func whatWasKeptIsInFullOrderHoweverLongItTakes() {
        begin(1, 2)
        add("a10 a500", from: 1, at: 1000)
        for (now, line) in [(1090, "b20"), (1180, "b30"), (1270, "b400")] as [(Int64, String)] {
            _ = take(at: now - 1)
            add(line, from: 2, at: now)
            #expect(take(at: now).0.hasSuffix(line))
        }
        // It has delivered nothing for the window's length.
        #expect(take(at: 1369).0 == "")
        #expect(take(at: 1370).0 == "a500")
    }

    @Test mutating func aClockThatIsAheadHoldsNothingUp() {
        begin(1, 2)
        add("a90000", from: 1, at: 2000)
        #expect(take(at: 2000) == ("", .time(FollowMergeTests.time(2100))))
        #expect(take(at: 2100).0 == "a90000")
    }
}
