import NIOCore
import SinkAPI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// A connection to a NATS server that knows us, and an inbox for its acknowledgements.
struct NATSSession: StreamSession {
    /// Who we are.
    struct Login: Sendable {
        let name: String
        let user: String?
        let password: String?
        let token: String?

        /// A server's text, fit for an error.
        func safe(_ text: String) -> String {
            var secrets = SecretText()
            secrets.add(password)
            secrets.add(token)
            return secrets.safe(text)
        }
    }

    /// What a server says of itself.
    private struct Info: Decodable {
        let maxPayload: Int
        var headers: Bool?
        var jetstream: Bool?
        var tlsRequired: Bool?

        enum CodingKeys: String, CodingKey {
            case maxPayload = "max_payload"
            case headers, jetstream
            case tlsRequired = "tls_required"
        }
    }

    let connection: StreamConnection
    /// Acknowledgements come to `INBOX.NUMBER`.
    let inbox: String
    /// Of a message with its headers, in bytes.
    let largestPayload: Int
    private let login: Login

    /// Agrees with the server over a new connection, which is not secured yet.
    static func open(on connection: StreamConnection, _ login: Login, isSecured: Bool) async throws -> NATSSession {
        let first = try await connection.perform("say who it is") { try await next(connection, login) }
        guard case .info(let text) = first,
            let info = try? JSONDecoder().decode(Info.self, from: Data(text.readableBytesView))
        else { throw SinkFailure.misconfigured("\(login.name) is no NATS server") }
        guard info.headers == true, info.jetstream == true else {
            throw SinkFailure.misconfigured(
                "\(login.name) has no JetStream, which acknowledges messages: it is started with \"-js\"")
        }
        guard isSecured || info.tlsRequired != true else {
            throw SinkFailure.misconfigured("\(login.name) demands TLS: its URL begins with \"nats+tls\" then")
        }
        if isSecured { try await connection.secure() }
        // Identifiers of inboxes need only be our own.
        let inbox = "_INBOX.gantry\(UInt64.random(in: .min ... .max))"
        let session = NATSSession(connection: connection, inbox: inbox, largestPayload: info.maxPayload, login: login)
        try await connection.perform("let us in") {
            var greeting: [UInt8] = Array(
                "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,".utf8)
            for (key, value) in [("user", login.user), ("pass", login.password), ("auth_token", login.token)] {
                guard let value else { continue }
                greeting += Array("\"\(key)\":".utf8)
                JSONText.appendString(value.utf8, to: &greeting)
                greeting.append(UInt8(ascii: ","))
            }
            greeting += Array(
                "\"tls_required\":\(isSecured),\"name\":\"gantry\",\"lang\":\"swift\",\"version\":\"1\",\"protocol\":1}\r\n"
                    .utf8)
            greeting += Array("SUB \(inbox).* 1\r\nPING\r\n".utf8)
            try await connection.write(ByteBuffer(bytes: greeting))
            while try await session.next() != .pong {}
        }
        return session
    }

    /// The next thing that the server says to us; its own questions are answered, and what it complains of is thrown.
    func next() async throws -> NATSMessage {
        while true {
            let message = try await NATSSession.next(connection, login)
            switch message {
            case .ping: try await connection.write(ByteBuffer(string: "PONG\r\n"))
            case .info, .ok: continue
            case .error(let text):
                let sentence = "\(login.name) says: \(login.safe(text))"
                let isOurs = text.lowercased().contains("authorization") || text.lowercased().contains("permissions")
                throw isOurs ? SinkFailure.misconfigured(sentence) : .unavailable(sentence)
            case .pong, .message: return message
            }
        }
    }

    private static func next(_ connection: StreamConnection, _ login: Login) async throws -> NATSMessage {
        do {
            return try await connection.receive { try NATSMessage.parse(&$0) }
        } catch is NATSMessage.Malformed {
            throw SinkFailure.unavailable("\(login.name) answers what is no NATS")
        }
    }
}
