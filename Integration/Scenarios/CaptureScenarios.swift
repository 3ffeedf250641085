import ComposeLogs
import DockerEngine
import EngineAPI
import FoundationEssentials
import LogSpool
import SinkAPI
import Subprocess
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What containers write must be in the spool once, whatever becomes of the capture, the containers and the engine's files.
@Suite(.onEngine, .serialized) struct CaptureScenarios {
    /// 114 bytes with the newline, numbered.
    private static func printing(_ count: Int, from first: String = "0") -> String {
        let padding = String(repeating: "x", count: 100)
        return "awk -v n=\(first) 'BEGIN { for (i = 0; i < \(count); i++) printf \"SEQ%09d \(padding)\\n\", n + i }'"
    }

    private static func rotating(_ driver: String, _ size: String, _ files: Int) -> LoggingSpec {
        LoggingSpec(driver: driver, options: ["max-size": size, "max-file": "\(files)"])
    }

    private static let limit: Duration = .seconds(400)

    @Test(arguments: [rotating("json-file", "10m", 5), rotating("local", "20m", 5)])
    func aBurstThatRotatesTheFilesMustBeSpooledOnce(logging: LoggingSpec) async throws {
        try await CaptureStage.with(alone: true, limit: Self.limit) { stage in
            let lines = 300_000
            try await stage.capturing { capture in
                let begin = ContinuousClock.now
                let id = try await stage.start("burst", Self.printing(lines), logging: logging)
                _ = try await stage.engine.waitContainer(id)
                let written = ContinuousClock.now
                try await withDeadline(Self.limit, "collecting the tail") {
                    while await !capture.collectTail(of: id) {}
                }
                let end = ContinuousClock.now
                for status in await capture.statuses {
                    print(
                        "capture of \(logging.driver ?? ""): written in \(written - begin), durable \(end - written) "
                            + "later, audits \(status.audits), repaired \(status.repaired), "
                            + "given again \(status.duplicates), gaps \(status.gaps)")
                }
            }
            let tally = try await stage.tally()
            print("capture of \(logging.driver ?? ""): \(tally)")
            #expect(tally.missing(of: lines).isEmpty && tally.doubled.isEmpty && tally.isInOrder)
            // 300,000 lines take 55 MB in a json-file and 44 MB in the other.
            #expect(logging.driver == "json-file" || tally.notices.isEmpty)
        }
    }

    @Test func aBurstBeforeTheFirstCaptureMustBeSpooledOnce() async throws {
        try await CaptureStage.with(alone: true, limit: Self.limit) { stage in
            let lines = 300_000
            let id = try await stage.start("burst", Self.printing(lines), logging: Self.rotating("local", "20m", 5))
            _ = try await stage.engine.waitContainer(id)
            try await stage.capturing { capture in
                try await withDeadline(Self.limit, "collecting") { while await !capture.collectTail(of: id) {} }
            }
            let tally = try await stage.tally()
            print("capture begun after a burst: \(tally)")
            #expect(tally.isWhole(lines) && tally.notices.isEmpty)
        }
    }

