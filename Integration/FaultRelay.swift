import NIOCore

/// Passes the bytes of a connection on in both directions, and breaks the exchange that `judge` condemns.
///
/// A request begins a packet, because a client waits for an answer before it asks again. Both channels share an event
/// loop, on which everything here happens.
final class FaultRelay {
    private let client: any Channel
    private let engine: any Channel
    private let judge: (HTTPRequestLine) -> FaultProxy.Fault?
    /// What is done to the exchange under way.
    private var fault: FaultProxy.Fault?
    private var isStream = false
    private var request = MessageExtent()
    private var answer = MessageExtent()
    /// What a delayed answer has come to.
    private var held: ByteBuffer?

    init(client: any Channel, engine: any Channel, judge: @escaping (HTTPRequestLine) -> FaultProxy.Fault?) {
        self.client = client
        self.engine = engine
        self.judge = judge
    }

    private func fromClient(_ bytes: ByteBuffer) {
        if let line = HTTPRequestLine(bytes) {
            (request, answer) = (MessageExtent(), MessageExtent())
            fault = judge(line)
            isStream = line.isStream
            if fault == .serverError { client.writeAndFlush(ByteBuffer(string: FaultRelay.refusal), promise: nil) }
        }
        switch fault {
        case .refused, .unreachable: close()
        // A body that follows in pieces is not the engine's either.
        case .serverError: break
        case .lostAnswer:
            engine.writeAndFlush(bytes, promise: nil)
            // Once the engine has all of it; it keeps an open connection to answer on.
            request.add(bytes)
            if request.isComplete { client.close(promise: nil) }
        default: engine.writeAndFlush(bytes, promise: nil)
        }
    }

    private func fromEngine(_ bytes: ByteBuffer) {
        switch fault {
        case .lostAnswer: close()
        case .cutAnswer:
            client.writeAndFlush(bytes.getSlice(at: bytes.readerIndex, length: bytes.readableBytes - 1), promise: nil)
            close()
        case .endedAfterwards:
            client.writeAndFlush(bytes, promise: nil)
            answer.add(bytes)
            if answer.isComplete || isStream && answer.hasBody { close() }
        case .delayed: hold(bytes)
        default: client.writeAndFlush(bytes, promise: nil)
        }
    }

    private func hold(_ bytes: ByteBuffer) {
        if held != nil {
            held?.writeImmutableBuffer(bytes)
            return
        }
        held = bytes
        let relay = NIOLoopBound(self, eventLoop: client.eventLoop)
        client.eventLoop.scheduleTask(in: FaultProxy.delay) { relay.value.release() }
    }

    private func release() {
        fault = nil
        if let held { client.writeAndFlush(held, promise: nil) }
        held = nil
        if !engine.isActive { client.close(promise: nil) }
    }

    private func close() {
        client.close(promise: nil)
        engine.close(promise: nil)
    }

    private func inputEnded(isClient: Bool) {
        (isClient ? engine : client).close(mode: .output, promise: nil)
    }

    private func closed(isClient: Bool) {
        if isClient {
            // What has lost its answer is carried out all the same.
            if fault != .lostAnswer { engine.close(promise: nil) }
        } else if held == nil {
            client.close(promise: nil)
        }
    }

    private static let refusalBody = "{\"message\":\"the storage is full\"}"
    private static let refusal =
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(refusalBody.utf8.count)\r\n\r\n\(refusalBody)"

    /// One of the two ends.
    final class Side: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let relay: FaultRelay
        private let isClient: Bool

        init(_ relay: FaultRelay, isClient: Bool) {
            self.relay = relay
            self.isClient = isClient
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            isClient ? relay.fromClient(unwrapInboundIn(data)) : relay.fromEngine(unwrapInboundIn(data))
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event as? ChannelEvent == .inputClosed { relay.inputEnded(isClient: isClient) }
        }

        func channelInactive(context: ChannelHandlerContext) { relay.closed(isClient: isClient) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// How much there is of an HTTP message that arrives in pieces.
private struct MessageExtent {
    private var head: String?
    private var bytes: [UInt8] = []

    mutating func add(_ buffer: ByteBuffer) {
        bytes += buffer.readableBytesView
        if head == nil, let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
            head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).lowercased()
            bytes.removeSubrange(..<end.upperBound)
        }
    }

    var hasBody: Bool { head != nil && !bytes.isEmpty }

    /// Whether the last byte is there. A success that tells no length ends with its connection.
    var isComplete: Bool {
        guard let head else { return false }
        if head.contains("transfer-encoding: chunked") { return bytes.suffix(5) == Array("0\r\n\r\n".utf8)[...] }
        guard let start = head.firstRange(of: "content-length: ")?.upperBound else {
            return !head.hasPrefix("http/1.1 200") && !head.hasPrefix("http/1.1 101")
        }
        return bytes.count >= Int(head[start...].prefix(while: \.isNumber)) ?? 0
    }
}
