import EngineAPI
import EngineTesting
import LogProcessing
import LogSpool
import SinkAPI
import Synchronization
import Testing

@testable import ComposeLogs

/// A store in memory that is as durable as a test is long.
final class CollectingStore: RecordStore {
    private struct State {
        var records: [LogRecord] = []
        var positions: [ContainerID: [UInt8]] = [:]
        var appends = 0
        var failures: [SpoolError] = []
    }

    private let state = Mutex(State())

    func append(_ records: [LogRecord], positions: [CapturePosition]) async throws {
        try state.withLock { state in
            state.appends += 1
            if let failure = state.failures.popLast() { throw failure }
            state.records += records
            for position in positions { state.positions[position.container] = position.content }
        }
    }

    func position(of container: ContainerID) -> [UInt8]? { state.withLock { $0.positions[container] } }

    func tails(since times: [ContainerID: EngineTime]) async throws -> [ContainerID: [RecordIdentity]] {
        let records = records.filter { record in times[record.source.container].map { record.time >= $0 } ?? false }
        return Dictionary(grouping: records, by: \.source.container).mapValues { $0.map { RecordIdentity($0) } }
    }

    /// The next appends are refused.
    func refuse(_ failures: [SpoolError]) { state.withLock { $0.failures = failures } }
    /// As if a crash had come before they were written.
    func forgetPositions() { state.withLock { $0.positions = [:] } }

    var records: [LogRecord] { state.withLock { $0.records } }
    var positions: [ContainerID: [UInt8]] { state.withLock { $0.positions } }
    var lines: [String] { records.map { "\($0.source.name) \(String(decoding: $0.line, as: UTF8.self))" } }

    func waitForLines(_ count: Int) async throws { try await wait { $0.records.count >= count } }
    func waitForNoPosition(of container: ContainerID) async throws { try await wait { $0.positions[container] == nil } }

