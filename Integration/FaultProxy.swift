import NIOCore
import NIOPosix
import Synchronization

/// Stands between commands and the engine, and breaks one of the calls that change something.
final class FaultProxy: Sendable {
    enum Fault: String, Sendable, CaseIterable {
        /// The engine never hears of the call.
        case lostRequest
        /// The engine carries the call out, and the command never hears of it.
        case lostAnswer
        /// The call is refused with a server error; the engine never hears of it.
        case refusal
    }

    private struct State {
        var fault: (Fault, at: Int)?
        var calls = 0
    }

    private let state = Mutex(State())

    private init() {}

    /// Listens on the socket `path` in place of the engine at `engine` while `body` runs.
    static func with(
        path: String, engine: String, _ body: (FaultProxy) async throws -> Void
    ) async throws {
        let proxy = FaultProxy()
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in proxy.join(client, to: engine) }
            .bind(unixDomainSocketPath: path).get()
        do {
            try await body(proxy)
        } catch {
            try? await server.close().get()
            throw error
        }
        try await server.close().get()
    }

    /// Breaks the `number`th changing call from here on, and no other.
    func breakCall(_ number: Int, _ fault: Fault) {
        state.withLock { $0 = State(fault: (fault, at: number)) }
    }

    /// Breaks nothing any more. Returns whether the call that was to be broken was made.
    func mend() -> Bool {
        state.withLock { state in
            let isSpent = state.fault == nil
            state.fault = nil
            return isSpent
        }
    }

    private func join(_ client: any Channel, to engine: String) -> EventLoopFuture<Void> {
        ClientBootstrap(group: client.eventLoop)
            .channelInitializer { upstream in
                upstream.eventLoop.makeCompletedFuture {
                    try upstream.pipeline.syncOperations.addHandler(Relay(to: client) { _ in .pass })
                }
            }
            .connect(unixDomainSocketPath: engine)
            .flatMap { upstream in
                client.eventLoop.makeCompletedFuture {
                    try client.pipeline.syncOperations.addHandler(Relay(to: upstream, judge: self.judge))
                }
            }
            .map { client.setOption(.autoRead, value: true).whenFailure { _ in client.close(promise: nil) } }
    }

    /// Sees what the command sends. A call begins a packet: the client waits for an answer before the next one.
    private func judge(_ bytes: ByteBuffer) -> Verdict {
        let line = String(buffer: bytes.getSlice(at: bytes.readerIndex, length: min(bytes.readableBytes, 200)) ?? bytes)
        guard FaultProxy.changes(line) else { return .pass }
        return state.withLock { state in
            state.calls += 1
            guard let (fault, number) = state.fault, state.calls == number else { return .pass }
            state.fault = nil
            return switch fault {
            case .lostRequest: .drop
            case .lostAnswer: .deafen
            case .refusal: .answer(FaultProxy.refusal)
            }
        }
    }

    /// Whether these first bytes are those of a call that changes something; `exec` only looks.
    private static func changes(_ text: String) -> Bool {
        (text.hasPrefix("POST /") || text.hasPrefix("DELETE /")) && !text.prefix { $0 != "\r" }.contains("exec")
            && !text.prefix { $0 != "\r" }.contains("/wait")
    }

    private static let refusalBody = "{\"message\":\"the storage is full\"}"
    private static let refusal =
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(refusalBody.utf8.count)\r\n\r\n\(refusalBody)"
}

private enum Verdict {
    case pass
    /// Both connections end here.
    case drop
    /// Sent on, but then the connection ends before the answer.
    case deafen
    /// Answered in place of the engine.
    case answer(String)
}

private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let partner: any Channel
    private let judge: (ByteBuffer) -> Verdict

    init(to partner: any Channel, judge: @escaping (ByteBuffer) -> Verdict) {
        self.partner = partner
        self.judge = judge
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        switch judge(bytes) {
        case .pass: partner.writeAndFlush(bytes, promise: nil)
        case .drop:
            partner.close(promise: nil)
            context.close(promise: nil)
        case .deafen:
            // The engine acts on a call whose caller has gone.
            partner.writeAndFlush(bytes, promise: nil)
            context.close(promise: nil)
        case .answer(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        partner.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
