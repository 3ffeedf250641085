import NIOCore
import NIOSSL
import NIOTLS

/// Keeps what a receiver answers until it is asked for, on the connection's event loop.
final class StreamInbox: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Answers are short; a receiver that sends more than this unasked is not read any further.
    private static let limit = 1 << 20

    private let ending: StreamEnding
    private var arrived = ByteBuffer()
    private var waiting: EventLoopPromise<ByteBuffer>?
    private var securing: EventLoopPromise<Void>?
    private var isHeld = false
    private var context: ChannelHandlerContext?

    init(ending: StreamEnding) { self.ending = ending }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        fail()
    }

    /// What has arrived, or the next that does; fails at the connection's end.
    func receive(_ promise: EventLoopPromise<ByteBuffer>) {
        if arrived.readableBytes > 0 {
            let bytes = arrived
            arrived = ByteBuffer()
            promise.succeed(bytes)
            if isHeld {
                isHeld = false
                context?.read()
            }
        } else if let context, context.channel.isActive {
            waiting = promise
        } else {
            promise.fail(ChannelError.inputClosed)
        }
    }

    /// Succeeds when the handshake of TLS is over.
    func awaitSecurity(_ promise: EventLoopPromise<Void>) { securing = promise }

    func read(context: ChannelHandlerContext) {
        if arrived.readableBytes < StreamInbox.limit { context.read() } else { isHeld = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if let promise = waiting {
            waiting = nil
            promise.succeed(bytes)
        } else {
            arrived.writeBuffer(&bytes)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event {
            securing?.succeed()
            securing = nil
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A receiver that is killed cannot say goodbye in TLS: that is an end like others.
        if let error = error as? NIOSSLError, case .uncleanShutdown = error {} else { ending.note(.failed(error)) }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ending.note(.closedByReceiver)
        fail()
        context.fireChannelInactive()
    }

    private func fail() {
        waiting?.fail(ChannelError.inputClosed)
        waiting = nil
        securing?.fail(ChannelError.inputClosed)
        securing = nil
    }
}
