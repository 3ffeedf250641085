import DockerEngine
import EngineAPI
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// Where a stub listens.
enum StubTransport: CaseIterable, Sendable {
    case unix
    case tcp
}

/// Runs a server that plays `script` on every connection, and an engine client of it.
///
/// The script decides every byte, so that it can answer as no good server would. It begins anew with each connection.
@discardableResult
func withStub<Result: Sendable>(
    _ transport: StubTransport = .unix, configuration: DockerEngine.Configuration = .init(),
    script: @escaping @Sendable (StubConnection) async throws -> Void,
    _ body: (DockerEngine, StubServer) async throws -> Result
) async throws -> Result {
    let server = StubServer()
    let (channel, address) = try await StubServer.listen(transport)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.accept(on: channel, script) }
        let engine = DockerEngine(address: address, configuration: configuration)
        do {
            let result = try await body(engine, server)
            await engine.shutdown()
            group.cancelAll()
            return result
        } catch {
            await engine.shutdown()
            group.cancelAll()
            throw error
        }
    }
}

/// Counts what a client does to its stub.
final class StubServer: Sendable {
    private let count = Atomic(0)

    /// How many connections the client has made so far.
    var connections: Int { count.load(ordering: .relaxed) }

    static func listen(
        _ transport: StubTransport
    ) async throws -> (NIOAsyncChannel<any Channel, Never>, EngineAddress) {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: false)
        // Wrapped by whoever plays on it: one that is wrapped and then taken by nobody, as when the server ends just then,
        // ends the process.
        let wrap: @Sendable (any Channel) -> EventLoopFuture<any Channel> = { channel in
            channel.eventLoop.makeSucceededFuture(channel)
        }
        switch transport {
        case .unix:
            let path = "/tmp/gantry-stub-\(UInt64.random(in: 0 ... .max)).sock"
            let channel = try await bootstrap.bind(
                unixDomainSocketPath: path, cleanupExistingSocketFile: true, childChannelInitializer: wrap)
            return (channel, .unixSocket(path))
        case .tcp:
            let channel = try await bootstrap.bind(host: "127.0.0.1", port: 0, childChannelInitializer: wrap)
            let port = try #require(channel.channel.localAddress?.port)
            return (channel, try EngineAddress("tcp://127.0.0.1:\(port)"))
        }
    }

    func accept(
        on channel: NIOAsyncChannel<any Channel, Never>,
        _ script: @escaping @Sendable (StubConnection) async throws -> Void
    ) async throws {
        defer { if let path = channel.channel.localAddress?.pathname { unlinkSocket(path) } }
        try await channel.executeThenClose { incoming in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in incoming {
                    count.add(1, ordering: .relaxed)
                    // A client that breaks the connection off is what many tests are about.
                    group.addTask { try? await StubConnection.play(script, on: connection) }
                }
            }
        }
    }
}

/// A request as it arrived.
struct StubRequest: Sendable {
    var line: String
    var headers: [String]
    var body: [UInt8]

    var bodyText: String { String(decoding: body, as: UTF8.self) }
}

/// A stub's side of one connection, used by the one task that plays the script.
final class StubConnection {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let channel: any Channel
    private var received: [UInt8] = []

    private init(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ channel: any Channel) {
        self.inbound = inbound.makeAsyncIterator()
        self.channel = channel
    }

    static func play(
        _ script: @Sendable (StubConnection) async throws -> Void, on channel: any Channel
    ) async throws {
        let connection = try await channel.eventLoop.submit {
            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }.get()
        try await connection.executeThenClose { inbound, _ in
            try await channel.setOption(.autoRead, value: true).get()
            try await script(StubConnection(inbound, channel))
        }
    }

    /// The next request with its whole body, nil when the client has closed.
    func request() async throws -> StubRequest? {
        var end = received.firstRange(of: Array("\r\n\r\n".utf8))
        while end == nil {
            guard try await receive() else { return nil }
            end = received.firstRange(of: Array("\r\n\r\n".utf8))
        }
        guard let end else { return nil }
        let head = String(decoding: received[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(
            String.init)
        received.removeFirst(end.upperBound)
        var request = StubRequest(line: head[0], headers: Array(head.dropFirst()), body: [])
        if let field = request.headers.first(where: { $0.lowercased().hasPrefix("content-length:") }) {
            let length = Int(field.split(separator: " ").last ?? "0") ?? 0
            while received.count < length, try await receive() {}
            request.body = Array(received.prefix(length))
            received.removeFirst(min(length, received.count))
        } else if request.headers.contains(where: { $0.lowercased().hasPrefix("transfer-encoding:") }) {
            guard let body = try await chunks() else { return nil }
            request.body = body
        }
        return request
    }

    /// Bytes as they arrive, nil when the client has ended its side.
    func bytes() async throws -> [UInt8]? {
        if received.isEmpty, try await !receive() { return nil }
        defer { received = [] }
        return received
    }

    /// Answers requests until the client closes: pings by themselves, others by `answer`.
    func serve(_ answer: (StubRequest) async throws -> String) async throws {
        while let request = try await request() {
            try await send(request.line.hasPrefix("GET /_ping ") ? Stub.ping() : answer(request))
        }
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Returns when the socket has taken the bytes, so that who counts them counts what really went out.
    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    private func receive() async throws -> Bool {
        guard let buffer = try await inbound.next(isolation: #isolation) else { return false }
        received += buffer.readableBytesView
        return true
    }

    /// A body in chunks, nil where the client closes before the last one.
    private func chunks() async throws -> [UInt8]? {
        var body: [UInt8] = []
        while true {
            var end = received.firstRange(of: Array("\r\n".utf8))
            while end == nil, try await receive() { end = received.firstRange(of: Array("\r\n".utf8)) }
            guard let end, let length = Int(String(decoding: received[..<end.lowerBound], as: UTF8.self), radix: 16)
            else { return nil }
            while received.count < end.upperBound + length + 2 { guard try await receive() else { return nil } }
            body += received[end.upperBound..<end.upperBound + length]
            received.removeFirst(end.upperBound + length + 2)
            if length == 0 { return body }
        }
    }
}
