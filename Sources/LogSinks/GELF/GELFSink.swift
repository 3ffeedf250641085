import NIOCore
import SinkAPI

/// Graylog and what else speaks GELF, over a stream: `gelf+tcp://HOST[:12201]`, `gelf+tls://HOST[:12201]`.
///
/// Settings: those of ``GELFEncoder/Form`` and ``StreamEndpoint``. Objects end with NUL and are not compressed, as GELF
/// demands over TCP. The receiver acknowledges nothing: see ``UnacknowledgedStream``.
actor GELFSink: Sink {
    nonisolated let limits = BatchLimits.ordered
    private let stream: UnacknowledgedStream
    private let form: GELFEncoder.Form
    private var encoder: GELFEncoder?
    private var epoch = ""
    private var objects: [UInt8] = []

    static let usualPort = 12201

    init(_ location: SinkLocation) throws {
        var settings = SinkSettings(location)
        let endpoint = try StreamEndpoint(
            location, settings: &settings, port: GELFSink.usualPort, isSecured: location.transport == "tls")
        form = try GELFEncoder.Form(&settings)
        try settings.finish()
        stream = UnacknowledgedStream(endpoint)
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        if encoder == nil || epoch != batch.epoch {
            encoder = GELFEncoder(form, epoch: batch.epoch)
            epoch = batch.epoch
        }
        objects.removeAll(keepingCapacity: true)
        for record in batch.records {
            encoder?.append(record, to: &objects)
            objects.append(0)
        }
        try await stream.send(ByteBuffer(bytes: objects))
        return [:]
    }

    func check(_ step: @Sendable (String) async -> Void) async throws { try await stream.check(step) }

    func shutDown() async { await stream.shutDown() }
}

/// `gelf+tcp:`, `gelf+tls:`, `gelf+http:`, `gelf+https:` and `gelf+udp:`; without a transport UDP, as everywhere.
enum GELFSinkKind: SinkKind {
    static let scheme = "gelf"
    static let form = "gelf[+udp|+tcp|+tls|+http|+https]://HOST[:12201]"
    static let summary = "Graylog"

    static func make(_ location: SinkLocation) throws -> any Sink {
        switch location.transport {
        case "tcp", "tls": try GELFSink(location)
        case "http", "https": try GELFHTTPSink(location)
        case "", "udp": try GELFDatagramSink(location)
        default:
            throw SinkConfigurationError(
                "\(location.text): GELF goes over \"tcp\", \"tls\", \"http\", \"https\" or \"udp\"")
        }
    }
}
