import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// What a double has stored.
struct DoubleStore: Sendable {
    var received: [ReceivedRecord] = []
    /// Whatever the protocol keeps beside the records.
    var values: [String: String] = [:]
}

/// One thing that a sink asks for, as its protocol frames it.
struct DoubleExchange {
    /// Whether faults are for it; a greeting, for one, is served whatever comes.
    var carriesRecords = true
    /// Stores what is to be stored and makes the answer.
    var apply: (inout DoubleStore) -> [UInt8] = { _ in [] }
}

/// The protocol of a double, for one connection.
protocol WireDouble {
    /// Said as soon as somebody connects.
    var greeting: [UInt8] { get }
    /// Takes one exchange from the front of `bytes`; nil while it is not whole. Throws what is wrong with it.
    mutating func parse(_ bytes: inout ByteBuffer) throws -> DoubleExchange?
}

extension WireDouble {
    var greeting: [UInt8] { [] }
}

/// What a sink did that the protocol forbids.
struct Complaint: Error { let text: String }

/// A receiver on a port of 127.0.0.1, for protocols over a stream. All that arrives in one reading is one exchange to
/// the faults: a batch that is written at once, and fits, arrives so.
final class StreamDouble: ReceiverDouble {
    private struct State {
        var store = DoubleStore()
        var complaints: [String] = []
        var channels: [ObjectIdentifier: any Channel] = [:]
        var faults: [ReceiverFault] = []
        var held: [@Sendable () -> Void] = []
        var later: (fault: ReceiverFault, records: Int)?
        var server: (any Channel)?
    }

    let port: Int
    private let state = Mutex(State())
    private let wire: @Sendable () -> any WireDouble
    private let tls: NIOSSLContext?

    init(tls: NIOSSLContext? = nil, _ wire: @escaping @Sendable () -> any WireDouble) async throws {
        self.wire = wire
        self.tls = tls
        port = try await LastingPort.take()
        try await start()
    }

    var received: [ReceivedRecord] { state.withLock { $0.store.received } }
    var complaints: [String] { state.withLock { $0.complaints } }
    var connections: Int { state.withLock { $0.channels.count } }
    var held: Int { state.withLock { $0.held.count } }

    func fail(_ faults: ReceiverFault...) { state.withLock { $0.faults += faults } }

    /// The first exchange after so many records goes wrong.
    func failLater(_ fault: ReceiverFault, afterRecords count: Int) {
        state.withLock { $0.later = (fault, count) }
    }

    func release() {
        let held = state.withLock { state in
            // A sink that gave up too early has met no hold, and the next one is to meet none.
            state.faults.removeAll { $0 == .hold }
            defer { state.held = [] }
            return state.held
        }
        for resume in held { resume() }
    }

    func start() async throws {
        let server = try await listen()
        state.withLock { $0.server = server }
    }

    private func listen() async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4 << 20))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls = self.tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    let handler = StreamDoubleHandler(double: self, wire: self.wire())
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
    }

    func stop() async throws {
        let (server, channels) = state.withLock { state in
            defer { state.server = nil }
            return (state.server, Array(state.channels.values))
        }
        try await server?.stopListening()
        for channel in channels { try? await channel.close() }
    }

    /// Resets all connections, as a receiver does that is killed with lines unread.
    func reset() async {
        for channel in state.withLock({ Array($0.channels.values) }) {
            try? await channel.eventLoop.submit { channel.reset() }.get()
        }
    }

    fileprivate func opened(_ channel: any Channel) {
        state.withLock { $0.channels[ObjectIdentifier(channel)] = channel }
    }
    fileprivate func closed(_ channel: any Channel) {
        state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
    }
    fileprivate func complain(_ text: String) { state.withLock { $0.complaints.append(text) } }
    fileprivate func nextFault() -> ReceiverFault? {
        state.withLock { state in
            if let later = state.later, state.store.received.count >= later.records {
                state.later = nil
                return later.fault
            }
            return state.faults.isEmpty ? nil : state.faults.removeFirst()
        }
    }
    fileprivate func hold(_ resume: @escaping @Sendable () -> Void) { state.withLock { $0.held.append(resume) } }
    fileprivate func apply(_ exchanges: [DoubleExchange]) -> [UInt8] {
        var store = state.withLock { $0.store }
        let answer = exchanges.flatMap { $0.apply(&store) }
        state.withLock { $0.store = store }
        return answer
    }
}

private final class StreamDoubleHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let double: StreamDouble
    private var wire: any WireDouble
    private var bytes = ByteBuffer()
    private var isHolding = false

    init(double: StreamDouble, wire: any WireDouble) {
        self.double = double
        self.wire = wire
    }

    func channelActive(context: ChannelHandlerContext) {
        double.opened(context.channel)
        answer(wire.greeting, context)
    }

    func channelInactive(context: ChannelHandlerContext) { double.closed(context.channel) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var more = unwrapInboundIn(data)
        bytes.writeBuffer(&more)
    }

    func channelReadComplete(context: ChannelHandlerContext) { serve(context) }

    private func serve(_ context: ChannelHandlerContext) {
        guard !isHolding else { return }
        var exchanges: [DoubleExchange] = []
        do {
            while let exchange = try wire.parse(&bytes) { exchanges.append(exchange) }
        } catch {
            double.complain((error as? Complaint)?.text ?? "\(error)")
            return context.close(promise: nil)
        }
        let fault = exchanges.contains { $0.carriesRecords } ? double.nextFault() : nil
        switch fault {
        case nil, .busy: answer(double.apply(exchanges), context)
        case .answerTwice:
            let bytes = double.apply(exchanges)
            answer(bytes + bytes, context)
        case .resetBeforeStoring: context.channel.reset()
        case .resetAfterStoring:
            _ = double.apply(exchanges)
            context.channel.reset()
        case .hold:
            isHolding = true
            let resume = NIOLoopBound((self, context, exchanges), eventLoop: context.eventLoop)
            let eventLoop = context.eventLoop
            double.hold {
                eventLoop.execute {
                    let (handler, context, exchanges) = resume.value
                    guard context.channel.isActive else { return }
                    handler.isHolding = false
                    handler.answer(handler.double.apply(exchanges), context)
                    handler.serve(context)
                }
            }
        }
    }

    private func answer(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        guard !bytes.isEmpty else { return }
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
    }
}
