import NIOHTTP1
import SinkAPI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// Exports to OpenTelemetry collectors, and to what takes their protocol over HTTP: `otlp+http://HOST:4318`,
/// `otlp+https://...`; a path in the URL stands in place of `/v1/logs`.
///
/// | setting | what it is |
/// |---|---|
/// | `format` | `protobuf` or `json` |
/// | `fields`, `rename.FACT` | which facts are sent, under which attributes: see ``OTLPLogs/Form`` |
/// | `resource.NAME` | an attribute that all resources have, such as `host.name` |
///
/// and ``HTTPSettings``. Any 2xx is an acknowledgement, as durable as the receiver's own queue. Nothing tells receivers of a
/// repeated request but `log.record.uid`, by which they may. Of a partial success the receiver does not say which records
/// it rejected: the batch is divided until they are found, which repeats the others. Bodies are text: lines that are not
/// UTF-8 are repaired, with `invalid_utf8`.
struct OTLPSink: Sink, SinkKind {
    /// How a request is written.
    enum Format: String, CaseIterable { case protobuf, json }

    static let scheme = "otlp"
    static let form = "otlp+http[s]://HOST[:4318]"
    static let summary = "OpenTelemetry collectors"
    static func make(_ location: SinkLocation) throws -> any Sink { try OTLPSink(location) }

    let limits = BatchLimits()
    private let http: HTTPDelivery
    private let path: String
    private let format: Format
    private let form: OTLPLogs.Form

    init(_ location: SinkLocation) throws(SinkConfigurationError) {
        var settings = SinkSettings(location)
        http = HTTPDelivery(try HTTPSettings(location, &settings, defaultPort: 4318))
        path = location.path.count > 1 ? PercentEncoding.encode(location.path, keepingSlashes: true) : "/v1/logs"
        format = try settings.choice("format") ?? .protobuf
        var form = OTLPLogs.Form()
        form.fields = try RecordFields(&settings, defaults: form.fields)
        form.constants = settings.dictionary("resource")
        self.form = form
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        let answer = try await http.post(request(batch))
        guard let partial = OTLPPartialSuccess(answer.body, format: format), partial.rejected > 0 else { return [:] }
        let reason = http.settings.secrets.safe(
            "\(http.settings.location.text) rejects \(partial.rejected) of \(batch.records.count): \(partial.message)")
        guard partial.rejected >= batch.records.count else { throw SinkFailure.refused(reason) }
        return Dictionary(batch.records.map { ($0.sequence, reason) }, uniquingKeysWith: { first, _ in first })
    }

    /// Exports nothing, which receivers take.
    func check(_ step: @Sendable (String) async -> Void) async throws {
        try await http.check(request(RecordBatch(epoch: "", records: [], range: 0...0)), step)
    }

    func shutDown() async { await http.shutDown() }

    private func request(_ batch: RecordBatch) -> HTTPDelivery.Request {
        var logs = OTLPLogs(batch, form: form)
        return HTTPDelivery.Request(
            path: path,
            headers: ["Content-Type": format == .json ? "application/json" : "application/x-protobuf"],
            body: format == .json ? logs.json() : logs.protobuf())
    }
}

/// How many records a receiver has rejected although it answers 2xx, and why.
struct OTLPPartialSuccess: Equatable {
    var rejected: Int
    var message: String

    /// What an answer says; nil where it says nothing that can be understood, which is a success.
    init?(_ body: [UInt8], format: OTLPSink.Format) {
        switch format {
        case .protobuf:
            // ExportLogsServiceResponse.partial_success = 1: rejected_log_records = 1, error_message = 2.
            guard let partial = ProtobufFields(body[...]).bytes(1) else { return nil }
            let fields = ProtobufFields(partial)
            rejected = Int(clamping: fields.varint(1) ?? 0)
            message = String(decoding: fields.bytes(2) ?? [], as: UTF8.self)
        case .json:
            guard let answer = try? JSONDecoder().decode(JSONAnswer.self, from: Data(body)),
                let partial = answer.partialSuccess
            else { return nil }
            rejected = partial.rejectedLogRecords?.value ?? 0
            message = partial.errorMessage ?? ""
        }
    }

    private struct JSONAnswer: Decodable {
        struct Partial: Decodable {
            var rejectedLogRecords: Number?
            var errorMessage: String?
        }
        /// A 64-bit number, which stands in quotes or, as some write it, without.
        struct Number: Decodable {
            var value: Int
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Int.self) {
                    value = number
                } else {
                    value = Int(try container.decode(String.self)) ?? 0
                }
            }
        }
        var partialSuccess: Partial?
    }
}
