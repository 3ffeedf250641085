import EngineAPI
import EngineTesting
import LogProcessing
import SinkAPI
import Synchronization
import Testing

@testable import ComposeLogs

@Suite(.timeLimit(.minutes(5))) struct LogReaderTests {
    private let engine = InMemoryEngine()
    private let sink = RecordingSink()
    private let selection = LogSelection(labels: ["project=shop"]) { id, name, labels in
        labels["service"].map { LogSource(container: id, name: name, service: $0) }
    }

    init() { engine.addImage("busybox") }

    private func create(
        _ name: String, labels: [String: String] = [:], _ configure: (inout ContainerSpec) -> Void = { _ in }
    ) async throws -> ContainerID {
        var spec = ContainerSpec(image: "busybox")
        spec.labels = ["project": "shop", "service": name].merging(labels) { $1 }
        configure(&spec)
        return try await engine.createContainer(spec, name: name)
    }

    private func start(_ name: String) async throws -> ContainerID {
        let id = try await create(name)
        try await engine.startContainer(id)
        return id
    }

    private func reader(
        _ options: LogReader.Options, clock: TestClock = TestClock(advancingWhenSleeping: 1),
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) -> LogReader {
        LogReader(engine: engine, selection: selection, options: options, sink: sink, clock: clock, warn: warn)
    }

    /// Follows while `body` runs, and then until the end, however long it takes by the clock that `body` is given.
    private func whileFollowing(_ body: (TestClock) async throws -> Void) async throws {
        let clock = TestClock()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await reader(LogReader.Options(follow: true), clock: clock).run() }
            try await body(clock)
            let time = Task {
                while true {
                    try await clock.waitForSleepers(1)
                    clock.advance(by: Succession.grace)
                }
            }
            defer { time.cancel() }
            try await group.waitForAll()
        }
    }

    @Test func mergesKeptOutputByTime() async throws {
        let (a, b) = (try await start("aa"), try await start("bb"))
        for number in 0..<200 { try engine.emit("\(number)\n", from: number % 3 == 0 ? a : b) }
        try await reader(LogReader.Options()).run()
        #expect(sink.lines == (0..<200).map { "\($0 % 3 == 0 ? "aa" : "bb") \($0)" })
        #expect(sink.times == sink.times.sorted())
    }

    @Test func readsTheLastLinesOfEachAndNothingOfStrangers() async throws {
        let (a, b) = (try await start("aa"), try await start("bb"))
        let stranger = try await create("other", labels: ["project": "else"])
        try await engine.startContainer(stranger)
        for id in [a, b, stranger] { try engine.emit("1\n2\n3\n", from: id) }
        try await reader(LogReader.Options(tail: 1)).run()
        #expect(sink.lines == ["aa 3", "bb 3"])
    }

    @Test func warnsOfAContainerThatCannotBeReadAndShowsTheOthers() async throws {
        let (a, b) = (try await start("aa"), try await start("bb"))
        for id in [a, b] { try engine.emit("x\n", from: id) }
        engine.setFaults(FaultSchedule(.error, at: 1, of: .call("logs aa")))
        let warnings = Mutex<[String]>([])
        try await reader(LogReader.Options()) { text in warnings.withLock { $0.append(text) } }.run()
        #expect(sink.lines == ["bb x"])
        #expect(warnings.withLock { $0.count == 1 && $0[0].contains("output of aa:") })
    }

    @Test func followsUntilNobodyRuns() async throws {
        let (a, b) = (try await start("aa"), try await start("bb"))
        try engine.emit("old\n", from: a)
        async let run: Void = reader(LogReader.Options(follow: true)).run()
        try await sink.waitForLines(1)
        try engine.emit("new\n", from: b)
        try await sink.waitForLines(2)
        try engine.exit(a, code: 0)
        try engine.emit("last\n", from: b)
        try engine.exit(b, code: 0)
        try await run
        #expect(sink.lines == ["aa old", "bb new", "bb last"])
    }

    @Test func followsAcrossRestartsWithoutLossOrRepetition() async throws {
        let (a, keeper) = (try await start("aa"), try await start("keeper"))
        async let run: Void = reader(LogReader.Options(follow: true)).run()
        var expected: [String] = []
        for round in 0..<5 {
            for number in 0..<20 { try engine.emit("\(round).\(number)\n", from: a) }
            expected += (0..<20).map { "aa \(round).\($0)" }
            if round.isMultiple(of: 2) { try await sink.waitForLines(expected.count) }
            try await engine.stopContainer(a, timeout: nil)
            try await engine.startContainer(a)
        }
        try engine.emit("end\n", from: a)
        try await sink.waitForLines(expected.count + 1)
        try engine.exit(a, code: 0)
        try engine.exit(keeper, code: 0)
        try await run
        #expect(sink.lines == expected + ["aa end"])
    }

    @Test func followsWhatTheEngineIsAboutToRestart() async throws {
        engine.script(container: "aa", ContainerBehavior(output: ["run"]))
        let a = try await create("aa") { $0.restartPolicy = RestartPolicySpec(name: "always") }
        try await engine.startContainer(a)
        try await whileFollowing { clock in
            try await sink.waitForLines(1)
            while try await engine.container(a).state != .restarting { try engine.exit(a, code: 1) }
            // Two looks find it still about to be restarted.
            for _ in 0..<2 {
                try await clock.waitForSleepers(1)
                clock.advance(by: Succession.grace)
            }
            try await clock.waitForSleepers(1)
            let count = sink.lines.count
            engine.tick()
            try await sink.waitForLines(count + 1)
            try await engine.stopContainer(a, timeout: nil)
        }
        #expect(sink.lines.count == Int(try await engine.container(a).restartCount) + 1)
    }

    @Test func followsARestartFromOutside() async throws {
        let a = try await start("aa")
        try await whileFollowing { clock in
            try engine.emit("before\n", from: a)
            try await sink.waitForLines(1)
            try await engine.stopContainer(a, timeout: nil)
            try await clock.waitForSleepers(1)
            try await engine.startContainer(a)
            try engine.emit("after\n", from: a)
            try await sink.waitForLines(2)
            try engine.exit(a, code: 0)
        }
        #expect(sink.lines == ["aa before", "aa after"])
    }

    @Test func goesOnWithTheReplacementOfTheLastContainer() async throws {
        let a = try await start("aa")
        try await whileFollowing { clock in
            try engine.emit("old\n", from: a)
            try await sink.waitForLines(1)
            engine.script(container: "aa2", ContainerBehavior(output: ["new"]))
            let b = try await create("aa2")
            try await engine.stopContainer(a, timeout: nil)
            try await engine.removeContainer(a, force: false, anonymousVolumes: false)
            for _ in 0..<3 {
                try await clock.waitForSleepers(1)
                clock.advance(by: Succession.grace)
            }
            try await clock.waitForSleepers(1)
            try await engine.startContainer(b)
            try await sink.waitForLines(2)
            try engine.exit(b, code: 0)
        }
        #expect(sink.lines == ["aa old", "aa2 new"])
    }

    @Test func endsWhenTheSinkClosesThoughNothingIsWritten() async throws {
        _ = try await start("aa")
        await sink.close()
        await #expect(throws: OutputFailure.closed) { try await reader(LogReader.Options(follow: true)).run() }
    }

    @Test func followsAcrossBrokenConnections() async throws {
        let a = try await start("aa")
        async let run: Void = reader(LogReader.Options(follow: true)).run()
        for number in 0..<10 {
            try engine.emit("\(number)\n", from: a)
            try await sink.waitForLines(number + 1)
            engine.cutStreams()
        }
        try engine.exit(a, code: 0)
        try await run
        #expect(sink.lines == (0..<10).map { "aa \($0)" })
    }

    @Test func followsContainersThatAreMadeLater() async throws {
        let a = try await start("aa")
        try engine.emit("first\n", from: a)
        async let run: Void = reader(LogReader.Options(follow: true, tail: 1)).run()
        try await sink.waitForLines(1)
        engine.script(container: "bb", ContainerBehavior(output: ["one", "two", "three"]))
        let b = try await start("bb")
        try await sink.waitForLines(4)
        for id in [a, b] { try engine.exit(id, code: 0) }
        try await run
        #expect(sink.lines == ["aa first", "bb one", "bb two", "bb three"])
    }

    @Test func showsANewRunWholeThoughOldLinesWereNotWanted() async throws {
        let (a, keeper) = (try await start("aa"), try await start("keeper"))
        try engine.emit("old\n", from: a)
        try engine.emit("seen\n", from: keeper)
        async let run: Void = reader(LogReader.Options(follow: true, tail: 0)).run()
        // Only what comes after the reading began is shown, so it has to have begun.
        while engine.calls.filter({ $0.description.hasPrefix("logs") }).count < 2, !Task.isCancelled {
            await Task.yield()
        }
        engine.script(container: "aa", ContainerBehavior(output: ["again"]))
        try await engine.stopContainer(a, timeout: nil)
        try await engine.startContainer(a)
        try await sink.waitForLines(1)
        for id in [a, keeper] { try engine.exit(id, code: 0) }
        try await run
        #expect(sink.lines == ["aa again"])
    }

    @Test func endsWhenTheSinkTakesNoMore() async throws {
        let a = try await start("aa")
        try engine.emit("x\n", from: a)
        struct ClosedSink: LogSink {
            func register(_ sources: [LogSource]) {}
            func write(_ records: [LogRecord]) async throws { throw OutputFailure.closed }
            func waitForFailure() async -> OutputFailure? { await BoundedQueue(capacity: 1).next() }
        }
        for follow in [false, true] {
            let reader = LogReader(
                engine: engine, selection: selection, options: .init(follow: follow), sink: ClosedSink(), warn: { _ in }
            )
            await #expect(throws: OutputFailure.closed) { try await reader.run() }
        }
    }

    @Test func throwsWhereTheEngineCannotBeReached() async throws {

        for follow in [false, true] {
            engine.setFaults(FaultSchedule(.error, at: 1, of: .any))
            await #expect(throws: EngineError.self) { try await reader(LogReader.Options(follow: follow)).run() }
        }
    }

    @Test func showsOnlyWhatIsAskedForInTheOrderOfTimes() async throws {
        let (a, b) = (try await start("aa"), try await start("bb"))
        for number in 0..<9 { for id in [a, b] { try engine.emit("line \(number)\n", from: id) } }
        for id in [a, b] { try engine.exit(id, code: 0) }
        let query = LogQuery(include: [try Pattern("[25]")], before: 1, separates: true)
        for follow in [false, true] {
            let sink = RecordingSink()
            try await LogReader(
                engine: engine, selection: selection, options: .init(follow: follow, view: LogView(query: query)),
                sink: sink, clock: TestClock(advancingWhenSleeping: 1), warn: { _ in }
            ).run()
            let lines = ["line 1", "line 2", "--", "line 4", "line 5"]
            #expect(sink.lines.filter { $0.hasPrefix("aa") } == lines.map { "aa \($0)" })
            #expect(sink.lines.count == 10 && sink.times == sink.times.sorted())
        }
    }

    @Test func tellsOfEndsAndRestartsWhereTheyBelong() async throws {
        let (a, keeper) = (try await start("aa"), try await start("keeper"))
        async let run: Void = reader(LogReader.Options(follow: true, tellsEnds: true)).run()
        try engine.emit("before\n", from: a)
        try await sink.waitForLines(1)
        try engine.exit(a, code: 3)
        try await sink.waitForLines(2)
        try await engine.startContainer(a)
        try engine.emit("after\n", from: a)
        try await sink.waitForLines(4)
        for id in [a, keeper] { try engine.exit(id, code: 0) }
        try await run
        #expect(
            sink.lines == [
                "aa before", "aa -- aa exited (exit 3) --", "aa -- aa restarted --", "aa after",
                "aa -- aa exited (exit 0) --", "keeper -- keeper exited (exit 0) --",
            ])
    }

    @Test func keepsCarriageReturnsWhereBytesAreShownExactly() async throws {
        let a = try await start("aa")
        try engine.emit("a\r\nb\r\n", from: a)
        try await reader(LogReader.Options(view: LogView(isExact: true))).run()
        #expect(sink.lines == ["aa a\r", "aa b\r"])
    }

    @Test func endsWhenCancelled() async throws {
        _ = try await start("aa")
        let task = Task { try await reader(LogReader.Options(follow: true)).run() }
        while !engine.calls.contains(where: { $0.description.hasPrefix("logs") }), !Task.isCancelled {
            await Task.yield()
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
