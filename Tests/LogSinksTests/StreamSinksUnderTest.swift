@testable import LogSinks

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

extension SinkUnderTest {
    /// The sinks that speak over streams, datagrams and files.
    static let streams: [SinkUnderTest] = [
        SinkUnderTest(
            "tcp", kind: TCPSinkKind.self, traits: .keepsConnections, settings: ["format": "json"],
            url: { port, _ in "tcp://127.0.0.1:\(port)" }, receiver: { try await StreamDouble { LineWire() } }),
        SinkUnderTest(
            "syslog+tcp", kind: SyslogSinkKind.self, traits: .keepsConnections, arrival: { $0 },
            url: { port, _ in "syslog+tcp://127.0.0.1:\(port)" }, receiver: { try await StreamDouble { SyslogWire() } }),
        SinkUnderTest(
            "relp", kind: RELPSinkKind.self, traits: [.acknowledges, .keepsConnections],
            settings: ["max_size": "2MiB"], arrival: { $0 },
            url: { port, _ in "relp://127.0.0.1:\(port)" }, receiver: { try await StreamDouble { RELPWire() } }),
        SinkUnderTest(
            "forward", kind: ForwardSinkKind.self, traits: [.acknowledges, .keepsConnections],
            settings: ["tag": "gantry", "compress": "gzip"], arrival: { $0 },
            url: { port, _ in "forward://127.0.0.1:\(port)" }, receiver: { try await StreamDouble { ForwardWire() } }),
        SinkUnderTest(
            "forward, shared key", kind: ForwardSinkKind.self,
            traits: [.acknowledges, .keepsConnections, .authenticates],
            settings: ["tag": "gantry", "shared_key": "the-shared-key"], arrival: { $0 },
            url: { port, password in "forward://gantry:\(password)@127.0.0.1:\(port)" },
            receiver: { try await StreamDouble { ForwardWire(ForwardWire.Key()) } }),
        SinkUnderTest(
            "gelf+tcp", kind: GELFSinkKind.self, traits: .keepsConnections, arrival: gelf,
            url: { port, _ in "gelf+tcp://127.0.0.1:\(port)" }, receiver: { try await StreamDouble { GELFWire() } }),
        SinkUnderTest(
            "redis", kind: RedisSinkKind.self,
            traits: [.acknowledges, .keepsConnections, .authenticates, .deduplicates], settings: ["key": "logs"],
            arrival: { $0 }, url: { port, password in "redis://gantry:\(password)@127.0.0.1:\(port)/2" },
            receiver: { try await StreamDouble { RedisWire() } }),
        SinkUnderTest(
            "nats", kind: NATSSinkKind.self,
            traits: [.acknowledges, .keepsConnections, .authenticates, .deduplicates],
            url: { port, password in "nats://gantry:\(password)@127.0.0.1:\(port)" },
            receiver: { try await StreamDouble { NATSWire() } }),
        SinkUnderTest(
            "journald", kind: JournaldSinkKind.self, traits: [], arrival: { $0 },
            url: { number, _ in "journald:\(JournaldDouble.path(number))" }, receiver: { try JournaldDouble() }),
        SinkUnderTest(
            "file", kind: FileSinkKind.self, traits: [],
            url: { number, _ in "file:\(FolderDouble.folder(number))/all.jsonl" },
            receiver: {
                try FolderDouble { folder in
                    FolderDouble.records(Array(FileManager.default.contents(atPath: folder + "/all.jsonl") ?? Data()))
                }
            }),
    ]

    /// GELF takes no empty text.
    private static let gelf: @Sendable ([UInt8]) -> [UInt8] = { line in
        line.allSatisfy { $0 <= 0x20 } ? [UInt8(ascii: "-")] : Array(String(decoding: line, as: UTF8.self).utf8)
    }
}
