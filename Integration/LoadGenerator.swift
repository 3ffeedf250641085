import NIOCore
import NIOPosix
import Synchronization
import Testing

/// Clients that ask a server for its first page without a pause, each request over a connection of its own.
final class LoadGenerator: Sendable {
    struct Tally: Sendable {
        /// How often each page was the answer.
        var pages: [String: Int] = [:]
        /// What came in place of a page.
        var failures: [String] = []
    }

    /// Enough that one request is always under way, few enough to leave the machine to the commands.
    private static let clients = 3

    private let port: Int
    private let tally = Mutex(Tally())

    private init(port: Int) { self.port = port }

    /// Asks the server at a port of the loopback interface for as long as `body` runs.
    static func whileAsking(port: Int, _ body: () async throws -> Void) async throws -> Tally {
        let generator = LoadGenerator(port: port)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<clients {
                group.addTask {
                    while !Task.isCancelled { await generator.ask() }
                }
            }
            defer { group.cancelAll() }
            try await body()
        }
        return generator.tally.withLock { $0 }
    }

    private func ask() async {
        do {
            let answer = try await exchange()
            let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
            let page = parts.count == 2 ? String(parts[1].prefix { $0 != "\n" }) : ""
            tally.withLock { tally in
                if answer.hasPrefix("HTTP/1.1 200 "), !page.isEmpty {
                    tally.pages[page, default: 0] += 1
                } else {
                    tally.failures.append(answer)
                }
            }
        } catch {
            tally.withLock { $0.failures.append("\(error)") }
        }
    }

    /// One request; returns all that came until the server closed the connection.
    private func exchange() async throws -> String {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(answer))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"))
        return try await answer.futureResult.get()
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let answer: EventLoopPromise<String>
    private var received = ByteBuffer()

    init(_ answer: EventLoopPromise<String>) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
    }

    func channelInactive(context: ChannelHandlerContext) { answer.succeed(String(buffer: received)) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }
}
