import NIOCore
import SinkAPI
import Testing

@testable import LogSinks

/// What is special about Redis, NATS and RELP.
@Suite(.timeLimit(.minutes(5))) struct BrokerSinkTests {
    @Test func aStreamOfAnotherSpoolIsNotTakenForOurs() async throws {
        let double = try await StreamDouble { RedisWire() }
        let url = "redis://gantry:\(SinkUnderTest.password)@127.0.0.1:\(double.port)?key=logs"
        let first = try RedisSinkKind.make(SinkLocation(parsing: url))
        try await deliver(Sample.batch(1...10), to: first)
        await first.shutDown()
        // Its numbers begin again, and Redis would say that it has them.
        let second = try RedisSinkKind.make(SinkLocation(parsing: url))
        let records = Sample.batch(1...3).records
        let failure = await failure {
            try await second.deliver(RecordBatch(epoch: "00000001", records: records, range: 1...3))
        }
        guard case .misconfigured(let text) = failure else {
            Issue.record("entries were lost: \(String(describing: failure))")
            return
        }
        #expect(text.contains("another spool") && double.received.count == 10)
        try await deliver(Sample.batch(11...12), to: second)
        #expect(double.received.count == 12)
        await second.shutDown()
        try await double.stop()
    }

    @Test func repliesAreReadWholeOrNotAtAll() throws {
        let text = "*3\r\n$2\r\na\r\r\n*-1\r\n-ERR no\r\n"
        for count in 0..<text.utf8.count {
            var bytes = ByteBuffer(bytes: text.utf8.prefix(count))
            #expect(try RedisReply.parse(&bytes) == nil && bytes.readableBytes == count)
        }
        var bytes = ByteBuffer(string: text + ":1")
        #expect(try RedisReply.parse(&bytes) == .array([.bytes([0x61, 0x0D]), .null, .error("ERR no")]))
        #expect(bytes.readableBytes == 2)
    }

    @Test func aMessageLargerThanTheServerTakesIsADeadLetter() async throws {
        let double = try await StreamDouble { NATSWire() }
        let sink = try NATSSinkKind.make(
            SinkLocation(parsing: "nats://gantry:\(SinkUnderTest.password)@127.0.0.1:\(double.port)"))
        let long = [UInt8](repeating: 0x78, count: 5 << 20)
        let refused = try await sink.deliver(Sample.batch(lines: [[0x61], long, [0x62]]))
        #expect(Array(refused.keys) == [2] && double.received.map(\.line) == [[0x61], [0x62]])
        await sink.shutDown()
        try await double.stop()
    }

    @Test func serversSpeakInLinesAndPayloads() throws {
        func parse(_ text: String) throws -> NATSMessage? {
            var bytes = ByteBuffer(string: text)
            return try NATSMessage.parse(&bytes)
        }
        #expect(try parse("PING\r\n") == .ping)
        #expect(try parse("-ERR 'Stale Connection'\r\n") == .error("'Stale Connection'"))
        #expect(
            try parse("MSG a.1 1 3\r\nxyz\r\n") == .message(subject: "a.1", status: nil, payload: Array("xyz".utf8)))
        #expect(try parse("MSG a.1 1 3\r\nxyz") == nil)
        #expect(
            try parse("HMSG a.1 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n")
                == .message(subject: "a.1", status: 503, payload: []))
        #expect(throws: NATSMessage.Malformed.self) { try parse("HTTP/1.1 400 Bad Request\r\n") }
    }

    @Test func aBrokenRELPSessionRepeatsAWindowAtMost() async throws {
        let double = try await StreamDouble { RELPWire() }
        let sink = try RELPSinkKind.make(SinkLocation(parsing: "relp://127.0.0.1:\(double.port)"))
        // The first window is answered, the next message is stored and its answer lost.
        try await deliver(Sample.batch(1...1), to: sink)
        let batch = Sample.batch(2...1001)
        double.failLater(.resetAfterStoring, afterRecords: 500)
        try await deliver(batch, to: sink)
        let uids = double.received.map { $0.uid }
        #expect(Set(uids).count == 1001 && uids.count <= 1001 + RELPSink.window)
        #expect(uids.count > 1001)
        await sink.shutDown()
        try await double.stop()
    }
}
