package import EngineAPI
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Asks the shipper whose socket is in a folder to collect the last lines of a container: see ``TailListener``.
package enum TailRequest {
    package enum Answer: Sendable, Equatable {
        case collected
        /// There is no shipper.
        case nobody
        /// A shipper is there and did not say that it has them.
        case missed
    }

    /// Whether there may be a shipper to ask.
    package static func isPossible(in folder: String) -> Bool {
        access("\(folder)/\(TailListener.file)", F_OK) == 0
    }

    /// - Parameter limit: how long the answer is waited for.
    package static func send(_ container: ContainerID, to folder: String, within limit: Duration) async -> Answer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: Answer.self)
        let bootstrap = ClientBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(AnswerHandler(answer))
            }
        }
        let connected = try? await SocketFolder.opened(folder) { short in
            try await bootstrap.connect(unixDomainSocketPath: short).get()
        }
        guard let channel = connected else {
            answer.succeed(.nobody)
            return .nobody
        }
        let timer = loop.scheduleTask(in: TimeAmount(limit)) { answer.succeed(.missed) }
        defer {
            timer.cancel()
            channel.close(promise: nil)
        }
        try? await channel.writeAndFlush(ByteBuffer(string: container.rawValue + "\n"))
        return await withTaskCancellationHandler {
            (try? await answer.futureResult.get()) ?? .missed
        } onCancel: {
            answer.succeed(.missed)
        }
    }
}

private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let answer: EventLoopPromise<TailRequest.Answer>
    private var text = ByteBuffer()

    init(_ answer: EventLoopPromise<TailRequest.Answer>) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        text.writeBuffer(&bytes)
        if text.readableBytes > TailListener.longestQuestion { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.succeed(String(buffer: text) == TailListener.isCollected + "\n" ? .collected : .missed)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
