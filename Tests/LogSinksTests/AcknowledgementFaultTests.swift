import NIOCore
import NIOPosix
import SinkAPI
import Testing

@testable import LogSinks

/// Acknowledgements that come late, twice or for something else, and receivers that say nothing at all.
@Suite(.timeLimit(.minutes(5))) struct AcknowledgementFaultTests {
    private static let acknowledging = (SinkUnderTest.http + SinkUnderTest.streams).filter {
        $0.traits.contains(.acknowledges)
    }

    @Test(arguments: acknowledging) func anAcknowledgementThatIsTooLateIsNone(_ subject: SinkUnderTest) async throws {
        try await subject.run(timeout: "1s") { sink, receiver in
            let (first, second) = (Sample.batch(1...8), Sample.batch(9...12))
            receiver.fail(.hold)
            #expect(await failure { try await sink.deliver(first) }?.isUnavailable == true)
            receiver.release()
            // Not in such a hurry: however slow the machine is, what follows is not given up.
            let patient = try subject.sink(receiver)
            for batch in [first, second] { try await deliver(batch, to: patient) }
            await patient.shutDown()
            #expect(
                receiver.received.uniqued.map(\.uid) == (subject.expected(first) + subject.expected(second)).map(\.uid))
            #expect(receiver.received.count == 12 || !subject.traits.contains(.deduplicates))
        }
    }

    @Test(arguments: acknowledging) func anAcknowledgementThatComesTwiceIsForNothingElse(
        _ subject: SinkUnderTest
    ) async throws {
        try await subject.run { sink, receiver in
            // The sizes are equal, so that nothing else tells one from the other; the third is never stored.
            let batches = [Sample.batch(1...4), Sample.batch(5...8), Sample.batch(9...12)]
            receiver.fail(.answerTwice)
            for batch in batches.dropLast() { try await deliver(batch, to: sink) }
            receiver.fail(.resetBeforeStoring)
            #expect(await failure { try await sink.deliver(batches[2]) }?.isUnavailable == true)
            #expect(receiver.received.uniqued.count == 8)
            try await deliver(batches[2], to: sink)
            #expect(receiver.received.uniqued.map(\.uid) == batches.flatMap { subject.expected($0) }.map(\.uid))
        }
    }

    /// It takes connections, and neither reads nor says anything: a host behind a firewall that drops, a program that
    /// hangs; of TLS, the handshake.
    @Test(arguments: [
        "tcp://", "tls://", "syslog+tls://", "relp://", "relp+tls://", "forward://", "forward+tls://", "gelf+tls://",
        "redis://", "redis+tls://", "nats://", "nats+tls://", "http://", "https://", "loki+http://", "otlp+https://",
        "elasticsearch+https://", "hec+https://", "gelf+http://", "journal+http://",
    ])
    func aReceiverThatSaysNothingIsGivenUp(scheme: String) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let sink = try SinkCatalog.make(SinkLocation(parsing: "\(scheme)127.0.0.1:\(port)?timeout=1s"))
        // More than the system takes in for a receiver that does not read; the others owe an answer to less.
        let isAcknowledged = scheme != "tcp://"
        let batch =
            isAcknowledged
            ? Sample.batch(1...3)
            : Sample.batch(lines: Array(repeating: Array(repeating: 0x78, count: 1 << 20), count: 16))
        let failure = await failure { try await sink.deliver(batch) }
        #expect(
            failure?.isUnavailable == true && failure?.description.contains("127.0.0.1") == true, "\(failure as Any)")
        await sink.shutDown()
        try await server.close()
    }

    @Test func anAnswerToSomethingElseIsNoneOfRELP() async throws {
        let double = try await StreamDouble { WrongNumber() }
        let sink = try RELPSinkKind.make(SinkLocation(parsing: "relp://127.0.0.1:\(double.port)"))
        #expect(await failure { try await sink.deliver(Sample.batch(1...2)) }?.isUnavailable == true)
        await sink.shutDown()
        try await double.stop()
    }

    private struct WrongNumber: WireDouble {
        private var wire = RELPWire()

        mutating func parse(_ bytes: inout ByteBuffer) throws -> DoubleExchange? {
            guard let exchange = try wire.parse(&bytes) else { return nil }
            guard exchange.carriesRecords else { return exchange }
            return DoubleExchange { _ in Array("77 rsp 6 200 OK\n".utf8) }
        }
    }
}
