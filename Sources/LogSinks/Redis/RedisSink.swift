import NIOCore
import SinkAPI

/// Redis streams: `redis://[[USER]:PASSWORD@]HOST[:6379][/DATABASE]`, `redis+tls://...`, `redis+unix:///PATH` (then
/// with the setting `database`).
///
/// Settings: those of ``RedisEncoder/Form`` and ``StreamEndpoint``.
///
/// Effectively once: an entry's identifier is the record's sequence, and Redis refuses one that is not larger than the
/// last, so what comes twice is not stored twice. A batch is one transaction: all of it is there or nothing. Redis
/// keeps what it acknowledged through a crash only with `appendonly yes` and `appendfsync always`. One server, no
/// cluster.
actor RedisSink: Sink {
    nonisolated let limits = BatchLimits.ordered
    private let keeper: SessionKeeper<RedisSession>
    private let endpoint: StreamEndpoint
    private let login: RedisSession.Login
    private let form: RedisEncoder.Form
    private var encoder: RedisEncoder?
    private var epoch = ""
    private var commands: [UInt8] = []

    private static let usualPort = 6379

    init(_ location: SinkLocation) throws {
        guard ["", "tcp", "tls", "unix"].contains(location.transport) else {
            throw SinkConfigurationError("\(location.text): Redis is reached over \"tcp\", \"tls\" or \"unix\"")
        }
        var settings = SinkSettings(location)
        let isUnix = location.transport == "unix"
        let endpoint = try StreamEndpoint(
            location, settings: &settings, port: RedisSink.usualPort, isUnix: isUnix,
            isSecured: location.transport == "tls")
        var database = try settings.integer("database", in: 0...Int.max)
        if !isUnix, location.path.count > 1 {
            guard let number = Int(location.path.dropFirst()), number >= 0, database == nil else {
                throw SinkConfigurationError("\(location.text): a database's number follows the host, once")
            }
            database = number
        }
        form = try RedisEncoder.Form(&settings)
        try settings.finish()
        let user = location.user.flatMap { $0.isEmpty ? nil : $0 }
        let login = RedisSession.Login(
            name: location.text, user: user, password: location.password, database: database ?? 0)
        self.endpoint = endpoint
        self.login = login
        keeper = SessionKeeper { try await RedisSession.open(on: StreamConnection.open(endpoint), login) }
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        if epoch != batch.epoch || encoder == nil {
            encoder = RedisEncoder(form, epoch: batch.epoch)
            epoch = batch.epoch
        }
        commands.removeAll(keepingCapacity: true)
        RedisCommand.append(["MULTI"], to: &commands)
        var keys: Set<String> = []
        for record in batch.records {
            if let key = encoder?.key(record) { keys.insert(key) }
            encoder?.append(record, to: &commands)
        }
        RedisCommand.append(["EXEC"], to: &commands)
        // Replies have no identifiers: by this one, the last, they are known for those of this batch.
        RedisCommand.append(["ECHO", batch.id], to: &commands)
        let (commands, found, count) = (commands, keys, batch.records.count)
        try await keeper.use { session in
            try await session.claim(found, epoch: batch.epoch)
            let replies = try await session.exchange(commands, replies: count + 3)
            // What cannot be queued says why; the end of the transaction says only that it was given up.
            for reply in replies { _ = try session.checked(reply) }
            guard replies.last == .bytes(Array(batch.id.utf8)), case .array(let results) = replies[count + 1],
                results.count == count
            else { throw SinkFailure.unavailable("Redis did not run the transaction") }
            for result in results {
                if case .error(let text) = result, text.contains("equal or smaller") { continue }
                _ = try session.checked(result)
            }
        }
        return [:]
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {
        let session = try await RedisSession.open(on: StreamConnection.check(endpoint, step), login)
        await step("\(endpoint.name) knows us")
        session.connection.close()
    }

    func shutDown() async { await keeper.release()?.connection.close() }
}

/// `redis://HOST`: see ``RedisSink``.
enum RedisSinkKind: SinkKind {
    static let scheme = "redis"
    static let form = "redis[+tls|+unix]://HOST[:6379][/DATABASE]"
    static let summary = "Redis streams"
    static func make(_ location: SinkLocation) throws -> any Sink { try RedisSink(location) }
}
