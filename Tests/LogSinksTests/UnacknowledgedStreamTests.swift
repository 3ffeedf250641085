import NIOCore
import SinkAPI
import Testing

@testable import LogSinks

/// What becomes of lines whose receiver acknowledges nothing.
@Suite(.timeLimit(.minutes(5))) struct UnacknowledgedStreamTests {
    private func pair() async throws -> (any Sink, StreamDouble) {
        let double = try await StreamDouble { LineWire() }
        let location = try SinkLocation(parsing: "tcp://127.0.0.1:\(double.port)?format=json&timeout=5s")
        return (try TCPSinkKind.make(location), double)
    }

    @Test func whatAReceiverLeftUnreadIsSentAgain() async throws {
        let double = try await StreamDouble { LineWire() }
        var settings = SinkSettings(try SinkLocation(parsing: "tcp://127.0.0.1:\(double.port)"))
        let location = try SinkLocation(parsing: "tcp://127.0.0.1:\(double.port)")
        // However long the test takes, what was sent is in doubt.
        let stream = UnacknowledgedStream(
            try StreamEndpoint(location, settings: &settings, port: nil, isSecured: false), age: .seconds(3600))
        func lines(_ numbers: ClosedRange<Int>) -> ByteBuffer {
            ByteBuffer(string: numbers.map { "{\"uid\":\"\($0)\",\"message\":\"\"}\n" }.joined())
        }
        // Its system has the lines, and it never reads on: they count as delivered.
        double.fail(.hold)
        try await stream.send(lines(1...10))
        try await eventually { double.held == 1 }
        await double.reset()
        try await eventually { double.connections == 0 }
        do { try await stream.send(lines(11...12)) } catch is SinkFailure { try await stream.send(lines(11...12)) }
        try await eventually { double.received.count == 12 }
        #expect(double.received.map { $0.uid } == (1...12).map { "\($0)" })
        await stream.shutDown()
        try await double.stop()
    }

    @Test func anEndThatLosesLinesIsRepairedOnTheWayOut() async throws {
        for isDelivered in [false, true] {
            let (sink, double) = try await pair()
            double.fail(isDelivered ? .hold : .resetBeforeStoring)
            // Without the hold it is chance whether the reset is seen before the end of this delivery, or of the sink;
            // in no case may anything be lost.
            try await deliver(Sample.batch(1...10), to: sink)
            if isDelivered {
                try await eventually { double.held == 1 }
                await double.reset()
            }
            await sink.shutDown()
            try await eventually { Set(double.received.map(\.uid)).count == 10 }
            try await double.stop()
        }
    }

    @Test func aReceiverThatIsAwayIsAnOutage() async throws {
        let (sink, double) = try await pair()
        try await double.stop()
        #expect(await failure { try await sink.deliver(Sample.batch(1...3)) }?.isUnavailable == true)
        await #expect(throws: SinkFailure.self) { try await sink.check { _ in } }
        await sink.shutDown()
    }

    @Test func onlyTheLastWritesAreInDoubt() {
        let start = ContinuousClock.now
        func bytes(_ count: Int) -> ByteBuffer { ByteBuffer(repeating: 0, count: count) }
        func sizes(_ writes: DoubtfulWrites) -> [Int] { writes.all.map { $0.readableBytes } }
        var writes = DoubtfulWrites()
        writes.confirmed(bytes(5), at: start)
        writes.confirmed(bytes(6), at: start + .seconds(1))
        #expect(sizes(writes) == [5, 6])
        writes.confirmed(bytes(7), at: start + .seconds(3))
        #expect(sizes(writes) == [6, 7])
        writes.confirmed(bytes(DoubtfulWrites.size), at: start + .seconds(3))
        #expect(sizes(writes) == [DoubtfulWrites.size], "and no more than so many bytes")
        writes.confirmed(bytes(DoubtfulWrites.size + 1), at: start + .seconds(3))
        #expect(sizes(writes) == [DoubtfulWrites.size + 1], "the last one is kept whatever its size")
        writes.connectionEnded(start + .seconds(5))
        #expect(sizes(writes).count == 1, "after two seconds it is still in doubt")
        writes.connectionEnded(start + .seconds(6))
        #expect(sizes(writes).isEmpty, "later it was read")
    }
}
