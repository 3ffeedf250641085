import Crypto
import NIOCore
import SinkAPI

/// How a Forward receiver and we show each other that we have the same key, without telling it: HELO, PING and PONG.
struct ForwardHandshake: Sendable {
    private let name: String
    private let key: String
    private let hostname: String
    private let user: String
    private let password: String
    private var secrets = SecretText()

    private static let saltLength = 16

    /// Nil where no `shared_key` is set: then the receiver is expected to ask for none.
    init?(_ location: SinkLocation, settings: inout SinkSettings) throws(SinkConfigurationError) {
        let key = settings.string("shared_key")
        let hostname = settings.string("hostname") ?? "gantry"
        guard let key else {
            if location.user != nil {
                throw SinkConfigurationError("\(location.text): a user is asked for only where \"shared_key\" is set")
            }
            return nil
        }
        self.key = key
        self.hostname = hostname
        name = location.text
        user = location.user ?? ""
        password = location.password ?? ""
        secrets.add(key)
        secrets.add(location.password)
    }

    /// Waits for the receiver's HELO and goes on to its PONG.
    func perform(on connection: StreamConnection) async throws {
        // As text: Fluent Bit takes no binary data here.
        let salt = Array(
            HexText.encode((0..<ForwardHandshake.saltLength).map { _ in UInt8.random(in: .min ... .max) }).utf8)
        let name = name
        try await connection.perform("agree on the shared key") {
            guard case .array(let hello) = try await connection.receive({ try ForwardHandshake.value(&$0, of: name) }),
                hello.count >= 2, hello[0].text == "HELO", let nonce = hello[1]["nonce"]?.bytes
            else {
                throw SinkFailure.misconfigured("\(name) says no HELO, by which those begin that have a shared key")
            }
            try await connection.write(ByteBuffer(bytes: ping(nonce, salt, auth: hello[1]["auth"]?.bytes ?? [])))
            guard case .array(let pong) = try await connection.receive({ try ForwardHandshake.value(&$0, of: name) }),
                pong.count >= 5, pong[0].text == "PONG"
            else { throw SinkFailure.misconfigured("\(name) answers the PING with no PONG") }
            guard pong[1] == .bool(true) else {
                throw SinkFailure.misconfigured(
                    "\(name) refuses us: \(secrets.safe(pong[2].text ?? "it does not say why"))")
            }
            let server = pong[3].bytes ?? []
            guard pong[4].text == digest(salt, server, nonce, Array(key.utf8)), server != Array(hostname.utf8) else {
                throw SinkFailure.misconfigured("\(name) has another shared key")
            }
        }
    }

    private func ping(_ nonce: [UInt8], _ salt: [UInt8], auth: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        MessagePack.appendArrayHeader(6, to: &out)
        MessagePack.appendString("PING".utf8, to: &out)
        MessagePack.appendString(hostname.utf8, to: &out)
        MessagePack.appendString(salt, to: &out)
        MessagePack.appendString(digest(salt, Array(hostname.utf8), nonce, Array(key.utf8)).utf8, to: &out)
        let proof = auth.isEmpty ? "" : digest(auth, Array(user.utf8), Array(password.utf8))
        MessagePack.appendString((auth.isEmpty ? "" : user).utf8, to: &out)
        MessagePack.appendString(proof.utf8, to: &out)
        return out
    }

    private func digest(_ parts: [UInt8]...) -> String {
        var hash = SHA512()
        for part in parts { hash.update(data: part) }
        return HexText.encode(hash.finalize())
    }

    /// The next value that a receiver sends.
    static func value(_ bytes: inout ByteBuffer, of name: String) throws -> MessagePackValue? {
        var rest = Array(bytes.readableBytesView)[...]
        let count = rest.count
        do {
            guard let value = try MessagePackValue.parse(&rest) else { return nil }
            bytes.moveReaderIndex(forwardBy: count - rest.count)
            return value
        } catch {
            throw SinkFailure.unavailable("\(name) answers what is no MessagePack")
        }
    }
}
