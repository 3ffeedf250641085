import Crypto
import EngineAPI
import NIOCore
import SinkAPI

/// Fluentd, Fluent Bit and what else speaks Forward: `forward://[USER:PASSWORD@]HOST[:24224]`, `forward+tls://...`,
/// `forward+unix:///PATH`.
///
/// Settings: those of ``StreamEndpoint``; `tag` (`gantry.{service}`, with the places of ``PathPattern``), `fields` and
/// `rename.FACT`, `compress` (`none` or `gzip`), `shared_key` with `hostname` (what we call ourselves to a receiver
/// that has the same key; it may ask for the URL's user besides).
///
/// PackedForward: for each tag in a batch a message, or several where it is long, with an identifier that is the same at
/// every attempt; a delivery returns when the receiver has repeated each, by which it says that they are in its buffer. A receiver does not
/// recognise what comes twice; `uid` does.
actor ForwardSink: Sink {
    nonisolated let limits = BatchLimits.ordered
    private let keeper: SessionKeeper<StreamConnection>
    private let endpoint: StreamEndpoint
    private let handshake: ForwardHandshake?
    private let tag: PathPattern
    private let fields: RecordFields
    private let compression: Compression
    private var encoder: RecordMessagePack?
    private var epoch = ""

    private static let usualPort = 24224
    private static let usualFields = RecordFields(RecordFact.allCases.filter { $0 != .time && $0 != .sequence })
    /// The specification: base 64 of 128 bits.
    private static let identifierLength = 16
    /// Of a message's entries, about. Fluent Bit ends a connection on which a message of more than 6 MB comes
    /// (`Buffer_Max_Size`), and a batch whose lines are a mebibyte is a multiple of that with many labels.
    private static let longestMessage = 2 << 20

    init(_ location: SinkLocation) throws {
        guard ["", "tcp", "tls", "unix"].contains(location.transport) else {
            throw SinkConfigurationError("\(location.text): Forward goes over \"tcp\", \"tls\" or \"unix\"")
        }
        var settings = SinkSettings(location)
        let endpoint = try StreamEndpoint(
            location, settings: &settings, port: ForwardSink.usualPort, isUnix: location.transport == "unix",
            isSecured: location.transport == "tls")
        tag = try PathPattern(settings.string("tag") ?? "gantry.{service}")
        fields = try RecordFields(&settings, defaults: ForwardSink.usualFields)
        compression = try settings.choice("compress") ?? .none
        let handshake = try ForwardHandshake(location, settings: &settings)
        try settings.finish()
        self.endpoint = endpoint
        self.handshake = handshake
        keeper = SessionKeeper {
            let connection = try await StreamConnection.open(endpoint)
            try await handshake?.perform(on: connection)
            return connection
        }
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        let (messages, chunks) = try encode(batch)
        let name = endpoint.name
        try await keeper.use { connection in
            try await connection.perform("acknowledge the lines") {
                try await connection.write(messages)
                var missing = chunks
                while !missing.isEmpty {
                    let answer = try await connection.receive { try ForwardHandshake.value(&$0, of: name) }
                    if case .array = answer {
                        throw SinkFailure.misconfigured("\(name) asks for a shared key: set \"shared_key\"")
                    }
                    guard let chunk = answer["ack"]?.text, missing.remove(chunk) != nil else {
                        throw SinkFailure.unavailable("\(name) acknowledged what it was not sent")
                    }
                }
            }
        }
        return [:]
    }

    private func encode(_ batch: RecordBatch) throws -> (ByteBuffer, chunks: Set<String>) {
        if epoch != batch.epoch {
            encoder = nil
            epoch = batch.epoch
        }
        var encoder = encoder ?? RecordMessagePack(fields, epoch: batch.epoch)
        defer { self.encoder = encoder }
        var entries: [String: (count: Int, bytes: [UInt8])] = [:]
        var full: [(tag: String, part: (count: Int, bytes: [UInt8]))] = []
        var tags: [LogSource: String] = [:]
        for record in batch.records {
            let tag: String
            if record.stream == .stdout, let known = tags[record.source] {
                tag = known
            } else {
                tag = self.tag.path(record.source, record.stream)
                if record.stream == .stdout { tags[record.source] = tag }
            }
            encoder.append(record, to: &entries[tag, default: (0, [])].bytes)
            entries[tag]?.count += 1
            if entries[tag]?.bytes.count ?? 0 >= ForwardSink.longestMessage, let part = entries.removeValue(forKey: tag)
            {
                full.append((tag, part))
            }
        }
        var out: [UInt8] = []
        var chunks: Set<String> = []
        let messages = full + entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        for (number, (tag, part)) in messages.enumerated() {
            let digest = SHA256.hash(data: Array("\(batch.id) \(number) \(tag)".utf8))
            let chunk = Base64Text.encode(Array(digest.prefix(ForwardSink.identifierLength)))
            chunks.insert(chunk)
            MessagePack.appendArrayHeader(3, to: &out)
            MessagePack.appendString(tag.utf8, to: &out)
            MessagePack.appendBinary(compression == .gzip ? try Gzip.compress(part.bytes) : part.bytes, to: &out)
            MessagePack.appendMapHeader(compression == .gzip ? 3 : 2, to: &out)
            MessagePack.appendString("chunk".utf8, to: &out)
            // As text: Fluent Bit takes no binary data here.
            MessagePack.appendString(chunk.utf8, to: &out)
            MessagePack.appendString("size".utf8, to: &out)
            MessagePack.append(UInt64(part.count), to: &out)
            if compression == .gzip {
                MessagePack.appendString("compressed".utf8, to: &out)
                MessagePack.appendString("gzip".utf8, to: &out)
            }
        }
        return (ByteBuffer(bytes: out), chunks)
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {
        let connection = try await StreamConnection.check(endpoint, step)
        if let handshake {
            try await handshake.perform(on: connection)
            await step("\(endpoint.name) has the same shared key")
        } else {
            await step("Forward has no greeting without a shared key: what is sent will be acknowledged")
        }
        connection.close()
    }

    func shutDown() async { try? await keeper.release()?.finish() }
}

/// `forward://HOST`: see ``ForwardSink``.
enum ForwardSinkKind: SinkKind {
    static let scheme = "forward"
    static let form = "forward[+tls|+unix]://HOST[:24224]"
    static let summary = "Fluentd, Fluent Bit"
    static func make(_ location: SinkLocation) throws -> any Sink { try ForwardSink(location) }
}
