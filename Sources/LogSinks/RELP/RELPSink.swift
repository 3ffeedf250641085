import NIOCore
import SinkAPI

/// Acknowledged syslog: `relp://HOST[:2514]`, `relp+tls://HOST[:2514]`. What rsyslog calls `imrelp`.
///
/// Settings: those of ``SyslogForm`` and ``StreamEndpoint``; `max_size` is 8096 bytes unless it is said otherwise.
///
/// A record is delivered when the receiver has answered each of its messages with 200; another answer makes it a dead
/// letter. At most ``window`` messages are under way, and as many records are a batch. When the connection breaks, what was
/// answered before is not sent again with the batch; after a crash of this process all of the batch is. So at most a window
/// arrives twice.
actor RELPSink: Sink {
    /// A batch is a window: no more comes twice after a crash of this process either.
    nonisolated let limits = BatchLimits(count: window, window: 1)
    private let keeper: SessionKeeper<RELPSession>
    private let endpoint: StreamEndpoint
    private let form: SyslogForm
    private var encoder: SyslogEncoder?
    private var epoch = ""
    /// What was answered of a batch that could not be delivered whole.
    private var progress = Progress()

    /// What librelp's clients use.
    static let window = 128
    private static let usualPort = 2514

    private struct Progress: Sendable {
        var batch = ""
        var answered: Set<UInt64> = []
        var refused: [UInt64: String] = [:]
    }

    init(_ location: SinkLocation) throws {
        guard ["", "tcp", "tls"].contains(location.transport) else {
            throw SinkConfigurationError("\(location.text): RELP goes over \"tcp\" or \"tls\"")
        }
        var settings = SinkSettings(location)
        let endpoint = try StreamEndpoint(
            location, settings: &settings, port: RELPSink.usualPort, isSecured: location.transport == "tls")
        form = try SyslogForm(&settings, largest: SyslogSink.usualLimit)
        try settings.finish()
        self.endpoint = endpoint
        keeper = SessionKeeper {
            try await RELPSession.open(on: StreamConnection.open(endpoint), name: endpoint.name)
        }
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        if epoch != batch.epoch || encoder == nil {
            encoder = SyslogEncoder(form, epoch: batch.epoch)
            epoch = batch.epoch
        }
        return try await keeper.use { session in try await self.send(batch, over: session) }
    }

    private func send(_ batch: RecordBatch, over session: RELPSession) async throws -> [UInt64: String] {
        if progress.batch != batch.id { progress = Progress(batch: batch.id) }
        var next = batch.records.startIndex
        // Of the messages under way: whose they are, and how many of a record's are missing.
        var records: [Int: UInt64] = [:]
        var missing: [UInt64: Int] = [:]
        while true {
            var bytes = ByteBuffer()
            // Half a window at once: single messages would each be a packet.
            let room = records.count <= RELPSink.window / 2 ? RELPSink.window : 0
            while records.count < room, next < batch.records.endIndex {
                let record = batch.records[next]
                next += 1
                guard !progress.answered.contains(record.sequence) else { continue }
                encoder?.messages(record) { head, text in
                    records[session.append("syslog", head, text, to: &bytes)] = record.sequence
                    missing[record.sequence, default: 0] += 1
                }
            }
            guard !records.isEmpty else { break }
            let answer = try await session.connection.perform("acknowledge the lines") {
                if bytes.readableBytes > 0 { try await session.connection.write(bytes) }
                return try await session.answer()
            }
            guard let sequence = records.removeValue(forKey: answer.number) else {
                throw SinkFailure.unavailable("\(endpoint.name) answered what it was not sent")
            }
            if !answer.data.starts(with: "200".utf8) {
                progress.refused[sequence] =
                    "\(endpoint.name) says: \(SecretText().safe(String(decoding: answer.data, as: UTF8.self)))"
            }
            missing[sequence, default: 1] -= 1
            if missing[sequence] == 0 { progress.answered.insert(sequence) }
        }
        defer { progress = Progress() }
        return progress.refused
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {
        let connection = try await StreamConnection.check(endpoint, step)
        let session = try await RELPSession.open(on: connection, name: endpoint.name)
        await step("opened a RELP session")
        await session.close()
    }

    func shutDown() async { await keeper.release()?.close() }
}

/// `relp://HOST`: see ``RELPSink``.
enum RELPSinkKind: SinkKind {
    static let scheme = "relp"
    static let form = "relp[+tls]://HOST[:2514]"
    static let summary = "syslog with acknowledgements"
    static func make(_ location: SinkLocation) throws -> any Sink { try RELPSink(location) }
}
