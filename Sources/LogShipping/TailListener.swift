package import EngineAPI
import NIOCore
import NIOPosix

/// Lets other processes have the last lines of a container collected before they remove it, over a socket in a folder
/// that is its owner's alone.
///
/// One question a connection: the container's identifier and a newline. The answer is a line too, once everything that the
/// container wrote is durable.
package final class TailListener: Sendable {
    static let file = "tails.socket"
    static let isCollected = "collected"
    /// Commands remove a few containers at a time.
    static let mostConnections = 64
    /// Identifiers have 64 characters.
    static let longestQuestion = 256

    private let channel: any Channel
    private let path: String

    /// Begins to listen; what a process that was killed left in the place goes.
    ///
    /// - Parameters:
    ///   - folder: must be there.
    ///   - collect: returns when all that a container wrote is durable, with true, or will not be, with false.
    package init(in folder: String, collect: @escaping @Sendable (ContainerID) async -> Bool) async throws {
        path = "\(folder)/\(TailListener.file)"
        let connections = ConnectionCount(most: TailListener.mostConnections)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.begin() else { throw ChannelError.eof }
                    channel.closeFuture.whenComplete { _ in connections.end() }
                    try channel.pipeline.syncOperations.addHandler(QuestionHandler(collect))
                }
            }
        channel = try await SocketFolder.opened(folder) { short in
            try await bootstrap.bind(unixDomainSocketPath: short, cleanupExistingSocketFile: true).get()
        }
    }

    /// Ends. Who waits for an answer learns that there is none.
    package func close() async {
        try? await channel.close()
        SocketFolder.remove(path)
    }
}

/// Reads one question and answers it.
private final class QuestionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let collect: @Sendable (ContainerID) async -> Bool
    private var question = ByteBuffer()
    private var answering: Task<Void, Never>?

    init(_ collect: @escaping @Sendable (ContainerID) async -> Bool) { self.collect = collect }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        question.writeBuffer(&bytes)
        guard question.readableBytes <= TailListener.longestQuestion else { return context.close(promise: nil) }
        guard answering == nil, let end = question.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else { return }
        let container = ContainerID(String(decoding: question.readableBytesView[..<end], as: UTF8.self))
        answering = Task { [collect, channel = context.channel] in
            if await collect(container) {
                try? await channel.writeAndFlush(ByteBuffer(string: TailListener.isCollected + "\n"))
            }
            try? await channel.close()
        }
    }

    func channelInactive(context: ChannelHandlerContext) { answering?.cancel() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
