import EngineAPI
import NIOCore
import NIOHTTP1

/// A call on the engine, before the API version is known.
struct EngineRequest: Sendable {
    enum Body: Sendable {
        case none
        case json([UInt8])
        case tar([UInt8])
        case tarStream(EngineStream<[UInt8]>)
    }

    var method: HTTPMethod
    /// The path after the version, escaped.
    var path: String
    var query: [(name: String, value: String)]
    var body: Body
    var deadline: Deadline
    /// Whether the connection is to become a two-way byte stream.
    var takesOver = false
    /// Statuses that are an answer although they are not 2xx.
    var acceptedStatuses: Set<Int> = []
    /// How errors name the call. Parameters are left out: they may hold secrets, such as build arguments.
    var call: String

    init(
        _ method: HTTPMethod, _ path: String, query: [(name: String, value: String)] = [], body: Body = .none,
        deadline: Deadline
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
        self.deadline = deadline
        self.call = "\(method.rawValue) \(path)"
    }

    /// Whether sending the request twice does no more than sending it once.
    var isSafeToRepeat: Bool { method == .GET || method == .HEAD }

    /// The request target under an API version; nil is the unversioned form that only `/_ping` needs.
    func target(in version: APIVersion?) -> String {
        let parameters = query.map { "\(URLText.component($0.name))=\(URLText.component($0.value))" }
        let prefix = version.map { "/v\($0)" } ?? ""
        return parameters.isEmpty ? prefix + path : "\(prefix)\(path)?\(parameters.joined(separator: "&"))"
    }

    func head(in version: APIVersion?, host: String) -> HTTPRequestHead {
        var headers = HTTPHeaders([("Host", host), ("User-Agent", "gantry")])
        switch body {
        case .none:
            if method == .POST { headers.add(name: "Content-Length", value: "0") }
        case .json(let bytes):
            headers.add(name: "Content-Type", value: "application/json")
            headers.add(name: "Content-Length", value: String(bytes.count))
        case .tar(let bytes):
            headers.add(name: "Content-Type", value: "application/x-tar")
            headers.add(name: "Content-Length", value: String(bytes.count))
        case .tarStream:
            headers.add(name: "Content-Type", value: "application/x-tar")
            headers.add(name: "Transfer-Encoding", value: "chunked")
        }
        if takesOver {
            headers.add(name: "Connection", value: "Upgrade")
            headers.add(name: "Upgrade", value: "tcp")
        }
        return HTTPRequestHead(version: .http1_1, method: method, uri: target(in: version), headers: headers)
    }

    /// The body where it is at hand.
    var wholeBody: ByteBuffer? {
        switch body {
        case .none, .tarStream: nil
        case .json(let bytes), .tar(let bytes): ByteBuffer(bytes: bytes)
        }
    }
}

/// Percent-escaping as RFC 3986 has it.
enum URLText {
    /// Text as one path segment or one part of a query: all but unreserved characters escaped.
    static func component(_ text: String) -> String { escape(text, keeping: []) }

    /// An image reference within a path, where engines expect slashes, colons and the digest's `@` as they are.
    static func reference(_ text: String) -> String { escape(text, keeping: Array("/:@".utf8)) }

    private static func escape(_ text: String, keeping kept: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                escaped.append(byte)
            case _ where kept.contains(byte):
                escaped.append(byte)
            default:
                escaped += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
