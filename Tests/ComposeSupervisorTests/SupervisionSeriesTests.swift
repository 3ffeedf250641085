import ComposeModel
import ComposePlanner
import Testing

@testable import ComposeSupervisor

/// How often, and after what time, a container is restarted.
@Suite struct SupervisionSeriesTests {
    /// Runs of so many seconds, each ended with a code, and what follows each.
    struct Course: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let rule: RestartRule
        let runs: [(seconds: Int, code: Int)]
        let decisions: [String]
    }

    private static let courses = [
        Course(
            testDescription: "without a window every restart counts",
            rule: RestartRule(always: true, delay: .seconds(5), attempts: 2), runs: [(9, 1), (9, 1), (9, 1)],
            decisions: ["restart", "restart", "give up after 2"]),
        Course(
            testDescription: "a run of the window's length is a success, which takes no failure back",
            rule: RestartRule(always: true, window: .seconds(30), attempts: 2),
            runs: [(1, 1), (1, 1), (30, 1), (40, 1), (29, 1)],
            decisions: ["restart", "restart", "restart", "restart", "give up after 2"]),
        Course(
            testDescription: "a long stable run begins anew",
            rule: RestartRule(always: true, window: .seconds(30), attempts: 2),
            runs: [(1, 1), (1, 1), (600, 1), (1, 1), (1, 1)],
            decisions: ["restart", "restart", "restart", "restart", "give up after 2"]),
        Course(
            testDescription: "on-failure leaves a success alone", rule: RestartRule(always: false),
            runs: [(1, 3), (1, 0)], decisions: ["restart", "done"]),
        Course(
            testDescription: "any restarts after a success", rule: RestartRule(always: true), runs: [(1, 0)],
            decisions: ["restart"]),
    ]

    @Test(arguments: courses) func restartsCountAsTheSpecificationHasIt(_ course: Course) {
        var series = RestartSeries()
        var now = Duration.zero
        let decisions = course.runs.map { run -> String in
            now += .seconds(run.seconds)
            switch series.ended(code: run.code, course.rule, now: now) {
            case .restart(let delay):
                #expect(delay == course.rule.delay)
                now += delay
                series.restarted(now: now)
                return "restart"
            case .done: return "done"
            case .giveUp(let failed): return "give up after \(failed)"
            }
        }
        #expect(decisions == course.decisions)
    }

    @Test func restartsForHealthComeMoreAndMoreSeldomUpToTheLimit() {
        var series = UnhealthySeries()
        let delays = (0..<9).map { _ in series.becameUnhealthy(limit: 8, now: .zero) }
        let expected = [1, 2, 4, 8, 16, 32, 60, 60].enumerated().map { index, seconds in
            UnhealthySeries.Decision.restart(after: .seconds(seconds), attempt: index + 1)
        }
        #expect(delays == expected + [.giveUp])
    }

    @Test(arguments: [(599, 3), (600, 1)]) func tenHealthyMinutesBeginAnew(_ seconds: Int, _ attempt: Int) {
        var series = UnhealthySeries()
        for _ in 0..<2 { _ = series.becameUnhealthy(limit: 9, now: .zero) }
        series.becameHealthy(now: .seconds(10))
        let decision = series.becameUnhealthy(limit: 9, now: .seconds(10 + seconds))
        #expect(decision == .restart(after: attempt == 1 ? .seconds(1) : .seconds(4), attempt: attempt))
    }

    private static let settings: [(CanonicalValue, UnhealthyPolicy?)] = [
        (.string("restart"), UnhealthyPolicy(.restart)),
        (.object([.init("action", .string("stop"))]), UnhealthyPolicy(.stop)),
        (
            .object([.init("action", .string("restart")), .init("attempts", .int(9))]),
            UnhealthyPolicy(.restart, attempts: 9)
        ),
        (.string("pray"), nil), (.object([.init("attempts", .int(9))]), nil),
        (.object([.init("action", .string("notify")), .init("attempts", .int(0))]), nil),
    ]

    @Test(arguments: settings) func onUnhealthyHasAShortAndALongForm(
        _ value: CanonicalValue, _ policy: UnhealthyPolicy?
    ) throws {
        var service = Service(name: "web")
        service.extensions["x-gantry"] = .object([.init("on_unhealthy", value)])
        if let policy {
            #expect(try UnhealthyPolicy(service) == policy)
        } else {
            let problem = #expect(throws: SupervisionProblem.self) { try UnhealthyPolicy(service) }
            #expect(problem?.description.hasPrefix("Service web: x-gantry.on_unhealthy") == true)
        }
        #expect(try UnhealthyPolicy(Service(name: "plain")) == nil)
    }
}
