import EngineAPI
import EngineTesting
import FoundationEssentials
import SinkAPI
import Synchronization
import Testing

@testable import ComposeLogs

@Suite(.timeLimit(.minutes(5))) final class KeptOutputTests {
    private let engine = InMemoryEngine()
    private let folder: String
    private let kept: KeptOutput

    init() throws {
        let temporary = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        folder = "\(temporary)/gantry-kept-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        kept = KeptOutput(folder: folder)
        engine.addImage("busybox")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func run(_ name: String, _ frames: [OutputFrame]) async throws -> ContainerID {
        let id = try await engine.createContainer(ContainerSpec(image: "busybox"), name: name)
        try await engine.startContainer(id)
        for frame in frames {
            try engine.emit(String(decoding: frame.bytes, as: UTF8.self), to: frame.stream, from: id)
        }
        return id
    }

    private func keep(_ label: String, _ id: ContainerID, number: Int = 1, removed: Int64 = 9) async throws {
        let service = String(label.prefix { $0 != "-" })
        let source = LogSource(
            container: id, name: "shop-\(label)", project: "shop", service: service, number: number)
        try await kept.keep(source, removed: EngineTime(nanoseconds: removed), from: engine)
    }

    /// What `logs --previous` shows.
    private func shown(_ options: LogReader.Options = .init(), of service: String? = nil) async throws -> [String] {
        let sink = RecordingSink()
        let reading = KeptReading(kept, of: { service ?? $0.service == $0.service }, options: options, sink: sink)
        _ = try await reading.run()
        return sink.lines
    }

    @Test func linesOfARemovedContainerAreKeptAsTheyWere() async throws {
        let id = try await run("web", [frame("one\r\n"), frame("two\n", on: .stderr), frame("last")])
        try await keep("web-1", id)
        let container = try #require(kept.containers { _ in true }.first)
        #expect(container.source.label == "web-1" && container.source.container == id && kept.services == ["web"])
        #expect(container.records.map { Array($0.line) } == ["one\r", "two", "last"].map { Array($0.utf8) })
        #expect(container.records.map(\.stream) == [.stdout, .stderr, .stdout])
        #expect(container.records.map(\.flags) == [[], [], .unterminated])
        #expect(try await shown() == ["web-1 one", "web-1 two", "web-1 last"])
    }

    @Test func onlyTheOwnerMayReadThem() async throws {
        try await keep("web-1", try await run("web", [frame("secret\n")]))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(try #require(files.first))")
        #expect(files.count == 1 && mode[.posixPermissions] as? Int == 0o600)
    }

    @Test func asMuchIsKeptAsTheBoundsSay() async throws {
        let line = String(repeating: "x", count: 999) + "\n"
        try await keep("web-1", try await run("web", (0..<2500).map { frame("\($0 % 10)" + line) }))
        let records = try #require(kept.containers { _ in true }.first).records
        #expect(records.last?.line.first == UInt8(ascii: "9") && records.allSatisfy { $0.line.count == 1000 })
        let size = records.reduce(0) { $0 + $1.line.count }
        #expect(size > KeptOutput.longest * 9 / 10 && size <= KeptOutput.longest)
        for round in 0..<5 {
            try await keep(
                "api-2", try await run("api\(round)", [frame("\(round)\n")]), number: 2, removed: Int64(round))
        }
        #expect(try await shown(of: "api") == ["api-2 2", "api-2 3", "api-2 4"])
        #expect(kept.containers { _ in true }.count == KeptOutput.containersPerReplica + 1)
    }

    @Test func theOptionsOfTheCommandApplyToThem() async throws {
        let old = try await run("web", [frame("[error] a\n"), frame("b\n"), frame("c\n")])
        let other = try await run("db", [frame("d\n")])
        for (label, id) in [("web-1", old), ("db-1", other)] { try await keep(label, id) }
        #expect(try await shown(of: "db") == ["db-1 d"])
        #expect(try await shown(.init(tail: 1)) == ["web-1 c", "db-1 d"])
        #expect(try await shown(.init(view: LogView(query: LogQuery(level: .error)))) == ["web-1 [error] a"])
        let told = try await shown(.init(tellsEnds: true), of: "db")
        #expect(told == ["db-1 d", "db-1 -- db-1 was removed --"])
    }

    @Test func whatCannotBeReadIsLeftOut() async throws {
        try await keep("web-1", try await run("web", [frame("a\n")]))
        for (file, text) in [("00.a.1.web.log", "no header\n"), ("01.b.1.web.log", ""), ("x.log", "{\"version\":7}\n")]
        {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(file)"))
        }
        #expect(try await shown() == ["web-1 a"])
        #expect(KeptOutput(folder: folder + "/missing").containers { _ in true }.isEmpty)
    }

    @Test func nothingIsKeptWhereTheEngineDoesNotAnswer() async throws {
        let id = try await run("web", [frame("a\n")])
        engine.setFaults(FaultSchedule(.error, at: 1, of: .any))
        await #expect(throws: EngineError.self) { try await keep("web-1", id) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
}
