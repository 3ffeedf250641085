import NIOCore
import NIOPosix

/// A server of the test: it holds a port, and gives the same answer to whatever it is asked.
struct Listener: Sendable {
    let channel: any Channel

    /// The port it holds on the loopback interface.
    var port: Int { channel.localAddress?.port ?? 0 }

    /// Listens on a free port while `body` runs.
    static func withPort<Result>(
        answering answer: String = "", _ body: (Listener) async throws -> Result
    ) async throws -> Result {
        let channel = try await bootstrap(answer).bind(host: "127.0.0.1", port: 0).get()
        return try await held(channel, body)
    }

    /// Listens on a Unix socket while `body` runs.
    static func withSocket<Result>(
        _ path: String, answering answer: String, _ body: (Listener) async throws -> Result
    ) async throws -> Result {
        let channel = try await bootstrap(answer).bind(unixDomainSocketPath: path).get()
        return try await held(channel, body)
    }

    /// A port that was free a moment ago.
    static func freePort() async throws -> Int {
        try await withPort { $0.port }
    }

    private static func held<Result>(
        _ channel: any Channel, _ body: (Listener) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body(Listener(channel: channel))
            try await channel.close().get()
            return result
        } catch {
            try? await channel.close().get()
            throw error
        }
    }

    private static func bootstrap(_ answer: String) -> ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answerer(answer))
                }
            }
    }
}

private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: String

    init(_ answer: String) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
    }
}
