import EngineAPI
import LogProcessing
import LogSpool
import SinkAPI
import Testing

@testable import LogShipping

@Suite struct ShippingPlanTests {
    private func sink(_ settings: [String: String]) throws -> SinkPlan {
        try SinkPlan(name: "a", location: SinkLocation(text: "test:a", kind: "test", settings: settings))
    }

    @Test func takesOutTheSettingsOfAllSinks() throws {
        let plan = try sink([
            "batch.bytes": "512kb", "batch.count": "7", "batch.age": "1m30s", "window": "2", "when_full": "evict_sink",
            "tenant": "x",
        ])
        #expect(plan.location.settings == ["tenant": "x"])
        #expect(plan.whenFull == .evictSink)
        #expect(
            plan.limits(over: BatchLimits()) == BatchLimits(bytes: 512 << 10, count: 7, age: .seconds(90), window: 2))
        #expect(try sink([:]).limits(over: BatchLimits(bytes: 5)) == BatchLimits(bytes: 5))
    }

    @Test(arguments: [
        ("batch.bytes", "big"), ("batch.bytes", "1"), ("batch.bytes", "9999999999g"), ("batch.bytes", ""),
        ("batch.count", "0"), ("batch.count", "x"), ("batch.age", "5"), ("batch.age", "2h"), ("batch.age", ""),
        ("batch.age", "1sx"), ("window", "0"), ("window", "65"), ("when_full", "explode"),
    ])
    func refusesWhatIsNotRight(key: String, text: String) {
        let error = #expect(throws: SinkConfigurationError.self) { try sink([key: text]) }
        #expect(error?.description.hasPrefix(key) == true)
    }

    /// Redis, for one, would take the later of two batches for both.
    @Test func aSinkThatNeedsTheOrderKeepsIt() throws {
        let plan = try sink(["window": "4"])
        let error = #expect(throws: SinkConfigurationError.self) { try plan.check(against: BatchLimits(window: 1)) }
        #expect(error?.description.contains("\"window\" of 4") == true)
        #expect(plan.limits(over: BatchLimits(window: 1)).window == 1)
        try plan.check(against: BatchLimits(window: 2))
        try sink(["window": "1"]).check(against: BatchLimits(window: 1))
    }

    @Test func routesGiveSinksTheirRules() throws {
        let route = ShippingPlan.Route(RouteRule(services: [GlobPattern("web")]), to: ["a"])
        let made = try plan("a", "b", routes: [route])
        #expect(made.sinks.map(\.rules) == [[route.rule], [RouteRule()]])
        #expect(throws: SinkConfigurationError.self) { try plan("a", "a") }
        #expect(throws: SinkConfigurationError.self) { try plan("b", routes: [route]) }
        #expect(throws: SinkConfigurationError.self) { try plan("") }
    }

    @Test func processesEachServiceAsItIsTold() throws {
        let plan = try ShippingPlan(
            sinks: [],
            processing: [
                .init(
                    services: [GlobPattern("web")], multiline: MultilineRule(.start(try Pattern(#"^\S"#))),
                    redaction: RedactionRule(keys: ["pin"])),
                .init(redaction: RedactionRule(patterns: [try Pattern("hidden")])),
            ])
        func out(_ source: LogSource) throws -> [String] {
            var (stages, out) = (try plan.stages(for: source), [LogRecord]())
            let lines = ["ERROR hidden", " {\"pin\":\"1\"}"]
            stages.take(
                lines.map { line in
                    LogRecord(
                        source: source, stream: .stdout, time: records(0..<1)[0].time, line: Array(line.utf8)[...])
                }, into: &out)
            stages.flush(into: &out)
            #expect(out.first?.level == .error)
            return out.map(\.text)
        }
        #expect(try out(web) == ["ERROR ***\n {\"pin\":\"***\"}"])
        #expect(try out(db) == ["ERROR ***", " {\"pin\":\"1\"}"])
    }
}
