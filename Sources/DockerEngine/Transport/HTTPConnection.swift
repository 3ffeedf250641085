import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A connection to the engine that carries one exchange at a time.
///
/// Every wait ends at once with `CancellationError` when its task is cancelled, and the connection is closed then: the
/// rest of the response would otherwise be taken for the next one's.
final class HTTPConnection: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<ExchangeHandler>
    private let reuse: Flag
    /// The body that came with its head and was not asked for yet.
    private let arrived = Mutex<BodyPiece?>(nil)

    private init(channel: any Channel, handler: NIOLoopBound<ExchangeHandler>, reuse: Flag) {
        self.channel = channel
        self.handler = handler
        self.reuse = reuse
    }

    /// Connects to the engine. Throws ``TransportFailure/unreachable(_:)`` with a sentence for people.
    static func connect(
        to address: EngineAddress, on eventLoop: any EventLoop, timeout: Duration
    ) async throws -> HTTPConnection {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .channelOption(.autoRead, value: false)
            .connectTimeout(TimeAmount(timeout))
        let reuse = Flag(true)
        let opening = bootstrap.channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let decoder = ResponseDecoder()
                try channel.pipeline.syncOperations.addHandlers([
                    HTTPRequestEncoder(), ByteToMessageHandler(decoder),
                    ExchangeHandler(decoder: decoder, reuse: reuse),
                ])
            }
        }
        let connecting =
            switch address.endpoint {
            case .unix(let path): opening.connect(unixDomainSocketPath: path)
            case .tcp(let host, let port): opening.connect(host: host, port: port)
            }
        let connected = connecting.flatMapThrowing { channel in
            let handler = try channel.pipeline.syncOperations.handler(type: ExchangeHandler.self)
            return HTTPConnection(
                channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop), reuse: reuse)
        }
        do {
            return try await connected.cancellableValue()
        } catch let error as CancellationError {
            connected.whenSuccess { $0.close() }
            throw error
        } catch {
            throw TransportFailure.unreachable(ConnectFailure.sentence(for: error, at: address, within: timeout))
        }
    }

    /// Whether the connection lives and its last response was read to the end.
    var isReusable: Bool { reuse.isSet }

    /// Sends a whole request and returns the head of its response.
    func exchange(_ request: HTTPRequestHead, body: ByteBuffer?, deadline: Deadline) async throws -> HTTPResponseHead {
        try await keepBody { handler, promise in
            handler.begin(request, body: body, isComplete: true, deadline: deadline)
            handler.receiveAnswer(promise)
        }
    }

    /// Sends a request whose body follows with ``write(_:)`` and ends with ``endRequest()``.
    func begin(_ request: HTTPRequestHead, deadline: Deadline) {
        perform { $0.begin(request, body: nil, isComplete: false, deadline: deadline) }
    }

    /// The head of the response.
    func receiveHead() async throws -> HTTPResponseHead { try await keepBody { $0.receiveAnswer($1) } }

    /// The next piece of the response's body.
    func receivePiece() async throws -> BodyPiece {
        if let piece = arrived.withLock({ $0.take() }) { return piece }
        return try await wait { $0.receivePiece($1) }
    }

    /// Writes bytes of the body, or what follows a takeover; returns when the socket has taken them.
    func write(_ bytes: ByteBuffer) async throws { try await wait { $0.write(bytes, $1) } }

    /// Ends a request body that was written in pieces.
    func endRequest() { perform { $0.endRequest() } }

    /// Ends our side of the connection.
    func closeOutput() async throws { try await wait { $0.closeOutput($1) } }

    /// Gives the exchange up with the error that whoever waits for it gets.
    func fail(_ error: any Error) { perform { $0.fail(error) } }

    /// Closes the connection, whatever it does.
    func close() { channel.close(promise: nil) }

    /// Closes the connection and returns when it is closed.
    func closeAndWait() async {
        close()
        try? await channel.closeFuture.get()
    }

    private func keepBody(
        _ start: @escaping @Sendable (ExchangeHandler, EventLoopPromise<Answer>) -> Void
    ) async throws -> HTTPResponseHead {
        let answer = try await wait(start)
        arrived.withLock { $0 = answer.body }
        return answer.head
    }

    private func perform(_ action: @escaping @Sendable (ExchangeHandler) -> Void) {
        channel.eventLoop.execute { [handler] in action(handler.value) }
    }

    private func wait<Value: Sendable>(
        _ start: @escaping @Sendable (ExchangeHandler, EventLoopPromise<Value>) -> Void
    ) async throws -> Value {
        let promise = channel.eventLoop.makePromise(of: Value.self)
        let isAnswered = Flag(false)
        promise.futureResult.whenComplete { _ in isAnswered.set(true) }
        perform { start($0, promise) }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            // Once this wait is answered the connection may carry another task's exchange, which is not to be ended.
            perform { if !isAnswered.isSet { $0.fail(CancellationError()) } }
        }
    }
}

extension EventLoopFuture where Value: Sendable {
    /// The value, or `CancellationError` as soon as the task is cancelled; what the future stands for goes on.
    func cancellableValue() async throws -> Value {
        let promise = eventLoop.makePromise(of: Value.self)
        cascade(to: promise)
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            // The first completion counts.
            promise.fail(CancellationError())
        }
    }
}
