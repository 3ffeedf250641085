import SinkAPI
import Testing

@testable import LogSinks

/// What goes over UDP.
@Suite(.timeLimit(.minutes(5))) struct DatagramSinkTests {
    @Test func syslogIsAMessageADatagram() async throws {
        let double = try await DatagramDouble()
        let sink = try SyslogSinkKind.make(SinkLocation(parsing: "syslog+udp://127.0.0.1:\(double.port)"))
        try await sink.check { _ in }
        try await deliver(Sample.batch(1...50), to: sink)
        try await eventually { double.received.count == 50 }
        let texts = try double.received.map { String(decoding: try SyslogMessage($0).text, as: UTF8.self) }
        #expect(texts == (1...50).map { "line \($0)" })
        await sink.shutDown()
        try await double.stop()
    }

    @Test func aReceiverThatIsGoneIsNoticed() async throws {
        let double = try await DatagramDouble()
        let port = double.port
        try await double.stop()
        let sink = try SyslogSinkKind.make(SinkLocation(parsing: "syslog+udp://127.0.0.1:\(port)"))
        // The system says so when it has heard it, which on one machine is at once.
        #expect(await failure { try await sink.deliver(Sample.batch(1...50)) }?.isUnavailable == true)
        await sink.shutDown()
    }

    @Test(arguments: ["gzip", "none"]) func gelfComesInChunksThatBelongTogether(_ compression: String) async throws {
        let double = try await DatagramDouble()
        let sink = try GELFSinkKind.make(
            SinkLocation(parsing: "gelf+udp://127.0.0.1:\(double.port)?compress=\(compression)&chunk_size=600"))
        // What compression cannot make shorter.
        var generator = SystemRandomNumberGenerator()
        let long = (0..<5000).map { _ in UInt8.random(in: 0x21...0x7E, using: &generator) }
        let huge = (0..<150_000).map { _ in UInt8.random(in: 0x21...0x7E, using: &generator) }
        let refused = try await sink.deliver(Sample.batch(lines: [Array("short".utf8), long, huge]))
        #expect(Array(refused.keys) == [3] && refused[3]?.contains("128") == true)
        var objects: [[UInt8]] = []
        var chunks: [[UInt8]: [[UInt8]?]] = [:]
        try await eventually {
            objects = []
            chunks = [:]
            for datagram in double.received {
                guard datagram.starts(with: [0x1E, 0x0F]) else {
                    objects.append(datagram)
                    continue
                }
                let name = Array(datagram[2..<10])
                if chunks[name] == nil { chunks[name] = Array(repeating: nil, count: Int(datagram[11])) }
                chunks[name]?[Int(datagram[10])] = Array(datagram[12...])
            }
            return objects.count == 1 && chunks.count == 1 && chunks.values.allSatisfy { !$0.contains(nil) }
        }
        #expect(double.received.allSatisfy { $0.count <= 600 })
        objects += chunks.values.map { $0.flatMap { $0 ?? [] } }
        let records = try objects.map { try GELFObject.record(compression == "gzip" ? Inflate.gunzip($0) ?? [] : $0) }
        #expect(records.map(\.line) == [Array("short".utf8), long])
        await sink.shutDown()
        try await double.stop()
    }
}
