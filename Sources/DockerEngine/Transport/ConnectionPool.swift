import NIOCore
import Synchronization

/// Keeps connections whose last exchange ended cleanly for the next one.
///
/// The number in use is not bounded: each followed log holds one, and who starts calls decides how many run at once.
final class ConnectionPool: Sendable {
    private struct State {
        var idle: [HTTPConnection] = []
        var isShutDown = false
    }

    private let address: EngineAddress
    private let eventLoop: any EventLoop
    private let connectTimeout: Duration
    private let maximumIdle: Int
    private let state = Mutex(State())

    init(address: EngineAddress, eventLoop: any EventLoop, connectTimeout: Duration, maximumIdle: Int) {
        self.address = address
        self.eventLoop = eventLoop
        self.connectTimeout = connectTimeout
        self.maximumIdle = maximumIdle
    }

    /// The kept connection that was used last, nil where none lives.
    func reuse() -> HTTPConnection? {
        state.withLock { state in
            while let connection = state.idle.popLast() {
                if connection.isReusable { return connection }
            }
            return nil
        }
    }

    /// A new connection.
    func connect() async throws -> HTTPConnection {
        guard !state.withLock(\.isShutDown) else {
            throw TransportFailure.unreachable("the engine client has been shut down")
        }
        return try await HTTPConnection.connect(to: address, on: eventLoop, timeout: connectTimeout)
    }

    /// Takes a connection back after use: kept where it can carry another exchange, else closed.
    func release(_ connection: HTTPConnection) {
        let isKept = state.withLock { state in
            guard connection.isReusable, !state.isShutDown else { return false }
            state.idle.removeAll { !$0.isReusable }
            guard state.idle.count < maximumIdle else { return false }
            state.idle.append(connection)
            return true
        }
        if !isKept { connection.close() }
    }

    /// Closes the kept connections; those in use are closed when they are released.
    func shutDown() async {
        let idle = state.withLock { state in
            state.isShutDown = true
            defer { state.idle = [] }
            return state.idle
        }
        for connection in idle { await connection.closeAndWait() }
    }
}
