import EngineAPI
import SinkAPI
import Testing

@testable import ComposeLogs

@Suite struct FollowNoticesTests {
    private enum Step: Sendable {
        case event(String, String, code: String = "0")
        case ended(String, isRestarting: Bool = false)
        case passed(String)
        case over
    }

    private static func web(_ id: String) -> LogSource {
        LogSource(container: ContainerID(id), name: "shop-web-1", project: "shop", service: "web")
    }

    private static func said(_ steps: [Step], found: [String] = ["a"]) -> [String] {
        var notices = FollowNotices()
        notices.found(found.map(web))
        var time: Int64 = 0
        return steps.flatMap { step -> [LogRecord] in
            time += 1
            switch step {
            case .event(let action, let id, let code):
                let event = EngineEvent(
                    type: "container", action: action, actorID: id, attributes: ["exitCode": code],
                    time: EngineTime(nanoseconds: time))
                return notices.happened(event, to: web(id))
            case .ended(let id, let isRestarting): return notices.ended(web(id), isRestarting: isRestarting)
            case .passed(let id): return notices.passed(web(id))
            case .over: return notices.finish()
            }
        }.map { "\($0.time.nanoseconds) " + String(decoding: $0.line, as: UTF8.self) }
    }

    @Test func anEndByItselfIsSaidAtOnceWhicheverIsKnownFirst() {
        for steps in [
            [.event("die", "a", code: "1"), .ended("a")], [.ended("a"), .event("die", "a", code: "1")],
        ] as [[Step]] {
            let said = FollowNoticesTests.said(steps + [.over])
            #expect(said.count == 1 && said[0].hasSuffix(" -- web-1 exited (exit 1) --"), "\(said)")
        }
    }

    @Test func aRestartIsSaidWithTheExitCodeAndTheTimeOfTheEnd() {
        let restarted = ["1 -- web-1 restarted (exit 137) --"]
        #expect(
            FollowNoticesTests.said([
                .event("die", "a", code: "137"), .ended("a", isRestarting: true), .event("start", "a"),
            ])
                == restarted)
        // The reading need not have noticed.
        #expect(FollowNoticesTests.said([.event("die", "a", code: "137"), .event("start", "a"), .over]) == restarted)
        let asked: [Step] = [
            .event("kill", "a"), .event("die", "a", code: "137"), .ended("a"), .event("start", "a"), .passed("a"),
        ]
        #expect(FollowNoticesTests.said(asked) == ["2 -- web-1 restarted (exit 137) --"])
    }

    @Test func aStartAfterAnEndThatWasSaidDoesNotRepeatIt() {
        let steps: [Step] = [.event("die", "a", code: "1"), .ended("a"), .event("start", "a"), .over]
        #expect(FollowNoticesTests.said(steps) == ["1 -- web-1 exited (exit 1) --", "3 -- web-1 restarted --"])
    }

    @Test func aReplacementIsSaidWhicheverRunsFirst() {
        let stopFirst: [Step] = [
            .event("kill", "a"), .event("die", "a"), .ended("a"), .event("start", "b"), .passed("a"), .over,
        ]
        #expect(FollowNoticesTests.said(stopFirst) == ["2 -- web-1 was replaced --"])
        let startFirst: [Step] = [.event("start", "b"), .event("kill", "a"), .event("die", "a"), .ended("a"), .over]
        #expect(FollowNoticesTests.said(startFirst) == ["3 -- web-1 was replaced --"])
    }

    @Test func aStopIsSaidWhenNothingHasFollowed() {
        let stop: [Step] = [.event("kill", "a"), .event("die", "a", code: "143"), .ended("a")]
        #expect(FollowNoticesTests.said(stop) == [])
        #expect(FollowNoticesTests.said(stop + [.passed("a"), .over]) == ["2 -- web-1 exited (exit 143) --"])
        #expect(FollowNoticesTests.said(stop + [.over]) == ["2 -- web-1 exited (exit 143) --"])
    }

    @Test func whatEndedBeforeIsNotSaid() {
        #expect(FollowNoticesTests.said([.ended("a"), .over]) == [])
        #expect(FollowNoticesTests.said([.event("start", "a"), .over]) == [])
    }
}
