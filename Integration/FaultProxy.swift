import NIOCore
import NIOPosix
import Synchronization

/// Stands between commands and the engine, counts what they ask, and breaks one of the requests.
final class FaultProxy: Sendable {
    enum Fault: String, Sendable, CaseIterable {
        /// The connection ends before the engine hears of the request.
        case refused
        /// The connection ends before the answer; the engine carries the request out.
        case lostAnswer
        /// The connection ends before the last byte of what the engine answers first.
        case cutAnswer
        /// The connection ends with the answer, so that it is dead at its next use; a stream, after its first piece.
        case endedAfterwards
        /// The answer comes ``delay`` late.
        case delayed
        /// The request is answered with a server error; the engine never hears of it.
        case serverError
        /// All connections end before the engine hears of the request, and none can be made until the command has ended.
        case unreachable
    }

    /// Longer than anything that a command retries or looks at again, so that whatever else is under way overtakes.
    static let delay = TimeAmount.seconds(1)

    private struct State {
        var fault: (Fault, at: Int)?
        var broken: HTTPRequestLine?
        var requests: [HTTPRequestLine] = []
        /// nil while nobody can connect.
        var server: (any Channel)?
        var clients: [ObjectIdentifier: any Channel] = [:]
    }

    private let path: String
    private let engine: String
    private let state = Mutex(State())

    private init(path: String, engine: String) {
        self.path = path
        self.engine = engine
    }

    /// Listens on the socket `path` in place of the engine at `engine` while `body` runs.
    static func with(
        path: String, engine: String, _ body: (FaultProxy) async throws -> Void
    ) async throws {
        let proxy = FaultProxy(path: path, engine: engine)
        try await proxy.listen()
        do {
            try await body(proxy)
        } catch {
            proxy.hangUp()
            throw error
        }
        proxy.hangUp()
    }

    private func listen() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { client in self.join(client) }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        state.withLock { $0.server = server }
    }

    /// Ends all connections and takes no more.
    private func hangUp() {
        let ended = state.withLock { state in
            defer { (state.server, state.clients) = (nil, [:]) }
            return [state.server].compactMap(\.self) + state.clients.values
        }
        for channel in ended { channel.close(promise: nil) }
    }

    /// Counts anew, and breaks the request of this number and no other; nil breaks none.
    func begin(breaking number: Int? = nil, _ fault: Fault = .refused) {
        state.withLock { state in
            state.fault = number.map { (fault, at: $0) }
            (state.broken, state.requests) = (nil, [])
        }
    }

    /// Breaks nothing any more. Returns the request that was broken, nil where it did not come to that.
    func end() async throws -> HTTPRequestLine? {
        let (broken, isListening) = state.withLock { state in
            state.fault = nil
            return (state.broken, state.server != nil)
        }
        if !isListening { try await listen() }
        return broken
    }

    /// What was asked since the count began.
    var requests: [HTTPRequestLine] { state.withLock { $0.requests } }

    private func join(_ client: any Channel) -> EventLoopFuture<Void> {
        let key = ObjectIdentifier(client)
        state.withLock { $0.clients[key] = client }
        client.closeFuture.whenComplete { _ in _ = self.state.withLock { $0.clients.removeValue(forKey: key) } }
        return ClientBootstrap(group: client.eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: false)
            .connect(unixDomainSocketPath: engine)
            .flatMap { upstream in
                client.eventLoop.makeCompletedFuture {
                    let relay = FaultRelay(client: client, engine: upstream, judge: self.judge)
                    try client.pipeline.syncOperations.addHandler(FaultRelay.Side(relay, isClient: true))
                    try upstream.pipeline.syncOperations.addHandler(FaultRelay.Side(relay, isClient: false))
                }
                .flatMap { upstream.setOption(.autoRead, value: true) }
            }
            .map { client.setOption(.autoRead, value: true).whenFailure { _ in client.close(promise: nil) } }
    }

    private func judge(_ request: HTTPRequestLine) -> Fault? {
        let fault = state.withLock { state -> Fault? in
            state.requests.append(request)
            guard let (fault, number) = state.fault, state.requests.count == number else { return nil }
            state.broken = request
            return fault
        }
        if fault == .unreachable { hangUp() }
        return fault
    }
}

/// What a request asks: its first line.
struct HTTPRequestLine: Sendable, CustomStringConvertible {
    let method: String
    let target: String

    /// nil for bytes that do not begin a request.
    init?(_ bytes: ByteBuffer) {
        let length = min(bytes.readableBytes, HTTPRequestLine.longest)
        let words = String(buffer: bytes.getSlice(at: bytes.readerIndex, length: length) ?? bytes)
            .prefix { $0 != "\r\n" }.split(separator: " ")
        guard words.count >= 2, HTTPRequestLine.methods.contains(String(words[0])), words[1].hasPrefix("/") else {
            return nil
        }
        method = String(words[0])
        target = String(words[1])
    }

    /// Whether it may change something: everything that does not only read. A process in a container may do anything.
    var isMutating: Bool { method != "GET" && method != "HEAD" }

    /// Whether its answer goes on for as long as there is something to tell.
    var isStream: Bool {
        let path = target.prefix { $0 != "?" }
        return path.hasSuffix("/events") || path.hasSuffix("/attach") || path.contains("/exec/") && method == "POST"
            || path.hasSuffix("/logs") && target.contains("follow=")
    }

    var description: String { "\(method) \(target)" }

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "DELETE"]
    /// Enough of a line to tell the calls apart; filters make it long.
    private static let longest = 512
}
