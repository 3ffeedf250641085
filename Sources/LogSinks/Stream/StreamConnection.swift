import NIOCore
import NIOPosix
import NIOSSL
import SinkAPI
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A connection over TCP, TLS or a unix socket, for one conversation at a time.
///
/// Whatever ends it closes it: an error, a time that is up, a task that is cancelled. It is not opened again; its owner
/// opens another. A receiver that has closed its half has ended it too: it would answer nothing any more. All errors
/// are ``SinkFailure``, or `CancellationError`.
final class StreamConnection: Sendable {
    private let endpoint: StreamEndpoint
    private let channel: any Channel
    private let inbox: NIOLoopBound<StreamInbox>
    private let ending: StreamEnding
    /// What has arrived and was not understood yet.
    private let rest = Mutex(ByteBuffer())

    /// An answer that is longer than this is none.
    private static let largestAnswer = 1 << 20
    /// How often the system is asked whether the receiver's has everything; at first as long as a local network takes.
    private static let confirmationPauses = (first: Duration.microseconds(200), longest: Duration.milliseconds(20))

    /// How long a receiver may take to read the last lines when we go.
    private static let farewell = Duration.seconds(2)

    private init(endpoint: StreamEndpoint, channel: any Channel, inbox: NIOLoopBound<StreamInbox>, ending: StreamEnding)
    {
        self.endpoint = endpoint
        self.channel = channel
        self.inbox = inbox
        self.ending = ending
    }

