import EngineAPI
import SinkAPI
import Testing

@testable import ComposeLogs

@Suite struct ResumePointTests {
    private func read(_ point: inout ResumePoint, _ records: [LogRecord]) -> [String] {
        point.begin()
        return records.filter { point.admits($0) }.map { String(decoding: $0.line, as: UTF8.self) }
    }

    @Test func asksFirstForWhatIsWantedAndLaterForTheRest() {
        var point = ResumePoint(floor: EngineTime(nanoseconds: 3), tail: 5)
        #expect(
            point.options(follow: true)
                == LogOptions(follow: true, tail: 5, timestamps: true, since: EngineTime(nanoseconds: 3)))
        #expect(read(&point, [record("a", at: 7)]) == ["a"])
        #expect(
            point.options(follow: true) == LogOptions(follow: true, timestamps: true, since: EngineTime(nanoseconds: 7))
        )
    }

    @Test func skipsWhatWasSeenWithTheSameTime() {
        var point = ResumePoint()
        #expect(read(&point, [record("a", at: 1), record("b", at: 2), record("c", at: 2)]) == ["a", "b", "c"])
        let again = [record("b", at: 2), record("c", at: 2), record("d", at: 2), record("e", at: 3)]
        #expect(read(&point, again) == ["d", "e"])
        #expect(read(&point, [record("e", at: 3), record("f", at: 4)]) == ["f"])
    }

    @Test func keepsStreamsApart() {
        var point = ResumePoint()
        _ = read(&point, [record("out", at: 5), record("err", at: 3, on: .stderr)])
        #expect(point.options(follow: true).since == EngineTime(nanoseconds: 3))
        let again = [
            record("err", at: 3, on: .stderr), record("late", at: 4, on: .stderr), record("between", at: 4),
            record("out", at: 5), record("next", at: 6),
        ]
        #expect(read(&point, again) == ["late", "next"])
    }

    @Test func admitsAClockThatSteppedBack() {
        var point = ResumePoint()
        #expect(read(&point, [record("a", at: 9), record("b", at: 2)]) == ["a", "b"])
    }

    @Test func skipsLinesThatWereSeenWithoutTimes() {
        var point = ResumePoint(skipping: [.stdout: 2])
        let all = [record("a", at: 1), record("e", at: 1, on: .stderr), record("b", at: 2), record("c", at: 2)]
        #expect(read(&point, all) == ["e", "c"])
        #expect(read(&point, all + [record("d", at: 3)]) == ["d"])
    }

    @Test func wantsARestartedContainersOutputFromItsBeginning() {
        var nothing = ResumePoint(tail: 0)
        nothing.endRun(at: EngineTime(nanoseconds: 8))
        #expect(nothing.options(follow: true).since == EngineTime(nanoseconds: 8))
        #expect(nothing.options(follow: true).tail == nil)
        var some = ResumePoint(floor: EngineTime(nanoseconds: 2), tail: 3)
        some.endRun(at: EngineTime(nanoseconds: 8))
        #expect(some.options(follow: true).since == EngineTime(nanoseconds: 2))
    }
}
