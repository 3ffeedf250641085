#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What stubs say.
enum Stub {
    static func ping(api: String = "1.41") -> String {
        "HTTP/1.1 200 OK\r\nApi-Version: \(api)\r\nOstype: linux\r\nContent-Length: 2\r\n\r\nOK"
    }

    static func json(_ text: String, status: String = "200 OK") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
    }

    static func empty(_ status: String) -> String { "HTTP/1.1 \(status)\r\n\r\n" }

    static let chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    static let multiplexedHead =
        "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    static let upgrade = """
        HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r
        Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n
        """
    static let lastChunk = "0\r\n\r\n"

    static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array(String(bytes.count, radix: 16).utf8) + Array("\r\n".utf8) + bytes + Array("\r\n".utf8)
    }

    static func chunk(_ text: String) -> [UInt8] { chunk(Array(text.utf8)) }

    /// A frame of a container's output; `stream` is 1 for standard output, 2 for standard error.
    static func frame(_ text: String, stream: UInt8 = 1) -> [UInt8] { frame(Array(text.utf8), stream: stream) }

    static func frame(_ bytes: [UInt8], stream: UInt8 = 1) -> [UInt8] {
        let length = (0..<4).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) }
        return [stream, 0, 0, 0] + length + bytes
    }
}

func unlinkSocket(_ path: String) { unlink(path) }

/// Tells one task what another has seen, in order.
struct Mailbox: Sendable {
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func post(_ text: String) { continuation.yield(text) }

    /// The next message; one task at a time may wait for it.
    func next() async -> String? {
        for await text in stream { return text }
        return nil
    }
}