    private func wait(_ isMet: (borrowing State) -> Bool) async throws {
        while !state.withLock({ isMet($0) }) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct LogCaptureTests {
    private let engine = InMemoryEngine()
    private let store = CollectingStore()

    init() { engine.addImage("busybox") }

    private func create(_ name: String, logging: LoggingSpec? = nil) async throws -> ContainerID {
        var spec = ContainerSpec(image: "busybox")
        spec.labels = ["com.docker.compose.project": "shop", "com.docker.compose.service": name, "team": "blue"]
        spec.logging = logging
        return try await engine.createContainer(spec, name: name)
    }

    private func start(_ name: String, logging: LoggingSpec? = nil) async throws -> ContainerID {
        let id = try await create(name, logging: logging)
        try await engine.startContainer(id)
        return id
    }

    /// However slow the machine is, what is waited for comes.
    private static let patient: CaptureOptions = {
        var options = CaptureOptions()
        options.tailDeadline = .seconds(3600)
        return options
    }()

    private func whileCapturing(
        _ options: CaptureOptions = patient,
        clock: any Clock<Duration> = TestClock(advancingWhenSleeping: 1), _ body: (LogCapture) async throws -> Void
    ) async throws {
        let capture = LogCapture(
            engine: engine, store: store, selection: .project("shop"), options: options, clock: clock, warn: { _ in })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await capture.run() } catch is CancellationError {}
            }
            try await body(capture)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private static let rotating = LoggingSpec(driver: "local", options: ["max-size": "1m"])

    @Test func capturesWhatIsThereAndWhatComes() async throws {
        let a = try await start("aa")
        try engine.emit("old\n", from: a)
        try await whileCapturing { _ in
            try await store.waitForLines(1)
            engine.script(container: "bb", ContainerBehavior(run: .exits(code: 0), output: ["one", "two"]))
            _ = try await start("bb")
            try await store.waitForLines(3)
            try engine.emit("new\nun", from: a)
            try await store.waitForLines(4)
            try engine.exit(a, code: 0)
            try await store.waitForLines(5)
        }
        #expect(store.lines.sorted() == ["aa new", "aa old", "aa un", "bb one", "bb two"])
        #expect(store.records.last?.flags == .unterminated)
    }

    @Test func followsARestartTheEngineAndTheConnection() async throws {
        let a = try await start("aa")
        var expected: [String] = []
        try await whileCapturing { _ in
            for round in 0..<12 {
                for number in 0..<5 { try engine.emit("\(round).\(number)\n", from: a) }
                expected += (0..<5).map { "aa \(round).\($0)" }
                if round % 2 == 0 { try await store.waitForLines(expected.count) }
                if round % 3 == 0 { engine.cutStreams() }
                if round % 4 == 1 {
                    try await engine.stopContainer(a, timeout: nil)
                    try await engine.startContainer(a)
                }
            }
            try await store.waitForLines(expected.count)
        }
        #expect(store.lines == expected)
    }

    @Test(arguments: [LoggingSpec(driver: "json-file"), rotating])
    func goesOnWhereAnEarlierCaptureEndedThoughItsPositionsAreLost(logging: LoggingSpec) async throws {
        let a = try await start("aa", logging: logging)
        for round in 0..<6 {
            for number in 0..<10 { try engine.emit("\(round).\(number)\n", from: a) }
            try await whileCapturing { _ in try await store.waitForLines((round + 1) * 10 - 4) }
            if round % 2 == 0 { store.forgetPositions() }
        }
        try await whileCapturing { _ in try await store.waitForLines(60) }
        #expect(store.lines == (0..<60).map { "aa \($0 / 10).\($0 % 10)" })
    }

    @Test func whatIsAttachedToBeforeItsStartIsCapturedWhole() async throws {
        var selection = CaptureSelection.project("shop")
        selection.modes = ["aa": .attach]
        for round in 0..<3 {
            // The first capture ends in the middle of a run; the next one finds its place in what the engine kept.
            let capture = LogCapture(
                engine: engine, store: store, selection: selection, options: Self.patient,
                clock: TestClock(advancingWhenSleeping: 1), warn: { _ in })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do { try await capture.run() } catch is CancellationError {}
                }
                if round == 0 {
                    let id = try await create("aa", logging: Self.rotating)
                    await capture.prepare(start: id, service: "aa")
                    try await engine.startContainer(id)
                }
                let id = try #require(try await engine.containers(matching: ObjectFilter()).first?.id)
                for number in 0..<10 { try engine.emit("\(round).\(number)\n", from: id) }
                try await store.waitForLines((round + 1) * 10)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        #expect(store.lines == (0..<30).map { "aa \($0 / 10).\($0 % 10)" })
    }

    @Test func findsWhatWasLeftOutAndDropsWhatCameTwice() async throws {
        let a = try await start("aa", logging: Self.rotating)
        try await whileCapturing(clock: ContinuousClock()) { capture in
            for number in 0..<300 {
                try engine.emit("\(number)\n", from: a, for: number % 7 == 3 ? .readers : .everyone)
                if number % 50 == 49 { try engine.repeatOutput(20, of: a) }
                if number % 80 == 0 { await Task.yield() }
            }
            try await engine.stopContainer(a, timeout: nil)
            #expect(await capture.collectTail(of: a))
            #expect(store.records.count == 300)
        }
        let numbers = store.lines.compactMap { Int($0.dropFirst(3)) }
        #expect(numbers.sorted() == Array(0..<300))
        let repaired = store.records.filter { $0.flags.contains(.repaired) }
        #expect(repaired.count > 0 && repaired.count <= 43)
        let followed = store.records.filter { !$0.flags.contains(.repaired) }.map(\.time)
        #expect(followed == followed.sorted())
    }

    @Test func saysWhatIsLostForGood() async throws {
        let a = try await start("aa", logging: Self.rotating)
        try engine.emit("first\n", from: a)
        try await whileCapturing(clock: ContinuousClock()) { capture in
            try await store.waitForLines(1)
            for number in 0..<50 { try engine.emit("\(number)\n", from: a, for: .readers) }
            try engine.dropOutput(of: a, keeping: 10)
            try await engine.stopContainer(a, timeout: nil)
            await capture.collectTail(of: a)
        }
        let notices = store.records.filter { $0.flags.contains(.notice) }
        #expect(notices.count == 1)
        #expect(store.lines.filter { !$0.contains("log.gap") } == ["aa first"] + (40..<50).map { "aa \($0)" })
        let text = String(decoding: notices[0].line, as: UTF8.self)
        #expect(text.hasPrefix("log.gap from=\(store.records[0].time.rfc3339) to=\(store.records[2].time.rfc3339) "))
    }

    @Test func aClockThatWasSetBackLosesNothing() async throws {
        for (name, logging) in [("aa", LoggingSpec(driver: "json-file")), ("bb", Self.rotating)] {
            let first = try await start("first-\(name)")
            try engine.emit("listed\n", from: first)
            let before = store.records.count + 1
            try await whileCapturing(clock: ContinuousClock()) { capture in
                // From its start on: an engine leaves out what is older than it was asked for, also where it is new.
                try await store.waitForLines(before)
                let id = try await start(name, logging: logging)
                for number in 0..<20 {
                    try engine.emit("\(number)\n", from: id)
                    if number == 10 || number == 15 { try await store.waitForLines(before + number + 1) }
                    if number == 10 { engine.setClockBack(seconds: 3600) }
                    if number == 15 { engine.cutStreams() }
                }
                try await engine.stopContainer(id, timeout: nil)
                await capture.collectTail(of: id)
            }
            let lines = store.lines.filter { $0.hasPrefix(name) }
            #expect(lines.sorted() == (0..<20).map { "\(name) \($0)" }.sorted())
        }
    }

    @Test func forgetsAContainerThatIsRemoved() async throws {
        let a = try await start("aa")
        try await whileCapturing(clock: ContinuousClock()) { capture in
            try engine.emit("x\n", from: a)
            try await store.waitForLines(1)
            try await engine.removeContainer(a, force: true, anonymousVolumes: false)
            try await store.waitForNoPosition(of: a)
            #expect(await capture.collectTail(of: a))
        }
        #expect(store.lines == ["aa x"])
    }

    @Test func aFullStoreHoldsTheCaptureBackAndLosesNothing() async throws {
        let a = try await start("aa")
        store.refuse([.noSpace(folder: "/spool", needed: 1), .tooLarge(bytes: 9, limit: 1)])
        for number in 0..<100 { try engine.emit("\(number)\n", from: a) }
        try await whileCapturing { _ in try await store.waitForLines(100) }
        #expect(store.lines == (0..<100).map { "aa \($0)" })
    }

    /// Joins each line that begins with a space to the one before.
    private struct Joining: RecordStage {
        var held: LogRecord?
        mutating func take(_ records: [LogRecord], into out: inout [LogRecord]) {
            for record in records {
                if record.line.first == UInt8(ascii: " "), held != nil {
                    held?.line += record.line
                } else {
                    flush(into: &out)
                    held = record
                }
            }
        }
        mutating func flush(into out: inout [LogRecord]) {
            if let held { out.append(held) }
            held = nil
        }
        var isHolding: Bool { held != nil }
    }

    @Test(arguments: [LoggingSpec(driver: "json-file"), rotating])
    func linesThatAreJoinedAreNotTornByAnEnd(logging: LoggingSpec) async throws {
        let a = try await start("aa", logging: logging)
        let options = CaptureOptions(stages: { _, _ in [Joining()] })
        for round in 0..<5 {
            try await whileCapturing(options) { _ in
                for number in 0..<4 { try engine.emit("\(round).\(number)\n at\n of\n", from: a) }
                try await store.waitForLines(round * 4 + 3)
            }
        }
        try await whileCapturing(options) { _ in try await store.waitForLines(20) }
        #expect(store.lines == (0..<20).map { "aa \($0 / 4).\($0 % 4) at of" })
    }

    @Test func selectsByLabelNameImageAndOptOut() {
        let labels = ["com.docker.compose.project": "shop", "com.docker.compose.service": "web", "team": "blue"]
        func source(_ selection: CaptureSelection, _ more: [String: String] = [:]) -> LogSource? {
            selection.source(
                "c", name: "0123456789ab_shop-web-1", image: "nginx:1", labels: labels.merging(more) { $1 })
        }
        let found = source(CaptureSelection(names: ["shop-*"], images: ["nginx*"], keptLabels: ["te*"]))
        #expect(found?.label == "web-1" && found?.service == "web" && found?.project == "shop")
        #expect(found?.image == "nginx:1" && found?.labels == ["team": "blue"])
        #expect(source(CaptureSelection(), [CaptureSelection.optOut: "off"]) == nil)
        #expect(source(CaptureSelection(names: ["db*"])) == nil && source(CaptureSelection(images: ["ng"])) == nil)
        #expect(source(.project("shop", services: ["db"])) == nil && source(.project("shop", services: ["web"])) != nil)
        let alone = CaptureSelection().source("c", name: "tool", image: "busybox", labels: [:])
        #expect(alone?.service == "tool" && alone?.project == nil && alone?.label == "tool")
    }
}
