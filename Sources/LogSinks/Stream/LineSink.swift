import NIOCore
import SinkAPI

/// Lines over a stream, as fast as the receiver reads: `tcp://HOST:PORT`, `tls://HOST:PORT`, `unix:///PATH`.
///
/// Settings: those of ``LineEncoder`` (`format=raw` unless it is said otherwise) and of ``StreamEndpoint``. The
/// receiver acknowledges nothing: see ``UnacknowledgedStream`` for what counts as delivered. In raw lines a receiver
/// cannot tell what came twice; in the other forms it can, by `uid`.
actor LineSink: Sink {
    nonisolated let limits: BatchLimits
    private let stream: UnacknowledgedStream
    private var encoder: LineEncoder
    private var lines: [UInt8] = []

    init(_ location: SinkLocation, isSecured: Bool = false, isUnix: Bool = false) throws {
        var settings = SinkSettings(location)
        let endpoint = try StreamEndpoint(
            location, settings: &settings, port: nil, isUnix: isUnix, isSecured: isSecured)
        encoder = LineEncoder(try LineEncoder.Form(&settings, default: .raw))
        try settings.finish()
        stream = UnacknowledgedStream(endpoint)
        limits = .ordered
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        lines.removeAll(keepingCapacity: true)
        encoder.append(batch, to: &lines)
        try await stream.send(ByteBuffer(bytes: lines))
        return [:]
    }

    func check(_ step: @Sendable (String) async -> Void) async throws { try await stream.check(step) }

    func shutDown() async { await stream.shutDown() }
}

extension BatchLimits {
    /// For receivers that need the order: one batch at a time, in which as much is under way as the protocol allows.
    static let ordered = BatchLimits(window: 1)
}

/// `tcp://HOST:PORT`: see ``LineSink``.
enum TCPSinkKind: SinkKind {
    static let scheme = "tcp"
    static let form = "tcp://HOST:PORT"
    static let summary = "lines over TCP"
    static func make(_ location: SinkLocation) throws -> any Sink { try LineSink(location) }
}

/// `tls://HOST:PORT`: see ``LineSink``.
enum TLSSinkKind: SinkKind {
    static let scheme = "tls"
    static let form = "tls://HOST:PORT"
    static let summary = "lines over TLS"
    static func make(_ location: SinkLocation) throws -> any Sink { try LineSink(location, isSecured: true) }
}

/// `unix:///PATH`: see ``LineSink``.
enum UnixSinkKind: SinkKind {
    static let scheme = "unix"
    static let form = "unix:///PATH"
    static let summary = "lines over a socket of this machine"
    static func make(_ location: SinkLocation) throws -> any Sink { try LineSink(location, isUnix: true) }
}
