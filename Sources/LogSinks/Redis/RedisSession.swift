import NIOCore
import SinkAPI
import Synchronization

/// A connection to Redis on which we are known and the database is chosen.
final class RedisSession: StreamSession {
    /// Who we are, and which database.
    struct Login: Sendable {
        let name: String
        let user: String?
        let password: String?
        let database: Int
    }

    let connection: StreamConnection
    private let login: Login
    /// Streams that are known to be ours.
    private let claimed = Mutex<Set<String>>([])

    private init(connection: StreamConnection, login: Login) {
        self.connection = connection
        self.login = login
    }

    static func open(on connection: StreamConnection, _ login: Login) async throws -> RedisSession {
        let session = RedisSession(connection: connection, login: login)
        var commands: [[String]] = []
        if let password = login.password { commands.append(["AUTH"] + (login.user.map { [$0] } ?? []) + [password]) }
        if login.database != 0 { commands.append(["SELECT", String(login.database)]) }
        for reply in try await session.exchange(commands + [["PING"]]) { _ = try session.checked(reply) }
        return session
    }

    /// Sends commands together and returns their replies.
    func exchange(_ commands: [[String]]) async throws -> [RedisReply] {
        var bytes: [UInt8] = []
        for command in commands { RedisCommand.append(command, to: &bytes) }
        return try await exchange(bytes, replies: commands.count)
    }

    /// Sends commands together and returns their replies, of which there are so many.
    func exchange(_ commands: [UInt8], replies count: Int) async throws -> [RedisReply] {
        try await connection.perform("answer") {
            try await connection.write(ByteBuffer(bytes: commands))
            var replies: [RedisReply] = []
            while replies.count < count {
                do {
                    replies.append(try await connection.receive { try RedisReply.parse(&$0) })
                } catch is RedisReply.Malformed {
                    throw SinkFailure.unavailable("\(login.name) answers what is no RESP")
                }
            }
            return replies
        }
    }

    /// The reply, where it is no error.
    func checked(_ reply: RedisReply) throws(SinkFailure) -> RedisReply {
        guard case .error(let text) = reply else { return reply }
        var secrets = SecretText()
        secrets.add(login.password)
        let sentence = "\(login.name) says: \(secrets.safe(text))"
        let word = text.prefix { $0 != " " }
        if ["WRONGPASS", "NOAUTH", "NOPERM", "WRONGTYPE"].contains(word) || text.contains("AUTH")
            || text.contains("invalid password") || text.contains("DB index") || text.contains("unknown command")
        {
            throw .misconfigured(sentence)
        }
        throw .unavailable(sentence)
    }

    /// Makes sure that these streams hold no entries of another spool, whose numbers would be taken for ours and so for
    /// delivered. Beside each stream stands `KEY:epoch`, which says whose it is.
    func claim(_ keys: Set<String>, epoch: String) async throws {
        let new = keys.subtracting(claimed.withLock { $0 }).sorted()
        guard !new.isEmpty else { return }
        let replies = try await exchange(
            new.flatMap { [["GET", "\($0):epoch"], ["XREVRANGE", $0, "+", "-", "COUNT", "1"], ["EXISTS", $0]] })
        for (index, key) in new.enumerated() {
            let owner = try checked(replies[index * 3])
            let last = try checked(replies[index * 3 + 1])
            let exists = try checked(replies[index * 3 + 2]) != .integer(0)
            guard !exists || owner == .bytes(Array(epoch.utf8)) || RedisSession.isEntry(last, of: epoch) else {
                throw SinkFailure.misconfigured(
                    "the stream \"\(key)\" of \(login.name) holds entries of another spool, whose identifiers ours would "
                        + "repeat: choose another \"key\", or delete that stream")
            }
        }
        for reply in try await exchange(new.map { ["SET", "\($0):epoch", epoch] }) { _ = try checked(reply) }
        claimed.withLock { $0.formUnion(new) }
    }

    /// Whether an `XREVRANGE` found an entry whose `uid` says that it is of this spool.
    private static func isEntry(_ reply: RedisReply, of epoch: String) -> Bool {
        guard case .array(let entries) = reply, case .array(let entry) = entries.first, entry.count == 2,
            case .bytes(let identifier) = entry[0], case .array(let fields) = entry[1]
        else { return false }
        let ending = "-\(epoch)-\(String(decoding: identifier.prefix { $0 != UInt8(ascii: "-") }, as: UTF8.self))"
        return fields.contains { field in
            if case .bytes(let bytes) = field {
                String(decoding: bytes, as: UTF8.self).hasSuffix(ending)
            } else {
                false
            }
        }
    }
}
