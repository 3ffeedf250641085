import EngineAPI
import FoundationEssentials
import LogProcessing
import LogSinks
import LogSpool
import SinkAPI
import Testing

@testable import ComposeLogs

/// What a log driver sends is stored once, however often it comes and whoever takes it.
@Suite struct ForwardCaptureTests {
    private let store = CollectingStore()
    private let folder =
        FileManager.default.temporaryDirectory.path + "/gantry-forward-\(UInt64.random(in: 0...UInt64.max))"

    private func capture() throws -> ForwardCapture {
        try ForwardCapture(store: store, folder: folder, stages: { _, _ in [] }, labels: { _ in ["team": "blue"] })
    }

    private func message(
        _ log: String, chunk: String, at second: Int64 = 1, part: (ordinal: Int, isLast: Bool)? = nil
    ) -> ForwardMessage {
        let entry = ForwardEntry(
            time: EngineTime(nanoseconds: second * 1_000_000_000 + 7), container: "c1", name: "shop-web-1",
            stream: .stderr, bytes: Array(log.utf8),
            part: part.map { ForwardEntry.Part(line: "ab", ordinal: $0.ordinal, isLast: $0.isLast) })
        return ForwardMessage(tag: "shop/web/1/registry/app:2", entries: [entry], chunk: chunk)
    }

    @Test func aRecordSaysWhereItComesFrom() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await capture().take(message("one", chunk: "a"))
        let record = try #require(store.records.first)
        #expect(record.time == EngineTime(nanoseconds: 1_000_000_007) && record.stream == .stderr)
        let source = record.source
        #expect(source.project == "shop" && source.service == "web" && source.number == 1)
        #expect(source.image == "registry/app:2" && source.labels == ["team": "blue"] && source.label == "web-1")
    }

    @Test func whatIsSentAgainIsKnown() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try capture()
        for chunk in ["a", "a", "b", "c"] { try await first.take(message("same", chunk: chunk)) }
        // Its acknowledgement was lost with the process.
        let second = try capture()
        try await second.take(message("same", chunk: "c"))
        try await second.take(message("next", chunk: "d", at: 2))
        #expect(store.lines.map { $0.suffix(4) } == ["same", "same", "same", "next"])
    }

    @Test(arguments: 0...3) func aLineInPiecesIsJoinedAcrossCrashes(crash: Int) async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var present = try capture()
        let pieces = [("on", "a", (1, false)), ("e l", "b", (2, false)), ("ine", "c", (3, true))]
        for (number, (log, chunk, part)) in pieces.enumerated() {
            try await present.take(message(log, chunk: chunk, part: part))
            guard number == crash else { continue }
            present = try capture()
            try await present.take(message(log, chunk: chunk, part: part))
        }
        try await present.take(message("after", chunk: "d", at: 2))
        #expect(store.lines == ["shop-web-1 one line", "shop-web-1 after"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
}