    /// Connects, and agrees on TLS where the endpoint asks for it and `secured` does not put that off.
    static func open(_ endpoint: StreamEndpoint, secured: Bool = true) async throws -> StreamConnection {
        let ending = StreamEnding()
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.nanoseconds(endpoint.timeout.nanoseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StreamInbox(ending: ending))
                }
            }
        let connecting =
            switch endpoint.address {
            case .host(let host, let port): bootstrap.connect(host: host, port: port)
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        let opened = connecting.flatMapThrowing { channel in
            let inbox = try channel.pipeline.syncOperations.handler(type: StreamInbox.self)
            return StreamConnection(
                endpoint: endpoint, channel: channel, inbox: NIOLoopBound(inbox, eventLoop: channel.eventLoop),
                ending: ending)
        }
        // The first completion counts: a cancelled task waits for no connection.
        let promise = opened.eventLoop.makePromise(of: StreamConnection.self)
        opened.cascade(to: promise)
        let connection: StreamConnection
        do {
            connection = try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(CancellationError())
            }
        } catch {
            opened.whenSuccess { $0.close() }
            if error is CancellationError { throw error }
            throw StreamEnding.failure(connectingTo: endpoint.name, error)
        }
        if secured, endpoint.security != nil { try await connection.secure() }
        return connection
    }

    /// Whether it can still be used, as far as is known.
    var isOpen: Bool { ending.time == nil }
    /// When it ended; nil while it lives.
    var endTime: ContinuousClock.Instant? { ending.time }

    /// Agrees on TLS, now that both have said that they want it.
    func secure() async throws {
        guard let security = endpoint.security else { return }
        try await perform("agree on TLS") { [channel, inbox] in
            try await channel.eventLoop.flatSubmit {
                let promise = channel.eventLoop.makePromise(of: Void.self)
                inbox.value.awaitSecurity(promise)
                do {
                    let handler = try NIOSSLClientHandler(
                        context: security.context, serverHostname: security.serverName)
                    try channel.pipeline.syncOperations.addHandler(handler, position: .first)
                } catch {
                    promise.fail(error)
                }
                return promise.futureResult
            }.get()
        }
    }

    /// Does what belongs together within `time`, else the endpoint's; `what` says what the receiver owes: "answer".
    func perform<Value: Sendable>(
        _ what: String, within time: Duration? = nil, _ body: () async throws -> Value
    ) async throws -> Value {
        let time = time ?? endpoint.timeout
        let timer = channel.eventLoop.scheduleTask(in: .nanoseconds(time.nanoseconds)) { [ending, channel] in
            ending.note(.timedOut(what, time))
            channel.close(promise: nil)
        }
        defer { timer.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await body()
            } onCancel: {
                close()
            }
        } catch {
            let failure = ending.failure(at: endpoint.name, error)
            close()
            if Task.isCancelled { throw CancellationError() }
            throw failure
        }
    }

    /// Returns when the system has taken the bytes, which it does as fast as the receiver reads. Within
    /// ``perform(_:_:)``.
    func write(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes).get() }

    /// The next answer: what `parse` takes from the front of what has arrived. It returns nil while more is needed, and
    /// throws what is wrong with the answer. Within ``perform(_:_:)``.
    func receive<Answer>(_ parse: (inout ByteBuffer) throws -> Answer?) async throws -> Answer {
        while true {
            if let answer = try rest.withLock({ rest in try parse(&rest) }) { return answer }
            guard rest.withLock({ $0.readableBytes }) <= StreamConnection.largestAnswer else {
                throw SinkFailure.unavailable("\(endpoint.name) answers what its protocol does not know")
            }
            var more = try await channel.eventLoop.flatSubmit { [inbox, channel] in
                let promise = channel.eventLoop.makePromise(of: ByteBuffer.self)
                inbox.value.receive(promise)
                return promise.futureResult
            }.get()
            rest.withLock { rest in
                rest.discardReadBytes()
                rest.writeBuffer(&more)
            }
        }
    }

    /// Returns when nothing that was written is still on its way: the receiver's system has confirmed it (for a unix
    /// socket: the receiver has read it). Within ``perform(_:_:)``.
    func confirm() async throws {
        var pause = StreamConnection.confirmationPauses.first
        while try await unconfirmed() > 0 {
            try await Task.sleep(for: pause)
            pause = min(pause * 2, StreamConnection.confirmationPauses.longest)
        }
        guard isOpen else { throw ChannelError.ioOnClosedChannel }
    }

    /// How many bytes the system has taken and the other side has not (`SIOCOUTQ`, tcp(7)).
    private func unconfirmed() async throws -> CInt {
        try await channel.eventLoop.submit { [channel] in
            let result = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self
            ) { socket in
                var count: CInt = 0
                guard ioctl(socket, UInt(TIOCOUTQ), &count) == 0 else {
                    throw IOError(errnoCode: errno, reason: "SIOCOUTQ")
                }
                return count
            }
            return result ?? 0
        }.get()
    }

    /// Says that nothing follows, and returns when the receiver has closed its side: then it has read everything.
    ///
    /// - Throws: where it breaks the connection instead, or has broken it, or does not close it in time.
    func finish() async throws {
        if let error = ending.error { throw error }
        guard isOpen else { return }
        try await perform("close the connection", within: StreamConnection.farewell) {
            if endpoint.security == nil {
                try await channel.close(mode: .output).get()
            } else {
                channel.close(promise: nil)
            }
            try? await channel.closeFuture.get()
            if let error = ending.error { throw error }
        }
    }

    /// Connects and agrees on TLS, for ``Sink/check(_:)``.
    static func check(_ endpoint: StreamEndpoint, _ step: @Sendable (String) async -> Void) async throws
        -> StreamConnection
    {
        let connection = try await open(endpoint, secured: false)
        await step("connected to \(endpoint.name)")
        if endpoint.security != nil {
            try await connection.secure()
            await step("agreed on TLS with \(endpoint.name)")
        }
        return connection
    }

    /// Closes it at once.
    func close() {
        ending.note(.closedByUs)
        channel.close(promise: nil)
    }
}

extension Duration {
    /// Whole nanoseconds, as long as an Int64 can say.
    var nanoseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : seconds + components.attoseconds / 1_000_000_000
    }
}
