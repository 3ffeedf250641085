import CZlib
import SinkAPI

/// Compresses to the gzip format (RFC 1952).
enum Gzip {
    /// The fastest: for log lines, twice as fast as zlib's default and a fifth larger.
    static let defaultLevel = 1
    /// What `level` may be; 0 compresses nothing.
    static let levels = 0...9

    /// The whole member that `bytes` are in; no name and no time are in its header, so that equal bytes give equal bytes.
    ///
    /// - Throws: ``SinkFailure/unavailable(_:retryAfter:)`` where zlib has no memory.
    static func compress(_ bytes: [UInt8], level: Int = defaultLevel) throws(SinkFailure) -> [UInt8] {
        let writer = try GzipWriter(level: level)
        try writer.append(bytes)
        return try writer.finish()
    }
}

/// Compresses bit by bit what is too large to be held twice.
final class GzipWriter {
    /// Room is made by this much at a time.
    private static let step = 64 << 10

    // zlib notes where it stands, and so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var out: [UInt8] = []

    /// A writer of one member.
    ///
    /// - Throws: ``SinkFailure/unavailable(_:retryAfter:)`` where zlib has no memory.
    init(level: Int = Gzip.defaultLevel) throws(SinkFailure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 is the largest window; 16 more asks for gzip's header instead of zlib's. 8 is zlib's own default of memory.
        let status = deflateInit2_(
            stream, Int32(level), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw .unavailable("there is no memory to compress with") }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Takes in more.
    func append(_ bytes: [UInt8]) throws(SinkFailure) { try run(bytes, Z_NO_FLUSH) }

    /// The member; nothing can be taken in afterwards.
    func finish() throws(SinkFailure) -> [UInt8] {
        try run([], Z_FINISH)
        return out
    }

    private func run(_ bytes: [UInt8], _ flush: Int32) throws(SinkFailure) {
        guard bytes.count <= Int(UInt32.max) else { throw .refused("\(bytes.count) bytes are too many to compress") }
        var status = Z_OK
        bytes.withUnsafeBufferPointer { source in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            stream.pointee.avail_in = UInt32(source.count)
            repeat {
                out.append(addingCapacity: GzipWriter.step) { target in
                    stream.pointee.next_out = target.baseAddress
                    stream.pointee.avail_out = UInt32(target.count)
                    status = deflate(stream, flush)
                    return target.count - Int(stream.pointee.avail_out)
                }
            } while status == Z_OK && stream.pointee.avail_out == 0
        }
        // Without room and without input zlib says that there is nothing to do.
        guard status == (flush == Z_FINISH ? Z_STREAM_END : Z_OK) || flush == Z_NO_FLUSH && status == Z_BUF_ERROR else {
            throw .unavailable("the batch could not be compressed (zlib says \(status))")
        }
    }
}

extension [UInt8] {
    /// Appends what `body` writes into room for so many bytes; it returns how many it wrote.
    fileprivate mutating func append(
        addingCapacity count: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Int
    ) {
        let start = self.count
        append(contentsOf: repeatElement(0, count: count))
        let written = withUnsafeMutableBufferPointer { body(.init(rebasing: $0[start...])) }
        removeLast(count - written)
    }
}

/// How bodies are compressed.
enum Compression: String, CaseIterable, Sendable {
    case none, gzip
}
