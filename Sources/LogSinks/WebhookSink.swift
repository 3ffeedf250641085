import Crypto
import NIOHTTP1
import SinkAPI

/// Posts batches to any HTTP endpoint: `http://HOST[:PORT]/PATH` or `https://...`.
///
/// A body is JSON objects, one a line (`format=ndjson`, the default) or an array (`format=array`). A 2xx is an
/// acknowledgement. Headers for receivers that look at them: `Idempotency-Key` names the batch, the same at every attempt;
/// `X-Gantry-First-Seq` and `X-Gantry-Last-Seq` are the records' bounds; with `secret`,
/// `X-Gantry-Signature: sha256=HEX` is the HMAC-SHA256 of the body as it is sent, after compression.
/// Settings: those, ``HTTPSettings`` (gzip unless told otherwise) and ``RecordJSONForm``.
struct WebhookSink: Sink {
    /// How records stand in a body.
    enum Format: String, CaseIterable { case ndjson, array }

    let limits = BatchLimits()
    private let http: HTTPDelivery
    private let path: String
    private let format: Format
    private let form: RecordJSONForm
    private let secret: String?

    init(_ location: SinkLocation, isSecure: Bool) throws(SinkConfigurationError) {
        var settings = SinkSettings(location)
        var http = try HTTPSettings(location, &settings, isSecure: isSecure)
        secret = settings.string("secret")
        http.secrets.add(secret)
        self.http = HTTPDelivery(http)
        let name = location.path.isEmpty ? "/" : location.path
        path = PercentEncoding.encode(name, keepingSlashes: true)
        format = try settings.choice("format") ?? .ndjson
        form = try RecordJSONForm(&settings)
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        var json = RecordJSON(form, epoch: batch.epoch)
        var body: [UInt8] = []
        if format == .array { body.append(UInt8(ascii: "[")) }
        for record in batch.records {
            json.append(record, to: &body)
            body.append(format == .array ? UInt8(ascii: ",") : UInt8(ascii: "\n"))
        }
        if format == .array { body[body.count - 1] = UInt8(ascii: "]") }
        let headers: HTTPHeaders = [
            "Content-Type": format == .array ? "application/json" : "application/x-ndjson",
            "Idempotency-Key": batch.id,
            "X-Gantry-First-Seq": "\(batch.range.lowerBound)",
            "X-Gantry-Last-Seq": "\(batch.range.upperBound)",
        ]
        try await http.post(HTTPDelivery.Request(path: path, headers: headers, body: body)) { request in
            guard let secret else { return }
            let code = HMAC<SHA256>.authenticationCode(for: request.body, using: SymmetricKey(data: Array(secret.utf8)))
            request.headers.add(name: "X-Gantry-Signature", value: "sha256=\(HexText.encode(code))")
        }
        return [:]
    }

    func check(_ step: @Sendable (String) async -> Void) async throws { try await http.checkByOptions(path, step) }

    func shutDown() async { await http.shutDown() }
}

/// URLs `http://...`.
enum HTTPWebhook: SinkKind {
    static let scheme = "http"
    static let form = "http://HOST[:PORT]/PATH"
    static let summary = "posts JSON to any endpoint"
    static func make(_ location: SinkLocation) throws -> any Sink { try WebhookSink(location, isSecure: false) }
}

/// URLs `https://...`.
enum HTTPSWebhook: SinkKind {
    static let scheme = "https"
    static let form = "https://HOST[:PORT]/PATH"
    static let summary = "the same over TLS"
    static func make(_ location: SinkLocation) throws -> any Sink { try WebhookSink(location, isSecure: true) }
}
