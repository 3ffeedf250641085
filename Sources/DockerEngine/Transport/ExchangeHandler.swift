import NIOCore
import NIOHTTP1
import Synchronization

/// A part of a response body: what had arrived when it was asked for.
struct BodyPiece: Sendable {
    var bytes: ByteBuffer
    /// Whether the body ends with these bytes.
    var isLast: Bool
}

/// A response's head, and its body where all of that was there soon after it.
struct Answer: Sendable {
    var head: HTTPResponseHead
    /// nil where the body is still to be received.
    var body: BodyPiece?
}

/// How long an exchange may take.
struct Deadline: Sendable {
    enum Scope: Sendable {
        /// Until the response head is there; while a body is uploaded, between two pieces of it.
        case head
        /// Until the whole response is there.
        case answer
    }

    var limit: Duration
    var scope: Scope
}

/// One request and its response at a time, on the event loop of their connection.
///
/// The socket is read only while less than ``readAhead`` bytes wait to be fetched, so a slow reader slows the engine.
/// The first failure closes the connection and answers every later question.
final class ExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// How much is fetched before it is asked for: more than a socket buffer holds of short lines, so reading and
    /// consuming overlap, and little enough for hundreds of streams.
    private static let readAhead = 64 << 10
    /// How much is to come during a stream's rest between two rounds of reads. Engines write each line by itself; without
    /// a rest each one costs a wake-up here, with it some hundred share one. About half of what the engine's socket buffer
    /// holds of short lines, so that the engine is not held back.
    private static let roundSize = 24 << 10
    /// The longest rest, however little comes: no person sees the delay.
    private static let longestRest = TimeAmount.milliseconds(10)
    /// What comes after such a pause is followed by no rest: events, one by one, are waited for.
    private static let pause = TimeAmount.milliseconds(20)

    private enum Phase {
        case idle
        case awaitingHead
        case receivingBody
        case ended
        case failed(any Error)
    }

    private let decoder: ResponseDecoder
    /// Whether the connection can take another request.
    private let reuse: Flag
    private var context: ChannelHandlerContext?
    private var phase = Phase.idle
    private var head: HTTPResponseHead?
    private var buffered = ByteBuffer()
    private var answerWaiter: EventLoopPromise<Answer>?
    private var pieceWaiter: EventLoopPromise<BodyPiece>?
    private var isRequestComplete = false
    /// Whether a round of reads is under way, or the rest after it.
    private var isReading = false
    private var isStream = false
    /// Of the body, in this round of reads, and when the last round ended.
    private var arrived = 0
    private var roundEnd = NIODeadline.uptimeNanoseconds(0)
    private var deadline: Deadline?
    private var alarm: Scheduled<Void>?

    init(decoder: ResponseDecoder, reuse: Flag) {
        self.decoder = decoder
        self.reuse = reuse
    }

    // MARK: What the connection's user asks for

    /// Writes a request's head and the body so far. `isComplete` tells that no more of the body follows.
    func begin(_ request: HTTPRequestHead, body: ByteBuffer?, isComplete: Bool, deadline: Deadline) {
        guard let context, case .idle = phase else {
            return fail(TransportFailure.disconnected(answerBegun: false))
        }
        reuse.set(false)
        phase = .awaitingHead
        isRequestComplete = isComplete
        head = nil
        self.deadline = deadline
        isStream = deadline.scope == .head
        armAlarm()
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        if let body { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        if isComplete { context.write(wrapOutboundOut(.end(nil)), promise: nil) }
        context.flush()
        readIfWanted()
    }

    /// Delivers the head of a stream when it is there; any other response's with its body, unless that is long: then
    /// whoever waits is woken once instead of twice.
    func receiveAnswer(_ promise: EventLoopPromise<Answer>) {
        if case .failed(let error) = phase { return promise.fail(error) }
        answerWaiter = promise
        deliver()
    }

    /// Delivers what has arrived of the body, waiting for the first of it where there is nothing yet.
    func receivePiece(_ promise: EventLoopPromise<BodyPiece>) {
        guard pieceWaiter == nil else {
            return promise.fail(TransportFailure.malformed("its body is read by two tasks at once"))
        }
        pieceWaiter = promise
        deliver()
    }

    /// Writes more of the request body, or of the bytes after a takeover; done when the socket has taken them.
    func write(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>) {
        guard let context, !hasFailed else { return promise.fail(failure) }
        armAlarm()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { result in
            switch result {
            case .success: promise.succeed()
            case .failure: promise.fail(self.failure)
            }
        }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: written)
    }

    /// Ends a request body that was written in pieces.
    func endRequest() {
        guard let context, !hasFailed else { return }
        isRequestComplete = true
        armAlarm()
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Ends our side of the connection; the other side may still send.
    func closeOutput(_ promise: EventLoopPromise<Void>) {
        guard let context, !hasFailed else { return promise.succeed() }
        let closed = context.eventLoop.makePromise(of: Void.self)
        // Where the other side was faster there is nothing left to close.
        closed.futureResult.whenComplete { _ in promise.succeed() }
        context.close(mode: .output, promise: closed)
    }

    /// Gives the exchange up: closes the connection and answers whoever waits with `error`. What arrived before is
    /// still delivered.
    func fail(_ error: any Error) {
        if hasFailed { return }
        phase = .failed(error)
        reuse.set(false)
        alarm?.cancel()
        answerWaiter.take()?.fail(error)
        deliver()
        context?.close(promise: nil)
    }

    // MARK: What arrives

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), phase) {
        case (.head(let head), .awaitingHead):
            received(head)
        case (.body(var bytes), .receivingBody):
            arrived += bytes.readableBytes
            buffered.writeBuffer(&bytes)
        case (.end, .receivingBody):
            // The decoder counts a takeover as the end of its message; the stream ends with the connection.
            if !decoder.isTakenOver { endBody() }
        case (_, .failed):
            break
        case (_, .idle):
            fail(TransportFailure.disconnected(answerBegun: false))
        default:
            fail(TransportFailure.malformed("its parts are out of order"))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        deliver()
        guard isStream, case .receivingBody = phase else { return goOnReading() }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: nextRest()) { handler.value.goOnReading() }
    }

    /// As long as the engine takes for a round's bytes, going by those of this round.
    private func nextRest() -> TimeAmount {
        let now = NIODeadline.now()
        defer {
            roundEnd = now
            arrived = 0
        }
        guard now - roundEnd < ExchangeHandler.pause else { return .zero }
        let nanoseconds = (now - roundEnd).nanoseconds * Int64(ExchangeHandler.roundSize)
        return min(.nanoseconds(nanoseconds / Int64(max(1, arrived))), ExchangeHandler.longestRest)
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch phase {
        case .receivingBody where decoder.isTakenOver: endBody()
        case .receivingBody: fail(TransportFailure.disconnected(answerBegun: true))
        case .awaitingHead, .idle: fail(TransportFailure.disconnected(answerBegun: false))
        case .ended, .failed: break
        }
        isRequestComplete = false
        deliver()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error as? HTTPParserError {
        case nil: fail(TransportFailure.disconnected(answerBegun: head != nil))
        case .invalidEOFState: fail(TransportFailure.disconnected(answerBegun: true))
        case let error?: fail(TransportFailure.malformed("it is not HTTP (\(error))"))
        }
    }

    // MARK: Steps

    private var hasFailed: Bool {
        if case .failed = phase { true } else { false }
    }

    private var failure: any Error {
        if case .failed(let error) = phase { error } else { TransportFailure.disconnected(answerBegun: head != nil) }
    }

    private func received(_ head: HTTPResponseHead) {
        phase = .receivingBody
        self.head = head
        if head.status == .switchingProtocols { decoder.isTakenOver = true }
        if deadline?.scope == .head { disarmAlarm() }
    }

    private func endBody() {
        phase = .ended
        disarmAlarm()
    }

    private func deliver() {
        deliverAnswer()
        guard let waiter = pieceWaiter else { return }
        switch phase {
        case .failed(let error) where buffered.readableBytes == 0:
            pieceWaiter = nil
            waiter.fail(error)
        case .ended:
            pieceWaiter = nil
            waiter.succeed(takeLast())
        case .receivingBody where buffered.readableBytes > 0, .failed:
            pieceWaiter = nil
            waiter.succeed(BodyPiece(bytes: takeBuffered(), isLast: false))
            readIfWanted()
        case .receivingBody, .awaitingHead, .idle:
            break
        }
    }

    private func deliverAnswer() {
        guard let waiter = answerWaiter, let head else { return }
        switch phase {
        case .ended:
            answerWaiter = nil
            waiter.succeed(Answer(head: head, body: takeLast()))
        case .receivingBody where isStream || buffered.readableBytes >= ExchangeHandler.readAhead:
            answerWaiter = nil
            waiter.succeed(Answer(head: head))
        case .receivingBody, .awaitingHead, .idle, .failed:
            break
        }
    }

    /// The end of the body. The connection may take the next request from here on.
    private func takeLast() -> BodyPiece {
        if head?.isKeepAlive == true, isRequestComplete, !decoder.isTakenOver {
            phase = .idle
            reuse.set(true)
        }
        return BodyPiece(bytes: takeBuffered(), isLast: true)
    }

    private func takeBuffered() -> ByteBuffer {
        defer { buffered = ByteBuffer() }
        return buffered
    }

    // An idle connection is read too: whatever arrives there, the end included, makes it unfit for the next request.
    private func readIfWanted() {
        guard let context, !isReading, !hasFailed, buffered.readableBytes < ExchangeHandler.readAhead else { return }
        isReading = true
        context.read()
    }

    private func goOnReading() {
        isReading = false
        readIfWanted()
    }

    private func armAlarm() {
        alarm?.cancel()
        guard let deadline, let context, head == nil || deadline.scope == .answer else { return }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        alarm = context.eventLoop.scheduleTask(in: TimeAmount(deadline.limit)) {
            handler.value.fail(TransportFailure.timedOut(deadline.limit))
        }
    }

    private func disarmAlarm() {
        deadline = nil
        alarm?.cancel()
        alarm = nil
    }
}

/// A truth that an event loop writes and anyone reads.
final class Flag: Sendable {
    private let flag: Atomic<Bool>

    init(_ value: Bool) { flag = Atomic(value) }

    var isSet: Bool { flag.load(ordering: .acquiring) }

    func set(_ value: Bool) { flag.store(value, ordering: .releasing) }
}
