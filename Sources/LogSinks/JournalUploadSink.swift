import EngineAPI
import NIOHTTP1
import SinkAPI

/// Uploads to systemd-journal-remote, and to what takes the journal's export format: `journal+http://HOST:19532`,
/// `journal+https://...`; a path in the URL stands in place of `/upload`.
///
/// Settings: `host`, the `_HOSTNAME` of the entries, and ``HTTPSettings``, with no compression unless told otherwise, since
/// journal-remote knows none. It acknowledges what it has written to its file. Bytes that are not UTF-8 arrive as they are;
/// `GANTRY_UID` names a record, which a repeated batch doubles.
struct JournalUploadSink: Sink, SinkKind {
    static let scheme = "journal"
    static let form = "journal+http[s]://HOST[:19532]"
    static let summary = "systemd-journal-remote"
    static func make(_ location: SinkLocation) throws -> any Sink { try JournalUploadSink(location) }

    let limits = BatchLimits()
    private let http: HTTPDelivery
    private let path: String
    private let host: String?

    init(_ location: SinkLocation) throws(SinkConfigurationError) {
        var settings = SinkSettings(location)
        http = HTTPDelivery(try HTTPSettings(location, &settings, defaultPort: 19532, compression: .none))
        path = location.path.count > 1 ? PercentEncoding.encode(location.path, keepingSlashes: true) : "/upload"
        host = settings.string("host")
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        try await http.post(request(JournalExport.body(batch, host: host)))
        return [:]
    }

    /// Uploads nothing.
    func check(_ step: @Sendable (String) async -> Void) async throws { try await http.check(request([]), step) }

    func shutDown() async { await http.shutDown() }

    private func request(_ body: [UInt8]) -> HTTPDelivery.Request {
        HTTPDelivery.Request(path: path, headers: ["Content-Type": "application/vnd.fdo.journal"], body: body)
    }
}
