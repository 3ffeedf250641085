import ComposeLogs
import ComposeModel
import EngineAPI
import EngineTesting
import FoundationEssentials
import LogShipping
import LogSinks
import LogSpool
import SinkAPI
import Synchronization
import Testing

@testable import ComposeCommands

/// A receiver that fails at every third attempt, half of the times after it has taken the batch.
private final class UnsteadySink: Sink {
    struct Received {
        var attempts = 0
        /// Lines by their identifiers: what comes twice is known.
        var lines: [String: String] = [:]
    }

    let limits = BatchLimits(bytes: 4096, count: 50, age: .zero, window: 2)
    let received = Mutex(Received())

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        try received.withLock { received in
            received.attempts += 1
            if received.attempts % 6 == 3 { throw SinkFailure.unavailable("it is busy") }
            for record in batch.records {
                received.lines[batch.uid(of: record)] = String(decoding: record.line, as: UTF8.self)
            }
            if received.attempts % 6 == 0 { throw SinkFailure.unavailable("the answer was lost") }
        }
        return [:]
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {}
    func shutDown() async {}
    var lines: [String] { received.withLock { $0.lines.values.sorted() } }
}

@Suite(.timeLimit(.minutes(5))) struct ShippingRunTests {
    private let engine = InMemoryEngine()
    private let folder =
        FileManager.default.temporaryDirectory.path + "/gantry-ship-\(UInt64.random(in: 0...UInt64.max))"
    private let unsteady = UnsteadySink()

    init() throws {
        engine.addImage("busybox")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func setup(_ logs: String) throws -> ShippingSetup {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("logs: {\(logs)}".utf8).write(to: URL(filePath: folder + "/logs.yaml"))
        return try .everything(
            of: .project("shop"), file: folder + "/logs.yaml", adding: .init(), environment: [:])
    }

    private func open(
        _ setup: ShippingSetup, tails: String? = nil, saying said: Said = Said()
    ) async throws -> ShippingRun {
        // What is scripted stands in the place of Redis.
        let context = ShippingContext(
            make: { [unsteady] in $0.kind == "redis" ? unsteady : try SinkCatalog.make($0) }, now: { .now() },
            report: { _ in })
        return try await ShippingRun.open(
            setup, spool: folder + "/spool",
            ShippingRun.Surroundings(engine: engine, context: context, tailFolder: tails, say: { said.add($0) }))
    }

    private func start(_ service: String, _ lines: Range<Int>) async throws -> ContainerID {
        engine.script(
            container: "shop-\(service)-1",
            ContainerBehavior(output: lines.map { OutputLine("\(service) \($0)") }))
        var spec = ContainerSpec(image: "busybox")
        spec.labels = ["com.docker.compose.project": "shop", "com.docker.compose.service": service]
        let id = try await engine.createContainer(spec, name: "shop-\(service)-1")
        try await engine.startContainer(id)
        return id
    }

    private func written(to file: String) throws -> [String] {
        struct Line: Decodable { let message: String }
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)") else { return [] }
        return try data.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Line.self, from: Data($0)).message
        }.sorted()
    }

    private func expected(_ service: String, _ lines: Range<Int>) -> [String] {
        lines.map { "\(service) \($0)" }.sorted()
    }

    private static let both = "sinks: {file: 'file:./out.jsonl', other: 'redis://h'}"

    @Test func whatIsThereReachesEachSinkOnceAlsoWhenItIsShippedTwice() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try await start("web", 0..<1000)
        for _ in 0..<2 {
            let run = try await open(try setup(Self.both))
            try await run.collect()
            #expect(await run.end(drainingFor: .seconds(50)) == [:])
        }
        #expect(try written(to: "out.jsonl") == expected("web", 0..<1000))
        #expect(unsteady.lines == expected("web", 0..<1000))
    }

    @Test func aReloadMovesRoutesAndSinksAndLosesNothing() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let said = Said()
        let run = try await open(try setup(Self.both + ", routes: [{services: api, to: file}]"), saying: said)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await run.follow() } catch is CancellationError {}
            }
            let web = try await start("web", 0..<500)
            _ = try await start("api", 0..<500)
            while unsteady.lines.count < 1000 { await Task.yield() }
            try await run.adopt(try setup(Self.both + ", routes: [{services: api, to: [file]}]"))
            #expect(said.texts == ["Nothing that concerns shipping has changed."])
            try await run.adopt(
                try setup(
                    "sinks: {more: 'file:./more.jsonl', other: 'redis://h'}, "
                        + "routes: [{services: web, redact: 'secret \\d+'}]"))
            #expect(said.texts.last == "The declaration was read again. Sinks begun: more; ended: file.")
            try engine.emit("secret 1\n", from: web)
            while unsteady.lines.count < 1001 { await Task.yield() }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(await run.end(drainingFor: .seconds(50)) == [:])
        #expect(unsteady.lines == (expected("web", 0..<500) + expected("api", 0..<500) + ["***"]).sorted())
        #expect(try written(to: "more.jsonl").contains("***"))
        #expect(Set(try written(to: "out.jsonl")).isSubset(of: expected("api", 0..<500)))
    }

    @Test func whoRemovesAContainerIsToldWhenItsLastLinesAreDurable() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = try await open(try setup(Self.both), tails: folder)
        let following = Task { try? await run.follow() }
        for service in ["web", "api"] {
            let id = try await start(service, 0..<500)
            try await engine.stopContainer(id, timeout: .zero)
            #expect(await TailRequest.send(id, to: folder, within: .seconds(50)) == .collected)
            try await engine.removeContainer(id, force: true, anonymousVolumes: true)
        }
        following.cancel()
        await following.value
        #expect(await run.end(drainingFor: .seconds(50)) == [:])
        #expect(unsteady.lines == (expected("web", 0..<500) + expected("api", 0..<500)).sorted())
        #expect(!TailRequest.isPossible(in: folder))
    }

    @Test func aSecondShipperOfTheSameSpoolIsRefused() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = try await open(try setup(Self.both))
        await #expect(throws: SpoolError.inUse(folder: folder + "/spool")) { _ = try await open(try setup(Self.both)) }
        _ = await run.end(drainingFor: .zero)
    }
}

/// What people were told.
private final class Said: Sendable {
    private let all = Mutex<[String]>([])
    func add(_ text: String) { all.withLock { $0.append(text) } }
    var texts: [String] { all.withLock { $0 } }
}