    @Test func onlyAProjectThatShipsMustGetRotatedFiles() async throws {
        let services = "services: {web: {image: busybox, command: [sleep, infinity], init: true}}"
        try await Scenario.with(services) { scenario in
            try await scenario.gantry("up", "-d")
            let id = ContainerID(scenario.name("web"))
            let before = try await scenario.engine.container(id)
            #expect(before.logging?.options == [:])
            try scenario.write(
                services + "\nx-gantry: {logs: {sinks: {file: 'file:./out.jsonl'}}}", to: "compose.yaml")
            // What is there stays.
            try await scenario.gantry("up", "-d")
            #expect(try await scenario.engine.container(id).id == before.id)
            try await scenario.gantry("up", "-d", "--force-recreate").says("is kept in 4 files of 64 MB")
            #expect(
                try await scenario.engine.container(id).logging
                    == LoggingSpec(driver: "json-file", options: ["max-size": "64m", "max-file": "4"]))
        }
    }

    /// As people start them: a process of `gantry run` for each.
    @Test(arguments: [false, true]) func noContainerThatIsRunOnceMustBeMissed(isRemoved: Bool) async throws {
        let count = Proof.isFull ? 100 : 20
        let compose = "services: {job: {image: busybox}}\nx-gantry: {logs: {sinks: {file: 'file:./out.jsonl'}}}"
        try await Scenario.with(compose, limit: Self.limit) { scenario in
            let ended = try await scenario.whileRunning("ship") { running in
                try await running.waitForError("Shipping the output")
                // One more, so that what happened to the others is known by then.
                for number in 0...count {
                    let removal = isRemoved && number < count ? ["--rm"] : []
                    let run = try scenario.command(["run"] + removal + ["job", "echo", "job \(number)"])
                    try await run.run().exits(0)
                }
                try running.signal(.terminate)
            }
            ended.exits(0)
            // What ended as the shipper did is there still.
            try await scenario.gantry("ship", "--once")
            let text = String(
                decoding: FileManager.default.contents(atPath: scenario.folder + "/out.jsonl") ?? Data(), as: UTF8.self)
            let missing = (0..<count).filter { !text.contains("\"job \($0)\"") }
            let notices = text.split(separator: "\n").count { $0.contains("log.gap") }
            print("gantry run, removed \(isRemoved): \(count) containers, missing \(missing.count), notices \(notices)")
            #expect(missing.count <= notices && (isRemoved || missing.isEmpty))
        }
    }

    /// An attachment from before the start is overtaken by no rotation, however small the files are.
    @Test func anAttachedBurstMustBeSpooledOnce() async throws {
        try await CaptureStage.with(alone: true, limit: Self.limit) { stage in
            let lines = 300_000
            try await stage.capturing(["burst": .attach]) { capture in
                let id = try await stage.start(
                    "burst", Self.printing(lines), logging: Self.rotating("json-file", "1m", 2), preparing: capture)
                _ = try await stage.engine.waitContainer(id)
                try await withDeadline(Self.limit, "collecting the tail") {
                    while await !capture.collectTail(of: id) {}
                }
            }
            let tally = try await stage.tally()
            print("capture by an attachment, json-file 1m x 2: \(tally)")
            #expect(tally.isWhole(lines) && tally.notices.isEmpty)
        }
    }

    /// What an attachment has given is found again in what the engine keeps.
    @Test func anAttachmentThatIsKilledMustBeContinued() async throws {
        try await CaptureStage.with(limit: Self.limit) { stage in
            let lines = 20_000
            let modes = ["talker": CaptureMode.attach]
            let id = Mutex<ContainerID?>(nil)
            for round in 0..<6 {
                try await stage.capturing(modes, killedAfter: .milliseconds(Int.random(in: 200...900))) { capture in
                    guard round == 0 else { return }
                    let started = try await stage.start(
                        "talker",
                        "i=0; while [ $i -lt 40 ]; do \(Self.printing(500, from: "$((i * 500))")); "
                            + "i=$((i + 1)); usleep 100000; done", preparing: capture)
                    id.withLock { $0 = started }
                }
            }
            let talker = try #require(id.withLock { $0 })
            _ = try await stage.engine.waitContainer(talker)
            try await stage.capturing(modes) { capture in _ = await capture.collectTail(of: talker) }
            let tally = try await stage.tally()
            print("attachments killed 6 times: \(tally)")
            #expect(tally.isWhole(lines) && tally.notices.isEmpty)
        }
    }

    @Test(arguments: [rotating("json-file", "1m", 2), rotating("json-file", "10m", 3)])
    func whatTheEngineHasDroppedMustBeSaid(logging: LoggingSpec) async throws {
        try await CaptureStage.with(alone: true, limit: Self.limit) { stage in
            let lines = 300_000
            try await stage.capturing { capture in
                let id = try await stage.start("burst", Self.printing(lines), logging: logging)
                _ = try await stage.engine.waitContainer(id)
                try await withDeadline(Self.limit, "collecting the tail") {
                    while await !capture.collectTail(of: id) {}
                }
            }
            let tally = try await stage.tally()
            print("capture beyond retention: \(tally), lost \(tally.missing(of: lines).count)")
            #expect(tally.doubled.isEmpty)
            for missing in tally.missing(of: lines) {
                let before = tally.times[missing - 1].map { [$0] } ?? []
                let isSaid = tally.gaps.contains { gap in before.allSatisfy { $0 <= gap.upperBound } }
                #expect(isSaid, "\(missing) is lost in silence")
                if !isSaid { break }
            }
            #expect(tally.missing(of: lines).isEmpty || !tally.gaps.isEmpty)
        }
    }

    @Test(arguments: [false, true]) func noShortLivedContainerMustBeMissed(autoRemove: Bool) async throws {
        let count = Proof.isFull ? 300 : 100
        try await CaptureStage.with(limit: Self.limit) { stage in
            try await stage.capturing { _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<count {
                        if number >= 8 { try await group.next() }
                        group.addTask {
                            _ = try await stage.start(
                                "short-\(number)", "printf 'SEQ%09d' \(number)", autoRemove: autoRemove)
                        }
                    }
                    try await group.waitForAll()
                }
                try await stage.waitForRecords(count)
            }
            let tally = try await stage.tally()
            print("capture of \(count) short-lived containers, removed by the engine \(autoRemove): \(tally)")
            // One that the engine removes at its end may be gone before anybody can ask for its output.
            #expect(tally.doubled.isEmpty && tally.missing(of: count).count <= tally.notices.count)
            #expect(autoRemove || tally.notices.isEmpty)
        }
    }

    @Test(arguments: [LoggingSpec(driver: "json-file"), rotating("local", "2m", 5)])
    func aCaptureThatIsKilledMustBeContinued(logging: LoggingSpec) async throws {
        try await CaptureStage.with(limit: Self.limit) { stage in
            let lines = 40_000
            let id = try await stage.start(
                "talker",
                "i=0; while [ $i -lt 40 ]; do \(Self.printing(1000, from: "$((i * 1000))")); "
                    + "i=$((i + 1)); usleep 100000; done", logging: logging)
            for _ in 0..<12 {
                try await stage.capturing(killedAfter: .milliseconds(Int.random(in: 30...600))) { _ in }
            }
            _ = try await stage.engine.waitContainer(id)
            try await stage.capturing { capture in _ = await capture.collectTail(of: id) }
            let tally = try await stage.tally()
            print("capture killed 12 times, \(logging.driver ?? ""): \(tally)")
            #expect(tally.missing(of: lines).isEmpty && tally.doubled.isEmpty && tally.notices.isEmpty)
        }
    }

    @Test(arguments: [CaptureMode.logs, .attach]) func restartsMustLoseNothing(mode: CaptureMode) async throws {
        let rounds = Proof.isFull ? 50 : 10
        try await CaptureStage.with(limit: Self.limit) { stage in
            let script =
                "n=$(cat /n 2>/dev/null || echo 0); echo $((n + 500)) > /n; "
                + Self.printing(500, from: "$n") + "; exec sleep 1000"
            try await stage.capturing(["again": mode]) { _ in
                let id = try await stage.start("again", script)
                for round in 1...rounds {
                    try await stage.waitForRecords(round * 500)
                    try await stage.engine.stopContainer(id, timeout: .zero)
                    try await stage.engine.startContainer(id)
                }
                try await stage.waitForRecords((rounds + 1) * 500)
            }
            let tally = try await stage.tally()
            print("capture over \(rounds) restarts, \(mode): \(tally)")
            #expect(tally.isWhole((rounds + 1) * 500) && tally.notices.isEmpty)
        }
    }

    /// What was written last before a container is killed may be lost with it, and nothing before it.
    @Test func aContainerThatIsRemovedWhileItWritesMustLeaveNoHole() async throws {
        try await CaptureStage.with(limit: Self.limit) { stage in
            let script = { (begin: Int) in
                "i=0; while true; do \(Self.printing(100, from: "$((\(begin) + i * 100))")); i=$((i + 1)); usleep 20000; done"
            }
            try await stage.capturing { _ in
                for round in 0..<3 {
                    // Each has the name of the one before.
                    let id = try await stage.start("writer", script(round * 1_000_000))
                    try await stage.waitForRecords((round + 1) * 1000)
                    try await stage.engine.removeContainer(id, force: true, anonymousVolumes: true)
                }
            }
            let tally = try await stage.tally()
            print("capture of containers that are removed while they write: \(tally)")
            let rounds = Dictionary(grouping: tally.times.keys) { $0 / 1_000_000 }
            #expect(rounds.count == 3 && tally.doubled.isEmpty)
            for (round, numbers) in rounds { #expect(numbers.max() == round * 1_000_000 + numbers.count - 1) }
        }
    }

    @Test func aTerminalsLinesMustKeepTheirBytes() async throws {
        try await CaptureStage.with(limit: Self.limit) { stage in
            try await stage.capturing { capture in
                let id = try await stage.start(
                    "terminal", "echo one; head -c 20000 /dev/zero | tr '\\0' x; echo; printf last", terminal: true)
                _ = try await stage.engine.waitContainer(id)
                #expect(await capture.collectTail(of: id))
            }
            let lines = try await stage.records().map { String(decoding: $0.line, as: UTF8.self) }
            #expect(lines == ["one", String(repeating: "x", count: 20000), "last"])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can run an engine of its own"))
    func anEngineThatStartsAgainMustLoseNothing() async throws {
        try await PrivateEngine.with { engine in
            try await CaptureStage.with(on: engine.host, limit: Self.limit) { stage in
                let script =
                    "n=$(cat /n 2>/dev/null || echo 0); echo $((n + 500)) > /n; "
                    + Self.printing(500, from: "$n") + "; exec sleep 1000"
                try await stage.capturing { _ in
                    let id = try await stage.start("again", script)
                    try await stage.waitForRecords(500)
                    try await engine.kill()
                    try await engine.start()
                    try await stage.engine.startContainer(id)
                    try await stage.waitForRecords(1000)
                }
                let tally = try await stage.tally()
                #expect(tally.missing(of: 1000).isEmpty && tally.doubled.isEmpty)
            }
        }
    }

    /// Lines at the edges of what engines cut, and bytes that are no text.
    @Test(arguments: ["json-file", "local"]) func edgeLinesMustKeepTheirBytes(driver: String) async throws {
        try await CaptureStage.with(limit: Self.limit) { stage in
            let sizes = [0, 1, 16383, 16384, 16385, 32768, (1 << 20) - 1, (1 << 20) + 1, 16 << 20, 3]
            let long = sizes.map { "head -c \($0) /dev/zero | tr '\\0' x; echo" }.joined(separator: "; ")
            let script =
                long
                + #"; printf 'cr\r\n'; printf 'nul\0nul\n'; printf 'bad\377\n'; printf 'par'; echo err >&2; echo tial; printf 'last'"#
            try await stage.capturing { capture in
                let id = try await stage.start("edges", script, logging: LoggingSpec(driver: driver))
                _ = try await stage.engine.waitContainer(id)
                #expect(await capture.collectTail(of: id))
            }
            var lines: [[UInt8]] = [[]]
            // A line that the engine began and did not go on with is read again: `local` ends none that is as long as a
            // piece.
            let records = try await stage.records()
            let isRepaired = { (record: LogRecord) in record.flags.contains(.repaired) }
            for record in records.filter({ !isRepaired($0) }) + records.filter(isRepaired) {
                lines[lines.count - 1] += record.line
                if !record.flags.contains(.partial) { lines.append([]) }
            }
            let bad = driver == "local" ? [0xFF] : Array("\u{FFFD}".utf8)
            let others: [[UInt8]] = [
                Array("cr".utf8), Array("nul\0nul".utf8), Array("bad".utf8) + bad, Array("err".utf8),
                Array("partial".utf8),
                Array("last".utf8),
            ]
            let expected = sizes.map { [UInt8](repeating: UInt8(ascii: "x"), count: $0) } + others
            #expect(lines.removeLast().isEmpty)
            let isShorter = { (left: [UInt8], right: [UInt8]) in left.lexicographicallyPrecedes(right) }
            #expect(lines.map(\.count).sorted() == expected.map(\.count).sorted())
            #expect(lines.sorted(by: isShorter) == expected.sorted(by: isShorter))
        }
    }
}

/// A project's containers, and the spool that their output goes to.
private struct CaptureStage: Sendable {
    let scenario: Scenario
    var engine: any ContainerEngine { scenario.engine }
    private let state = StageState()

    private final class StageState: Sendable {
        /// Each killed capture leaves a copy of the spool, as a crash would.
        let copies = Mutex(0)
        let store = Mutex<Spool?>(nil)
    }

    private var folder: String { "\(scenario.folder)/spool-\(state.copies.withLock { $0 })" }

    static func with(
        alone: Bool = false, on host: String? = nil, limit: Duration,
        _ body: @escaping @Sendable (CaptureStage) async throws -> Void
    ) async throws {
        try await Scenario.with("services: {idle: {image: busybox}}", alone: alone, on: host, limit: limit) {
            scenario in
            let stage = CaptureStage(scenario: scenario)
            do { try await body(stage) } catch { Issue.record(error) }
            let filter = ObjectFilter(labels: ["com.docker.compose.project=\(scenario.project)"])
            for container in try await stage.engine.containers(matching: filter) {
                try? await stage.engine.removeContainer(container.id, force: true, anonymousVolumes: true)
            }
        }
    }

    func start(
        _ name: String, _ script: String, logging: LoggingSpec? = nil, autoRemove: Bool = false,
        terminal: Bool = false, preparing capture: LogCapture? = nil
    ) async throws -> ContainerID {
        var spec = ContainerSpec(image: "busybox")
        spec.command = ["sh", "-c", script]
        spec.logging = logging
        spec.autoRemove = autoRemove
        spec.terminal = terminal
        spec.labels = [
            "com.docker.compose.project": scenario.project, "com.docker.compose.service": name,
            "com.docker.compose.container-number": "1", "com.docker.compose.oneoff": "False",
        ]
        let id = try await engine.createContainer(spec, name: "\(scenario.project)-\(name)-1")
        await capture?.prepare(start: id, service: name)
        try await engine.startContainer(id)
        return id
    }

    /// Captures while `body` runs.
    ///
    /// - Parameter time: after which it is killed, instead of ended when `body` has returned.
    func capturing(
        _ modes: [String: CaptureMode] = [:], killedAfter time: Duration? = nil,
        _ body: (LogCapture) async throws -> Void
    ) async throws {
        let store = try await Spool.open(folder)
        _ = try await store.register("check", from: .oldest)
        state.store.withLock { $0 = store }
        var selection = CaptureSelection.project(scenario.project)
        selection.modes = modes
        let capture = LogCapture(
            engine: engine, store: store, selection: selection, warn: { print("capture: \($0)") })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await capture.run() } catch is CancellationError {}
            }
            try await body(capture)
            if let time { try await Task.sleep(for: time) }
            group.cancelAll()
            try await group.waitForAll()
        }
        if time != nil {
            // What was not durable yet at this instant is lost, as by a crash; the rest is closed and forgotten.
            let old = folder
            state.copies.withLock { $0 += 1 }
            try FileManager.default.copyItem(atPath: old, toPath: folder)
        }
        await store.close()
    }

    /// Returns when so many records are spooled.
    func waitForRecords(_ count: Int) async throws {
        let store = try #require(state.store.withLock { $0 })
        let reader = try await store.reader(for: "check")
        var found = 0
        while found < count { found += try await reader.next()?.records.count ?? 0 }
    }

    /// All that is spooled.
    func records() async throws -> [LogRecord] {
        let store = try await Spool.open(folder)
        let reader = try await store.reader(for: "check")
        let last = await store.metrics.last
        var records: [LogRecord] = []
        while let reading = try await reader.next(ReadLimit(through: last)) { records += reading.records }
        await store.close()
        return records
    }

    func tally() async throws -> Tally { Tally(try await records()) }
}

