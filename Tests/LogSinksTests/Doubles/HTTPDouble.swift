import NIOHTTP1
import NIOSSL
import Synchronization

/// A receiver's double over HTTP: checks credentials, inflates, and leaves the rest to a protocol's own rules.
final class HTTPDouble: ReceiverDouble {
    typealias Request = HTTPTestServer.Request
    typealias Response = HTTPTestServer.Response

    /// What is stored.
    struct Store: Sendable {
        var records: [ReceivedRecord] = []
        private var known: Set<String> = []

        /// Stores a record unless one of its identifier is there; false where it is.
        mutating func insert(_ record: ReceivedRecord) -> Bool {
            guard known.insert(record.uid).inserted else { return false }
            records.append(record)
            return true
        }

        /// Stores a record, also one that is there already.
        mutating func append(_ record: ReceivedRecord) { records.append(record) }
    }

    private let store: StoreBox
    private let server: HTTPTestServer

    /// - Parameters:
    ///   - authorization: the value that the header must have; nil where anyone may come.
    ///   - rules: answers a request whose body is inflated already, and may store.
    init(
        authorization: String? = nil, tls: TLSConfiguration? = nil,
        rules: @escaping @Sendable (Request, inout Store) -> Response
    ) async throws {
        let store = StoreBox()
        self.store = store
        server = HTTPTestServer(tls: tls) { request in
            var request = request
            if let authorization, request.headers["Authorization"] != [authorization] {
                return Response(401, "unknown: \(request.headers.first(name: "Authorization") ?? "nobody")")
            }
            switch request.headers.first(name: "Content-Encoding") {
            case "gzip":
                guard let body = Inflate.gunzip(request.body) else { return Response(400, "no gzip") }
                request.body = body
            case nil: break
            case .some(let other): return Response(415, "unknown encoding \(other)")
            }
            return store.records.withLock { rules(request, &$0) }
        }
        try await server.start()
    }

    private final class StoreBox: Sendable { let records = Mutex(Store()) }

    var port: Int { server.port }
    var received: [ReceivedRecord] { store.records.withLock { $0.records } }
    var complaints: [String] { server.complaints }
    var connections: Int { server.connections }
    var held: Int { server.held }
    func fail(_ faults: ReceiverFault...) { server.fail(faults) }
    func release() { server.release() }
    func stop() async throws { try await server.stop() }
    func start() async throws { try await server.start() }
}
