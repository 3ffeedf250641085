import EngineAPI
import FoundationEssentials
import LogShipping
import SinkAPI
import Testing

@Suite(.timeLimit(.minutes(5))) struct DeadLettersTests {
    private func letter(_ number: Int, line: [UInt8]? = nil) -> DeadLetter {
        var record = records(number..<number + 1)[0]
        record.sequence = UInt64(number)
        if let line { record.line = line[...] }
        let batch = RecordBatch(epoch: "e", records: [record], range: 1...1000)
        return DeadLetter(record, of: batch, reason: "no", time: EngineTime(nanoseconds: 0))
    }

    @Test func areTheRecordsAsTheyWere() async throws {
        let folder = try TemporaryFolder()
        let letters = DeadLetters(spool: folder.url.path, sink: "a/../b")
        try await letters.add([letter(1), letter(2, line: [0, 0xFF, 10]), letter(1)])
        try await letters.add([letter(2), letter(3)])
        let list = try await DeadLetters(spool: folder.url.path, sink: "a/../b").list()
        #expect(list.map(\.sequence) == [1, 2, 3])
        #expect(list[1].line == nil && list[1].batch.records[0].line == [0, 0xFF, 10])
        #expect(list[0].batch.records[0].source.service == "web")
        #expect(list[0].uid == list[0].batch.uid(of: list[0].batch.records[0]))
        let path = folder.url.path + "/dead-letters/a%2f%2e%2e%2fb.jsonl"
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func theOldestGoWhereThereAreTooMany() async throws {
        let folder = try TemporaryFolder()
        let letters = DeadLetters(spool: folder.url.path, sink: "a", bound: 4000)
        for number in 0..<100 { try await letters.add([letter(number)]) }
        let list = try await letters.list()
        #expect(list.last?.sequence == 99 && (2..<20).contains(list.count))
        #expect(try await letters.dropped() + list.count == 100)
        try await letters.remove([list[0].uid])
        #expect(try await letters.list().count == list.count - 1)
        #expect(try await letters.dropped() + list.count == 100)
    }

    @Test func aLineThatACrashCutIsPassedOver() async throws {
        let folder = try TemporaryFolder()
        try await DeadLetters(spool: folder.url.path, sink: "a").add([letter(1), letter(2)])
        let url = folder.url.appending(path: "dead-letters/a.jsonl")
        try Data(contentsOf: url).dropLast(20).write(to: url)
        let letters = DeadLetters(spool: folder.url.path, sink: "a")
        try await letters.add([letter(2), letter(3)])
        #expect(try await letters.list().map(\.sequence) == [1, 2, 3])
    }
}
