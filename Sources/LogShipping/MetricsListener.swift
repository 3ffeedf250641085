import NIOCore
import NIOHTTP1
import NIOPosix

/// Serves the numbers of a registry to `GET /metrics`, over HTTP/1.1 on a loopback address.
package final class MetricsListener: Sendable {
    /// Why it cannot listen.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// A request has a line and some headers; more is not read.
    static let largestRequest = 16 << 10
    /// Whoever gathers metrics has one connection, or two.
    static let mostConnections = 16
    /// From the first byte of a request to the last of its answer.
    package static let longest: Duration = .seconds(10)

    private let channel: any Channel
    /// Where it listens: the port that the system chose, where none was wanted.
    package let port: Int

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - host: `127.0.0.1`, another address of that net, or `::1`.
    ///   - port: 0 lets the system choose.
    ///   - token: where there is one, requests must have it: `Authorization: Bearer ...`.
    ///   - longest: a connection is ended when one request with its answer has taken so long.
    /// - Throws: ``Failure`` for an address that others can reach, and where the system refuses.
    package init(
        _ registry: PrometheusRegistry, host: String = "127.0.0.1", port: Int = 0, token: String? = nil,
        longest: Duration = MetricsListener.longest
    ) async throws {
        guard let address = try? SocketAddress(ipAddress: host, port: port), address.isLoopback else {
            throw Failure(
                description: "metrics are not served on \"\(host)\": it must be a loopback address such as 127.0.0.1")
        }
        let connections = ConnectionCount(most: MetricsListener.mostConnections)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.begin() else { throw ChannelError.eof }
                    channel.closeFuture.whenComplete { _ in connections.end() }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(RequestBound(longest))
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try pipeline.addHandler(MetricsHandler(registry, token: token))
                }
            }
        do {
            channel = try await bootstrap.bind(to: address).get()
        } catch {
            throw Failure(description: "metrics cannot be served on \(host):\(port): \(error). Choose another port")
        }
        self.port = channel.localAddress?.port ?? port
    }

    /// Ends; connections end with their requests.
    package func close() async { try? await channel.close() }
}

extension SocketAddress {
    fileprivate var isLoopback: Bool {
        switch self {
        case .v4: ipAddress?.hasPrefix("127.") == true
        case .v6: ipAddress == "::1"
        case .unixDomainSocket: false
        }
    }
}

/// Ends a connection that sends more than one request has, or takes too long.
private final class RequestBound: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let longest: TimeAmount
    private var bytes = 0

    init(_ longest: Duration) { self.longest = TimeAmount(longest) }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let timer = context.eventLoop.scheduleTask(in: longest) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in timer.cancel() }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytes
        guard bytes <= MetricsListener.largestRequest else { return context.close(promise: nil) }
        context.fireChannelRead(data)
    }
}

/// Answers one request and ends the connection.
private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let registry: PrometheusRegistry
    private let token: String?
    private var answer: (status: HTTPResponseStatus, body: String)?

    init(_ registry: PrometheusRegistry, token: String?) {
        self.registry = registry
        self.token = token
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): answer = answer(to: head)
        case .body: break
        case .end:
            guard let (status, body) = answer.take() else { return }
            send(status, body, context)
        }
    }

    private func answer(to head: HTTPRequestHead) -> (HTTPResponseStatus, String) {
        guard head.uri.split(separator: "?", omittingEmptySubsequences: false).first == "/metrics" else {
            return (.notFound, "")
        }
        guard head.method == .GET else { return (.methodNotAllowed, "") }
        if let token, head.headers.first(name: "authorization") != "Bearer \(token)" { return (.unauthorized, "") }
        return (.ok, registry.text())
    }

    private func send(_ status: HTTPResponseStatus, _ body: String, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders([
            ("content-type", "text/plain; version=0.0.4; charset=utf-8"), ("content-length", "\(body.utf8.count)"),
            ("connection", "close"),
        ])
        if status == .methodNotAllowed { headers.add(name: "allow", value: "GET") }
        if status == .unauthorized { headers.add(name: "www-authenticate", value: "Bearer") }
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
