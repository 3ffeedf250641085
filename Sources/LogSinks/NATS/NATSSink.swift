import EngineAPI
import NIOCore
import SinkAPI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// NATS JetStream: `nats://[USER:PASSWORD@]HOST[:4222]`, `nats+tls://...`.
///
/// Settings: those of ``RecordJSONForm`` and ``StreamEndpoint``; `subject` (`logs.{project}.{service}`, with the places
/// of ``PathPattern``), `token`. A stream that takes the subjects must be there.
///
/// Effectively once: each message has its record's identifier as `Nats-Msg-Id`, by which the stream knows what comes
/// again within its `duplicate_window` (two minutes by default). A record is delivered when the stream has acknowledged
/// it; one that is larger than the server takes is a dead letter.
actor NATSSink: Sink {
    nonisolated let limits = BatchLimits.ordered
    private let keeper: SessionKeeper<NATSSession>
    private let endpoint: StreamEndpoint
    private let login: NATSSession.Login
    private let subject: PathPattern
    private let form: RecordJSONForm
    private var encoder: RecordJSON?
    private var epoch = ""
    private var subjects: [LogSource: [OutputStream: [UInt8]]] = [:]

    private static let usualPort = 4222

    /// What a stream answers.
    private struct Acknowledgement: Decodable {
        struct Failure: Decodable {
            let description: String?
            let number: Int?

            enum CodingKeys: String, CodingKey {
                case description
                case number = "err_code"
            }
        }
        let stream: String?
        let error: Failure?
    }

    /// JetStream's number for "message size exceeds maximum allowed".
    private static let tooLarge = 10054

    init(_ location: SinkLocation) throws {
        guard ["", "tcp", "tls"].contains(location.transport) else {
            throw SinkConfigurationError("\(location.text): NATS is reached over \"tcp\" or \"tls\"")
        }
        var settings = SinkSettings(location)
        let isSecured = location.transport == "tls"
        let endpoint = try StreamEndpoint(
            location, settings: &settings, port: NATSSink.usualPort, isSecured: isSecured)
        subject = try PathPattern(settings.string("subject") ?? "logs.{project}.{service}")
        form = try RecordJSONForm(&settings)
        let login = NATSSession.Login(
            name: location.text, user: location.user, password: location.password, token: settings.string("token"))
        try settings.finish()
        self.endpoint = endpoint
        self.login = login
        keeper = SessionKeeper {
            try await NATSSession.open(on: StreamConnection.open(endpoint, secured: false), login, isSecured: isSecured)
        }
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        try await keeper.use { session in try await self.send(batch, over: session) }
    }

    private func send(_ batch: RecordBatch, over session: NATSSession) async throws -> [UInt64: String] {
        var (refused, bytes) = encode(batch, for: session)
        var missing = Set(batch.records.map { $0.sequence }).subtracting(refused.keys)
        let (prefix, name) = (session.inbox + ".", endpoint.name)
        try await session.connection.perform("acknowledge the lines") {
            try await session.connection.write(ByteBuffer(bytes: bytes))
            bytes = []
            while !missing.isEmpty {
                guard case .message(let subject, let status, let payload) = try await session.next(),
                    subject.hasPrefix(prefix), let sequence = UInt64(subject.dropFirst(prefix.utf8.count)),
                    missing.remove(sequence) != nil
                else { throw SinkFailure.unavailable("\(name) acknowledged what it was not sent") }
                if status == 503 {
                    throw SinkFailure.misconfigured("no stream of \(name) takes the subject that \"subject\" makes")
                }
                if let reason = try failure(payload) { refused[sequence] = reason }
            }
        }
        return refused
    }

    /// Why a record is refused for good; nil where it is there.
    private func failure(_ payload: [UInt8]) throws -> String? {
        guard let answer = try? JSONDecoder().decode(Acknowledgement.self, from: Data(payload)) else {
            throw SinkFailure.unavailable("\(endpoint.name) acknowledges in no way that is known")
        }
        guard let error = answer.error else {
            if answer.stream == nil { throw SinkFailure.misconfigured("what answers at \(endpoint.name) is no stream") }
            return nil
        }
        let text = "\(endpoint.name) says: \(login.safe(error.description ?? "it does not say why"))"
        if error.number == NATSSink.tooLarge { return text }
        throw SinkFailure.unavailable(text)
    }

    private func encode(_ batch: RecordBatch, for session: NATSSession) -> ([UInt64: String], [UInt8]) {
        if encoder == nil || epoch != batch.epoch {
            encoder = RecordJSON(form, epoch: batch.epoch)
            epoch = batch.epoch
        }
        var uid = RecordUID(epoch: batch.epoch)
        var refused: [UInt64: String] = [:]
        var out: [UInt8] = []
        var message: [UInt8] = []
        let inbox = Array(" \(session.inbox).".utf8)
        for record in batch.records {
            message.removeAll(keepingCapacity: true)
            JSONText.append("NATS/1.0\r\nNats-Msg-Id: ", to: &message)
            uid.append(record, to: &message)
            JSONText.append("\r\n\r\n", to: &message)
            let headers = message.count
            encoder?.append(record, to: &message)
            guard message.count <= session.largestPayload else {
                refused[record.sequence] =
                    "the line makes a message of \(message.count) bytes, and \(endpoint.name) takes \(session.largestPayload)"
                continue
            }
            JSONText.append("HPUB ", to: &out)
            out.append(contentsOf: subject(of: record))
            out.append(contentsOf: inbox)
            Digits.append(record.sequence, to: &out)
            out.append(UInt8(ascii: " "))
            Digits.append(UInt64(headers), to: &out)
            out.append(UInt8(ascii: " "))
            Digits.append(UInt64(message.count), to: &out)
            JSONText.append("\r\n", to: &out)
            out.append(contentsOf: message)
            JSONText.append("\r\n", to: &out)
        }
        return (refused, out)
    }

    private func subject(of record: LogRecord) -> [UInt8] {
        if let subject = subjects[record.source]?[record.stream] { return subject }
        // Of what a subject may not have, nothing is left: spaces, wildcards, and nothing between two points.
        let tokens = subject.path(record.source, record.stream).split(separator: ".", omittingEmptySubsequences: false)
        let safe = tokens.map { token in
            let bytes = token.utf8.map { $0 <= 0x20 || $0 == 0x7F || $0 == 0x2A || $0 == 0x3E ? UInt8(ascii: "_") : $0 }
            return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
        }
        let subject = Array(safe.joined(separator: ".").utf8)
        subjects[record.source, default: [:]][record.stream] = subject
        return subject
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {
        let connection = try await StreamConnection.open(endpoint, secured: false)
        await step("connected to \(endpoint.name)")
        let session = try await NATSSession.open(on: connection, login, isSecured: endpoint.security != nil)
        await step("\(endpoint.name) has JetStream and lets us in")
        session.connection.close()
    }

    func shutDown() async { await keeper.release()?.connection.close() }
}

/// `nats://HOST`: see ``NATSSink``.
enum NATSSinkKind: SinkKind {
    static let scheme = "nats"
    static let form = "nats[+tls]://HOST[:4222]"
    static let summary = "NATS JetStream"
    static func make(_ location: SinkLocation) throws -> any Sink { try NATSSink(location) }
}