/// The numbered lines among records.
private struct Tally: CustomStringConvertible {
    /// By number.
    private(set) var times: [Int: EngineTime] = [:]
    private(set) var doubled: [Int] = []
    private(set) var repaired = 0
    private(set) var notices: [String] = []
    private(set) var gaps: [ClosedRange<EngineTime>] = []
    /// Whether what was not repaired rises.
    private(set) var isInOrder = true

    init(_ records: [LogRecord]) {
        var last = -1
        for record in records {
            let text = String(decoding: record.line.prefix(200), as: UTF8.self)
            if record.flags.contains(.notice) {
                notices.append(text)
                let facts = text.split(separator: " ").compactMap { word in
                    word.split(separator: "=").dropFirst().first.flatMap { EngineTime(String($0)) }
                }
                if facts.count == 2, facts[0] <= facts[1] { gaps.append(facts[0]...facts[1]) }
                continue
            }
            guard text.hasPrefix("SEQ"), let number = Int(text.dropFirst(3).prefix(9)) else { continue }
            if times.updateValue(record.time, forKey: number) != nil { doubled.append(number) }
            if record.flags.contains(.repaired) {
                repaired += 1
            } else {
                if number < last { isInOrder = false }
                last = number
            }
        }
    }

    /// Whether each of so many lines is there once, in order.
    func isWhole(_ count: Int) -> Bool { missing(of: count).isEmpty && doubled.isEmpty && isInOrder }

    func missing(of count: Int) -> [Int] { (0..<count).filter { times[$0] == nil } }

    var description: String {
        "\(times.count) lines, \(repaired) of them repaired, \(doubled.count) doubled, \(notices.count) notices"
            + (notices.first.map { ", the first \($0)" } ?? "")
    }
}
