import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A small HTTP server with faults; what it answers is a double's to say.
final class HTTPTestServer: Sendable {
    struct Request: Sendable {
        var method: HTTPMethod
        /// Encoded, without the query.
        var path: String
        var query: String
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    struct Response: Sendable {
        var status: Int
        var headers: HTTPHeaders = [:]
        var body: [UInt8] = []

        init(_ status: Int, _ text: String = "", headers: HTTPHeaders = [:]) {
            self.status = status
            self.headers = headers
            body = Array(text.utf8)
        }
    }

    /// What goes wrong while a request's body arrives.
    enum BodyFault: Sendable { case reset, stall }

    private struct State {
        var bodyFaults: [BodyFault] = []
        var port = 0
        var listener: (any Channel)?
        var channels: [ObjectIdentifier: any Channel] = [:]
        var faults: [ReceiverFault] = []
        var held: [@Sendable () -> Void] = []
        var complaints: [String] = []
    }

    private let state = Mutex(State())
    private let answer: @Sendable (Request) -> Response
    private let tls: TLSConfiguration?

    init(tls: TLSConfiguration? = nil, _ answer: @escaping @Sendable (Request) -> Response) {
        self.answer = answer
        self.tls = tls
    }

    var port: Int { state.withLock { $0.port } }
    var connections: Int { state.withLock { $0.channels.count } }
    var held: Int { state.withLock { $0.held.count } }
    var complaints: [String] { state.withLock { $0.complaints } }

    /// The next bodies go wrong: the connection is reset amid them, or no more of them is read until ``release()``.
    func fail(amidBody faults: BodyFault...) { state.withLock { $0.bodyFaults += faults } }

    func fail(_ faults: [ReceiverFault]) { state.withLock { $0.faults += faults } }

    func release() {
        for held in state.withLock({ state in
            state.faults.removeAll { $0 == .hold }
            defer { state.held = [] }
            return state.held
        }) { held() }
    }

    func start() async throws {
        let port = port == 0 ? try await LastingPort.take() : port
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                self.state.withLock { $0.channels[ObjectIdentifier(channel)] = channel }
                channel.closeFuture.whenComplete { _ in
                    _ = self.state.withLock { $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
                }
                return channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try channel.pipeline.syncOperations.addHandler(Handler(server: self))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        state.withLock {
            $0.listener = listener
            $0.port = port
        }
    }

    /// Closes all; what is held is forgotten.
    func stop() async throws {
        let (listener, channels) = state.withLock { state in
            defer { (state.listener, state.held) = (nil, []) }
            return (state.listener, Array(state.channels.values))
        }
        try await listener?.stopListening()
        for channel in channels { try? await channel.close().get() }
    }

    /// What becomes of a request of which the first has arrived.
    fileprivate func begin(_ channel: any Channel) {
        switch state.withLock({ $0.bodyFaults.isEmpty ? nil : $0.bodyFaults.removeFirst() }) {
        case nil: return
        case .reset: channel.reset()
        case .stall:
            channel.setOption(.autoRead, value: false).whenSuccess {
                self.state.withLock {
                    $0.held.append { channel.setOption(.autoRead, value: true).whenSuccess { channel.read() } }
                }
            }
        }
    }

    /// What becomes of a request that has arrived whole.
    fileprivate func take(_ request: Request, on channel: any Channel) {
        let fault = state.withLock { $0.faults.isEmpty ? nil : $0.faults.removeFirst() }
        switch fault {
        case nil, .answerTwice: reply(respond(to: request), on: channel)
        case .busy(let seconds):
            var busy = Response(503, "busy; you sent \(request.headers.first(name: "Authorization") ?? "nothing")")
            if let seconds { busy.headers.add(name: "Retry-After", value: "\(seconds)") }
            reply(busy, on: channel)
        case .resetBeforeStoring: channel.reset()
        case .resetAfterStoring:
            _ = respond(to: request)
            channel.eventLoop.execute {
                let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Length": "1000"])
                channel.write(HTTPServerResponsePart.head(head), promise: nil)
                channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "{"))))
                    .whenComplete { _ in channel.reset() }
            }
        case .hold:
            state.withLock {
                $0.held.append {
                    channel.eventLoop.execute {
                        if channel.isActive { self.reply(self.respond(to: request), on: channel) }
                    }
                }
            }
        }
    }

    private func respond(to request: Request) -> Response {
        let response = answer(request)
        if response.status >= 300 {
            let text =
                "\(request.method) \(request.path): \(response.status) \(String(decoding: response.body, as: UTF8.self))"
            state.withLock { $0.complaints.append(text) }
        }
        return response
    }

    private func reply(_ response: Response, on channel: any Channel) {
        channel.eventLoop.execute {
            var headers = response.headers
            if response.status != 204 { headers.replaceOrAdd(name: "Content-Length", value: "\(response.body.count)") }
            let head = HTTPResponseHead(
                version: .http1_1, status: .init(statusCode: response.status), headers: headers)
            channel.write(HTTPServerResponsePart.head(head), promise: nil)
            channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: response.body))), promise: nil)
            channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart

        private let server: HTTPTestServer
        private var head: HTTPRequestHead?
        private var body = ByteBuffer()

        init(server: HTTPTestServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body.clear()
            case .body(var part):
                let isFirst = body.readableBytes == 0
                body.writeBuffer(&part)
                if isFirst { server.begin(context.channel) }
            case .end:
                guard let head else { return }
                let parts = head.uri.split(separator: "?", maxSplits: 1)
                server.take(
                    Request(
                        method: head.method, path: String(parts[0]), query: parts.count == 2 ? String(parts[1]) : "",
                        headers: head.headers, body: Array(body.readableBytesView)),
                    on: context.channel)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
