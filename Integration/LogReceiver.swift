import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// A receiver of logs on the loopback interface that knows what it has, and can be told how to behave.
final class LogReceiver: Sendable {
    enum Form: Sendable {
        /// Lines over a stream. What is cut off counts for nothing.
        case lines
        /// Batches over HTTP, told apart by their `Idempotency-Key`: one that comes again counts once, and has to be the
        /// same.
        case batches
    }

    enum Behaviour: Sendable {
        case takes
        /// Answers a moment later, so that batches are under way for most of the time.
        case takesTime
        /// Answers every request with this status.
        case answers(Int)
        /// Lets everybody in, reads all and answers nothing; lines are not even read.
        case isSilent
    }

    private struct State {
        var behaviour = Behaviour.takes
        var lines = NumberedLines()
        /// By their keys, the hashes of their bodies.
        var batches: [String: Int] = [:]
        var repeated = 0
        var lost = 0
        var requests = 0
        var complaints: [String] = []
        var channels: [any Channel] = []
        var watchers: [AsyncStream<Void>.Continuation] = []
    }

    private let state = Mutex(State())
    private let form: Form

    private init(_ form: Form) { self.form = form }

    /// Receives while `body` runs, which is told the port.
    @discardableResult
    static func with<Result>(
        _ form: Form, _ behaviour: Behaviour = .takes, port: Int = 0,
        _ body: (LogReceiver, Int) async throws -> Result
    ) async throws -> Result {
        let receiver = LogReceiver(form)
        receiver.behave(behaviour)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: true)
            .childChannelInitializer { channel in receiver.admit(channel) }
            .bind(host: "127.0.0.1", port: port).get()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(receiver, channel.localAddress?.port ?? 0))
        } catch {
            result = .failure(error)
        }
        try? await channel.close().get()
        for client in receiver.state.withLock({ $0.channels }) { try? await client.close().get() }
        #expect(receiver.complaints.isEmpty, "\(receiver.complaints)")
        return try result.get()
    }

    func behave(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }

    var lines: NumberedLines { state.withLock { $0.lines } }
    /// Batches that came again.
    var repeated: Int { state.withLock { $0.repeated } }
    /// Lines that notices say to be lost: `log.gap ... lost=N`.
    var lost: Int { state.withLock { $0.lost } }
    var requests: Int { state.withLock { $0.requests } }
    var complaints: [String] { state.withLock { $0.complaints } }

    fileprivate var delay: TimeAmount {
        if case .takesTime = state.withLock({ $0.behaviour }) { .milliseconds(50) } else { .zero }
    }

    /// Returns when `condition` holds, asked again after everything that comes.
    func wait(until condition: (LogReceiver) -> Bool) async throws {
        let (changes, watcher) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.watchers.append(watcher) }
        var iterator = changes.makeAsyncIterator()
        while !condition(self) {
            guard await iterator.next() != nil else { throw CancellationError() }
        }
    }

    private func admit(_ channel: any Channel) -> EventLoopFuture<Void> {
        let isSilent = state.withLock { state in
            state.channels.removeAll { !$0.isActive }
            state.channels.append(channel)
            return if case .isSilent = state.behaviour { true } else { false }
        }
        return channel.eventLoop.makeCompletedFuture {
            switch form {
            case .lines: try channel.pipeline.syncOperations.addHandler(LineTaker(self))
            case .batches:
                try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
                try channel.pipeline.syncOperations.addHandler(BatchTaker(self))
            }
        }.flatMap { channel.setOption(.autoRead, value: !(isSilent && self.form == .lines)) }
    }

    fileprivate func take(_ bytes: ByteBufferView) {
        change { $0.lines.take(bytes) }
    }

    /// - Returns: the status of the answer; nil where there is to be none.
    fileprivate func take(_ head: HTTPRequestHead, _ body: [UInt8]) -> Int? {
        change { state in
            state.requests += 1
            switch state.behaviour {
            case .isSilent: return nil
            case .answers(let status): return status
            case .takes, .takesTime: break
            }
            guard head.method == .POST, let key = head.headers.first(name: "Idempotency-Key") else {
                state.complaints.append("\(head.method) \(head.uri) has no Idempotency-Key")
                return 400
            }
            if let known = state.batches[key] {
                state.repeated += 1
                if known != body.hashValue { state.complaints.append("batch \(key) came again with other records") }
            } else {
                state.batches[key] = body.hashValue
                state.lines.take(body)
                for word in String(decoding: body, as: UTF8.self).split(separator: " lost=").dropFirst() {
                    state.lost += Int(word.prefix(while: \.isNumber)) ?? 0
                }
            }
            return 204
        }
    }

    private func change<Value>(_ body: (inout State) -> sending Value) -> Value {
        let (value, watchers) = state.withLock { state in
            let value = body(&state)
            return (value, state.watchers)
        }
        for watcher in watchers { watcher.yield() }
        return value
    }
}

private final class LineTaker: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let receiver: LogReceiver
    private var rest = ByteBuffer()

    init(_ receiver: LogReceiver) { self.receiver = receiver }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        rest.writeBuffer(&bytes)
        guard let end = rest.readableBytesView.lastIndex(of: UInt8(ascii: "\n")) else { return }
        receiver.take(rest.readableBytesView[...end])
        rest.moveReaderIndex(to: end + 1)
        rest.discardReadBytes()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class BatchTaker: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let receiver: LogReceiver
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ receiver: LogReceiver) { self.receiver = receiver }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let part): body += part.readableBytesView
        case .end:
            guard let head, let status = receiver.take(head, body) else { return }
            let answer = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: status),
                headers: status == 204 ? [:] : ["Content-Length": "0"])
            let channel = context.channel
            context.eventLoop.scheduleTask(in: receiver.delay) {
                channel.write(HTTPServerResponsePart.head(answer), promise: nil)
                channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
