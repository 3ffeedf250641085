import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SinkAPI
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The requests of one sink to one receiver, and what their answers mean.
///
/// Its client is made at the first request, so that a sink that is only made, to see whether its settings are right, has
/// nothing to close.
final class HTTPDelivery: Sendable {
    /// A request to the receiver.
    struct Request: Sendable {
        var method: HTTPMethod = .POST
        /// With a leading slash, encoded, and with its query.
        var path: String
        var headers: HTTPHeaders = [:]
        var body: [UInt8] = []
        /// Of the answer's body, this much is kept.
        var answerLimit = HTTPDelivery.answerLimit
    }

    /// An answer, whatever its status.
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        /// As much of it as was asked for.
        var body: [UInt8]
        /// What the request held that no error may show, should the answer repeat it.
        var secrets = SecretText()
    }

    /// Enough of an answer to tell why; what the sinks read of answers says more where it is more.
    static let answerLimit = 16 << 10
    /// How often one request is sent elsewhere on the same host: a receiver behind a proxy needs one.
    private static let redirectLimit = 3
    private static let timeouts: [HTTPClientError] = [.deadlineExceeded, .readTimeout, .connectTimeout]

    /// What the location says.
    let settings: HTTPSettings
    private let client = Mutex(Client.unused)

    private enum Client {
        case unused
        case open(HTTPClient)
        case closed
    }

    /// Makes no connection.
    init(_ settings: HTTPSettings) { self.settings = settings }

    /// Sends a body and returns when the receiver has taken it.
    ///
    /// - Throws: the ``SinkFailure`` that the answer's ``ResponseClass`` is, and as ``answer(to:sign:)``.
    @discardableResult
    func post(_ request: Request, sign: (inout Request) -> Void = { _ in }) async throws -> Answer {
        let answer = try await answer(to: request, sign: sign)
        if let failure = failure(of: answer) { throw failure }
        return answer
    }

    /// Sends a body, compressed as the settings say, and returns the answer, whatever its status.
    ///
    /// - Parameter sign: adds what depends on the body as it is sent.
    /// - Throws: as ``exchange(_:)``.
    func answer(to request: Request, sign: (inout Request) -> Void = { _ in }) async throws -> Answer {
        var request = request
        if settings.compression == .gzip {
            request.body = try Gzip.compress(request.body, level: settings.compressionLevel)
            request.headers.replaceOrAdd(name: "Content-Encoding", value: "gzip")
        }
        sign(&request)
        return try await exchange(request)
    }

    /// What an answer means for what was sent; nil where it was taken.
    func failure(of answer: Answer) -> SinkFailure? {
        let reason = describe(answer)
        switch ResponseClass(status: answer.status, headers: answer.headers, now: WallClock.now) {
        case .taken: return nil
        case .refused:
            // It does not take the form at all, which is no record's fault (Fluent Bit says 400, and not 415).
            let isAboutForm = reason.lowercased().contains("content-type")
            return isAboutForm ? .misconfigured(reason) : .refused(reason)
        case .misconfigured: return .misconfigured(reason)
        case .unavailable(let retryAfter): return .unavailable(reason, retryAfter: retryAfter)
        }
    }

    /// `http://127.0.0.1:3100 answers 503 (Service Unavailable): the ingester is starting`.
    func describe(_ answer: Answer) -> String {
        let phrase = HTTPResponseStatus(statusCode: answer.status).reasonPhrase
        let body = answer.secrets.safe(String(decoding: answer.body, as: UTF8.self))
        return "\(settings.location.text) answers \(answer.status)\(phrase.isEmpty ? "" : " (\(phrase))")"
            + (body.isEmpty ? "" : ": \(body)")
    }

    /// Sends a request and returns the answer, whatever its status; redirects on the same host are followed.
    ///
    /// - Throws: ``SinkFailure/unavailable(_:retryAfter:)`` where there is no answer,
    ///   ``SinkFailure/misconfigured(_:)`` for certificates that cannot be trusted and redirects to elsewhere, or
    ///   `CancellationError`.
    func exchange(_ request: Request) async throws -> Answer {
        var url = settings.origin + request.path
        if !settings.query.isEmpty { url += (request.path.contains("?") ? "&" : "?") + settings.query }
        let headers = try await headers(of: request)
        for _ in 0...HTTPDelivery.redirectLimit {
            let answer = try await send(request, to: url, headers: headers)
            // 303 asks for another method, which would lose what was sent.
            guard [301, 302, 307, 308].contains(answer.status), let target = answer.headers.first(name: "Location")
            else { return answer }
            url = try redirected(target)
        }
        throw SinkFailure.misconfigured("\(settings.location.text) redirects in a circle")
    }

    /// Closes the connections; later requests fail.
    func shutDown() async {
        let made: HTTPClient? = client.withLock { client in
            defer { client = .closed }
            return if case .open(let made) = client { made } else { nil }
        }
        // Only a client that is closed already says no.
        try? await made?.shutdown()
    }

    private func send(_ request: Request, to url: String, headers: HTTPHeaders) async throws -> Answer {
        var outgoing = HTTPClientRequest(url: url)
        outgoing.method = request.method
        outgoing.headers = headers
        if !request.body.isEmpty || request.method == .POST || request.method == .PUT {
            outgoing.body = .bytes(ByteBuffer(bytes: request.body))
        }
        let end = ContinuousClock.now + settings.timeout
        do {
            let response = try await openClient().execute(
                outgoing, deadline: .now() + .nanoseconds(settings.timeout.wholeNanoseconds))
            var body: [UInt8] = []
            for try await part in response.body {
                let room = request.answerLimit - body.count
                if room > 0 { body.append(contentsOf: part.readableBytesView.prefix(room)) }
                // A receiver that answers byte by byte holds nothing up for ever.
                if ContinuousClock.now > end { throw HTTPClientError.deadlineExceeded }
            }
            return Answer(
                status: Int(response.status.code), headers: response.headers, body: body, secrets: secrets(in: headers))
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw failure(of: error)
        }
    }

    private func headers(of request: Request) async throws -> HTTPHeaders {
        var headers = settings.headers
        // What people write wins, but for the name that we go by, which they need not write.
        for (name, value) in request.headers where !headers.contains(name: name) {
            headers.add(name: name, value: value)
        }
        guard let path = settings.tokenFile else { return headers }
        let text = try? await NIOThreadPool.singleton.runIfActive { try TokenFile.read(path) }
        guard let text, !text.isEmpty else {
            throw SinkFailure.misconfigured("\(settings.location.text): \(path) holds no token that can be read")
        }
        headers.replaceOrAdd(name: "Authorization", value: "\(settings.tokenWord) \(text)")
        return headers
    }

    /// Those of the settings, and a token that has just been read from a file.
    private func secrets(in headers: HTTPHeaders) -> SecretText {
        var secrets = settings.secrets
        if settings.tokenFile != nil {
            secrets.add(headers.first(name: "Authorization")?.split(separator: " ").last.map { String($0) })
        }
        return secrets
    }

    /// Where a redirect leads: only within the host, and not out of TLS, since the credentials go along.
    private func redirected(_ target: String) throws(SinkFailure) -> String {
        if target.hasPrefix("/"), !target.hasPrefix("//") { return settings.origin + target }
        let secure = settings.origin.split(separator: "://")[1]
        for origin in [settings.origin, "https://\(secure)"] {
            if target == origin || target.hasPrefix(origin + "/") || target.hasPrefix(origin + "?") { return target }
        }
        throw .misconfigured(
            "\(settings.location.text) redirects to \(settings.secrets.safe(target)), which is not the same host; "
                + "write that in the URL if it is meant")
    }

    private func openClient() throws -> HTTPClient {
        try client.withLock { client in
            switch client {
            case .open(let client): return client
            case .closed: throw SinkFailure.unavailable("\(settings.location.text) has been closed")
            case .unused:
                var configuration = HTTPClient.Configuration(
                    tlsConfiguration: settings.tls, redirectConfiguration: .disallow,
                    timeout: HTTPClient.Configuration.Timeout(
                        connect: .nanoseconds(settings.connectTimeout.wholeNanoseconds),
                        read: .nanoseconds(settings.timeout.wholeNanoseconds)))
                configuration.httpVersion = .http1Only
                // Whether and when to try again is the shipper's to decide.
                configuration.connectionPool.retryConnectionEstablishment = false
                let made = HTTPClient(
                    eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
                client = .open(made)
                return made
            }
        }
    }

    private func failure(of error: any Error) -> SinkFailure {
        if let failure = error as? SinkFailure { return failure }
        let place = settings.location.text
        let text = settings.secrets.safe(String(describing: error))
        if text.contains("CERTIFICATE_VERIFY_FAILED") || error is NIOSSLExtraError {
            return .misconfigured(
                "\(place) shows a certificate that cannot be trusted; \"ca\" names a file of those that can be (\(text))"
            )
        }
        if let error = error as? HTTPClientError, HTTPDelivery.timeouts.contains(error) {
            return .unavailable("\(place) did not answer within \(settings.timeout)")
        }
        // Several where the host has several addresses.
        let attempts = (error as? NIOConnectionError)?.connectionErrors.map { $0.error }
        if let error = (attempts?.first ?? error) as? IOError {
            let reason = StreamEnding.reason(errno: error.errnoCode)
            let isRefused = attempts != nil || error.errnoCode == ECONNREFUSED
            return .unavailable(
                isRefused ? "\(place) cannot be reached: \(reason)" : "the connection to \(place) broke: \(reason)")
        }
        if attempts != nil { return .unavailable("\(place) cannot be reached: \(text)") }
        return .unavailable("the connection to \(place) failed: \(text)")
    }
}

extension Duration {
    /// Whole nanoseconds, as timers take them.
    var wholeNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
