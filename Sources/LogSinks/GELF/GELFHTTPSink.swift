import NIOHTTP1
import SinkAPI

/// GELF over HTTP, the one way on which Graylog acknowledges: `gelf+http://HOST[:12201]`, `gelf+https://...`; a path in the
/// URL stands in place of `/gelf`.
///
/// Settings: those of ``GELFEncoder/Form`` and ``HTTPSettings``; `bulk` (`true` for an input with `enable_bulk_receiving`:
/// a batch is one request, an object a line). Without it each object is a request. A record is delivered when its request
/// is answered with 2xx; one that is refused is a dead letter. What comes twice after an outage, a batch at most, has the
/// same `_uid`.
struct GELFHTTPSink: Sink {
    let limits: BatchLimits
    private let http: HTTPDelivery
    private let path: String
    private let form: GELFEncoder.Form
    private let isBulk: Bool

    /// A request for each record makes batches slow, and all of one comes again.
    private static let mostRequests = 100

    init(_ location: SinkLocation) throws(SinkConfigurationError) {
        var settings = SinkSettings(location)
        http = HTTPDelivery(try HTTPSettings(location, &settings, defaultPort: GELFSink.usualPort))
        path = location.path.count > 1 ? PercentEncoding.encode(location.path, keepingSlashes: true) : "/gelf"
        form = try GELFEncoder.Form(&settings)
        isBulk = try settings.flag("bulk") ?? false
        limits = isBulk ? BatchLimits() : BatchLimits(count: GELFHTTPSink.mostRequests)
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        var encoder = GELFEncoder(form, epoch: batch.epoch)
        var body: [UInt8] = []
        var refused: [UInt64: String] = [:]
        for record in batch.records {
            encoder.append(record, to: &body)
            if isBulk {
                body.append(UInt8(ascii: "\n"))
                continue
            }
            do { try await post(body) } catch SinkFailure.refused(let reason) { refused[record.sequence] = reason }
            body.removeAll(keepingCapacity: true)
        }
        if isBulk { try await post(body) }
        return refused
    }

    private func post(_ body: [UInt8]) async throws {
        try await http.post(
            HTTPDelivery.Request(path: path, headers: ["Content-Type": "application/json"], body: body))
    }

    func check(_ step: @Sendable (String) async -> Void) async throws { try await http.checkByOptions(path, step) }

    func shutDown() async { await http.shutDown() }
}
