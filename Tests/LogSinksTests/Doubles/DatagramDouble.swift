import NIOCore
import NIOPosix
import Synchronization

/// Takes datagrams on a port of 127.0.0.1.
final class DatagramDouble: Sendable {
    private let datagrams = Mutex<[[UInt8]]>([])
    private let channel = Mutex<(any Channel)?>(nil)

    var received: [[UInt8]] { datagrams.withLock { $0 } }
    var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }

    init() async throws {
        let bound = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1 << 16))
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Taker(double: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        channel.withLock { $0 = bound }
    }

    func stop() async throws { try await channel.withLock { $0 }?.close() }

    private final class Taker: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        private let double: DatagramDouble
        init(double: DatagramDouble) { self.double = double }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).data.readableBytesView)
            double.datagrams.withLock { $0.append(bytes) }
        }
    }
}
