import EngineAPI
import NIOCore
import NIOHTTP1

/// Sends calls over pooled connections and hands their responses to the endpoints.
final class EngineTransport: Sendable {
    let address: EngineAddress
    let configuration: DockerEngine.Configuration
    /// The one that serves all connections.
    let eventLoop: any EventLoop
    private let pool: ConnectionPool
    private let negotiator: Negotiator

    init(address: EngineAddress, configuration: DockerEngine.Configuration, eventLoop: any EventLoop) {
        self.address = address
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.pool = ConnectionPool(
            address: address, eventLoop: eventLoop, connectTimeout: configuration.connectTimeout,
            maximumIdle: configuration.maximumIdleConnections)
        self.negotiator = Negotiator(eventLoop: eventLoop)
    }

    /// The API version that calls are made with; asked for at the first call.
    func apiVersion() async throws -> APIVersion {
        try await negotiator.agreement { try await self.ping() }.apiVersion
    }

    /// Asks the engine for its API version.
    func ping() async throws -> EnginePing {
        let request = EngineRequest(.GET, "/_ping", deadline: configuration.ordinary)
        let ping = try await withResponse(to: request, in: nil) { response in
            try await response.discard()
            return try Negotiator.agreement(with: response.head, call: response.call)
        }
        negotiator.remember(ping)
        return ping
    }

    /// Makes a call and gives `body` its response for as long as it runs. Statuses outside 2xx are thrown.
    func withResponse<Result: Sendable>(
        to request: EngineRequest, _ body: (EngineResponse) async throws -> Result
    ) async throws -> Result {
        try await withResponse(to: request, in: apiVersion(), body)
    }

    /// Makes a call and decodes its answer.
    func value<Value: JSONReadable & Sendable>(_ type: Value.Type, of request: EngineRequest) async throws -> Value {
        try await withResponse(to: request) { try await $0.decoded(as: type) }
    }

    /// Makes a call whose answer says nothing more.
    func run(_ request: EngineRequest) async throws {
        try await withResponse(to: request) { try await $0.discard() }
    }

    /// Closes the connections that are kept for later.
    func shutDown() async { await pool.shutDown() }

    private func withResponse<Result: Sendable>(
        to request: EngineRequest, in version: APIVersion?, _ body: (EngineResponse) async throws -> Result
    ) async throws -> Result {
        let head = request.head(in: version, host: address.hostField)
        do {
            if case .tarStream(let stream) = request.body {
                return try await withUpload(of: stream, head, request, body)
            }
            let (connection, answer) = try await send(head, request)
            defer { pool.release(connection) }
            return try await answered(
                EngineResponse(call: request.call, head: answer, connection: connection), request, body)
        } catch let failure as TransportFailure {
            throw failure.error(of: request.call)
        }
    }

    private func answered<Result: Sendable>(
        _ response: EngineResponse, _ request: EngineRequest, _ body: (EngineResponse) async throws -> Result
    ) async throws -> Result {
        try await response.requireSuccess(accepting: request.acceptedStatuses)
        return try await body(response)
    }

    /// Sends a request on a kept connection where there is one. Where the engine turns out to have closed that one
    /// already, a request that is safe to repeat goes out once more on a new one.
    private func send(_ head: HTTPRequestHead, _ request: EngineRequest) async throws -> (
        HTTPConnection, HTTPResponseHead
    ) {
        if let kept = pool.reuse() {
            do {
                return try await (kept, exchange(head, request, on: kept))
            } catch let failure as TransportFailure where failure.showsStaleConnection && request.isSafeToRepeat {}
        }
        let connection = try await pool.connect()
        return try await (connection, exchange(head, request, on: connection))
    }

    private func exchange(
        _ head: HTTPRequestHead, _ request: EngineRequest, on connection: HTTPConnection
    ) async throws -> HTTPResponseHead {
        do {
            return try await connection.exchange(head, body: request.wholeBody, deadline: request.deadline)
        } catch {
            pool.release(connection)
            throw error
        }
    }

    /// Sends a body as it is produced while the response is read: engines begin to answer before they have it all.
    private func withUpload<Result: Sendable>(
        of stream: EngineStream<[UInt8]>, _ head: HTTPRequestHead, _ request: EngineRequest,
        _ body: (EngineResponse) async throws -> Result
    ) async throws -> Result {
        let connection = try await pool.connect()
        defer { pool.release(connection) }
        connection.begin(head, deadline: request.deadline)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    for try await bytes in stream where !bytes.isEmpty {
                        // Neither a source nor a peer that is always ready gives a cancelled task another occasion.
                        try Task.checkCancellation()
                        try await connection.write(ByteBuffer(bytes: bytes))
                    }
                    connection.endRequest()
                } catch {
                    // The reader of the response reports it. Where the engine has answered already, its answer counts.
                    connection.fail(error)
                }
            }
            let answer = try await connection.receiveHead()
            let response = EngineResponse(call: request.call, head: answer, connection: connection)
            defer { group.cancelAll() }
            return try await answered(response, request, body)
        }
    }
}
