import EngineAPI
import NIOCore
import SinkAPI
import Testing

@testable import LogSinks

/// Forward, and MessagePack under it.
@Suite(.timeLimit(.minutes(5))) struct ForwardTests {
    @Test func valuesAreWrittenInTheirShortestForm() {
        func bytes(_ body: (inout [UInt8]) -> Void) -> [UInt8] {
            var out: [UInt8] = []
            body(&out)
            return out
        }
        // From the format's specification.
        let integers: [(UInt64, [UInt8])] = [
            (0, [0]), (127, [0x7F]), (128, [0xCC, 0x80]), (255, [0xCC, 0xFF]), (256, [0xCD, 1, 0]),
            (65536, [0xCE, 0, 1, 0, 0]), (1 << 32, [0xCF, 0, 0, 0, 1, 0, 0, 0, 0]),
        ]
        for (value, expected) in integers { #expect(bytes { MessagePack.append(value, to: &$0) } == expected) }
        #expect(bytes { MessagePack.appendString("ab".utf8, to: &$0) } == [0xA2, 0x61, 0x62])
        for (count, head) in [(31, [0xBF]), (32, [0xD9, 32]), (256, [0xDA, 1, 0]), (65536, [0xDB, 0, 1, 0, 0])]
            as [(Int, [UInt8])]
        {
            #expect(bytes { MessagePack.appendString([UInt8](repeating: 0, count: count), to: &$0) }.starts(with: head))
        }
        #expect(bytes { MessagePack.appendBinary([7], to: &$0) } == [0xC4, 1, 7])
        #expect(bytes { MessagePack.appendMapHeader(15, to: &$0) } == [0x8F])
        #expect(bytes { MessagePack.appendMapHeader(16, to: &$0) } == [0xDE, 0, 16])
        #expect(bytes { MessagePack.appendArrayHeader(2, to: &$0) } == [0x92])
        let time = EngineTime(nanoseconds: 1_000_000_002)
        #expect(bytes { MessagePack.appendEventTime(time, to: &$0) } == [0xD7, 0, 0, 0, 0, 1, 0, 0, 0, 2])
        let early = EngineTime(nanoseconds: -1)
        #expect(
            bytes { MessagePack.appendEventTime(early, to: &$0) } == [
                0xD7, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x3B, 0x9A, 0xC9, 0xFF,
            ])
    }

    @Test func valuesAreReadWholeOrNotAtAll() throws {
        let bytes: [UInt8] = [
            0x82, 0xA3, 0x61, 0x63, 0x6B, 0xC4, 2, 0xFF, 0, 0xA1, 0x78, 0x93, 0xD1, 0xFF, 0xFE, 0xC3, 0xC0,
        ]
        for count in 0..<bytes.count {
            var rest = bytes.prefix(count)
            #expect(try MessagePackValue.parse(&rest) == nil && rest.count == count)
        }
        var rest = (bytes + [9])[...]
        let value = try #require(try MessagePackValue.parse(&rest))
        #expect(value["ack"]?.bytes == [0xFF, 0] && value["x"] == .array([.integer(-2), .bool(true), .null]))
        #expect(rest == [9])
        var endless = [UInt8](repeating: 0x91, count: 1000)[...]
        #expect(throws: MessagePackValue.Malformed.self) { try MessagePackValue.parse(&endless) }
    }

    @Test func eachTagOfABatchIsAMessageOfItsOwn() async throws {
        let double = try await StreamDouble { ForwardWire() }
        let sink = try ForwardSinkKind.make(SinkLocation(parsing: "forward://127.0.0.1:\(double.port)"))
        try await deliver(Sample.batch(1...6), to: sink)
        #expect(
            double.received.map { $0.uid.suffix(2) } == ["-3", "-6", "-1", "-2", "-4", "-5"],
            "by tag: gantry.db, gantry.web")
        await sink.shutDown()
        try await double.stop()
    }

    @Test func aLongBatchIsSeveralMessages() async throws {
        let double = try await StreamDouble { ForwardWire() }
        let sink = try ForwardSinkKind.make(SinkLocation(parsing: "forward://127.0.0.1:\(double.port)?tag=gantry"))
        let batch = Sample.batch(lines: Array(repeating: Array(repeating: 0x78, count: 1 << 20), count: 5))
        try await deliver(batch, to: sink)
        #expect(double.received.map(\.uid) == batch.records.map { batch.uid(of: $0) })
        await sink.shutDown()
        try await double.stop()
    }

    @Test func whoeverAsksForAKeyOrHasAnotherGetsNothing() async throws {
        for (query, key) in [("", ForwardWire.Key()), ("?shared_key=other", ForwardWire.Key(sendsText: false))] {
            let double = try await StreamDouble { ForwardWire(key) }
            let sink = try ForwardSinkKind.make(SinkLocation(parsing: "forward://127.0.0.1:\(double.port)\(query)"))
            guard case .misconfigured(let text) = await failure({ try await sink.deliver(Sample.batch(1...2)) }) else {
                Issue.record("it was let in")
                return
            }
            #expect(query.isEmpty ? text.contains("shared_key") : text.contains("mismatch"))
            #expect(double.received.isEmpty)
            await sink.shutDown()
            try await double.stop()
        }
    }

    @Test func aWrongAcknowledgementIsNone() async throws {
        let double = try await StreamDouble { WrongAcknowledgement() }
        let sink = try ForwardSinkKind.make(SinkLocation(parsing: "forward://127.0.0.1:\(double.port)?tag=gantry"))
        #expect(await failure { try await sink.deliver(Sample.batch(1...2)) }?.isUnavailable == true)
        await sink.shutDown()
        try await double.stop()
    }

    private struct WrongAcknowledgement: WireDouble {
        private var wire = ForwardWire()

        mutating func parse(_ bytes: inout ByteBuffer) throws -> DoubleExchange? {
            guard try wire.parse(&bytes) != nil else { return nil }
            // {"ack": "x"}
            return DoubleExchange { _ in [0x81, 0xA3, 0x61, 0x63, 0x6B, 0xA1, 0x78] }
        }
    }
}
