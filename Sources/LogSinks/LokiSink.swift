import EngineAPI
import NIOHTTP1
import SinkAPI

/// Pushes to Grafana Loki, and to what speaks its API: `loki+http://HOST:3100`, `loki+https://...`; a path in the URL stands
/// in place of `/loki/api/v1/push`.
///
/// | setting | what it is |
/// |---|---|
/// | `format` | `protobuf` (snappy) or `json` (gzip) |
/// | `tenant` | `X-Scope-OrgID` |
/// | `stream_labels` | facts that make streams: `project,service,stream,level` |
/// | `labels.NAME` | a label that all streams have; `service_name` is the service unless it is given here |
/// | `fields`, `rename.FACT` | facts in each entry's structured metadata: `uid,name,replica,flags` |
/// | `max_line` | lines longer than this are sent in parts, `part=1`, `part=2,last`: 254 KiB |
///
/// and ``HTTPSettings``. Loki keeps one of equal entries, and the identifier is in each: a repeated push changes nothing.
/// It answers 400 when it refused some entries, and has stored the others all the same. Those that it names (too old,
/// too far behind their stream) are returned; where it names none, the batch is divided. Lines that are not UTF-8 are
/// repaired, with `invalid_utf8=true`.
struct LokiSink: Sink, SinkKind {
    /// How a push is written.
    enum Format: String, CaseIterable { case protobuf, json }

    static let scheme = "loki"
    static let form = "loki+http[s]://HOST[:3100]"
    static let summary = "Grafana Loki"
    static func make(_ location: SinkLocation) throws -> any Sink { try LokiSink(location) }

    /// Loki refuses a stream with more labels than this; a bound on ours leaves room.
    private static let mostLabels = 15
    private static let path = "/loki/api/v1/push"

    let limits = BatchLimits()
    private let http: HTTPDelivery
    private let path: String
    private let format: Format
    private let form: LokiForm
    private let headers: HTTPHeaders

    init(_ location: SinkLocation) throws(SinkConfigurationError) {
        var settings = SinkSettings(location)
        format = try settings.choice("format") ?? .protobuf
        http = HTTPDelivery(
            try HTTPSettings(location, &settings, defaultPort: 3100, compression: format == .json ? .gzip : .none))
        guard format == .json || http.settings.compression == .none else {
            throw SinkConfigurationError(
                "\(location.text): protobuf is sent with snappy, and with no other compression")
        }
        path =
            location.path.count > 1 ? PercentEncoding.encode(location.path, keepingSlashes: true) : LokiSink.path
        var form = LokiForm()
        form.constants = settings.dictionary("labels")
        if let name = form.constants.keys.sorted().first(where: { !LokiForm.isName($0) }) {
            throw settings.wrong("labels", name, "a name of letters, digits and underscores")
        }
        if let words = try settings.list("stream_labels") {
            let possible: [RecordFact] = [.project, .service, .replica, .name, .container, .image, .stream, .level]
            form.labels = try words.map { word throws(SinkConfigurationError) in
                if let fact = RecordFact(rawValue: word), possible.contains(fact) { return fact }
                let names = possible.map { $0.rawValue }.joined(separator: ", ")
                throw settings.wrong("stream_labels", word, "one of \(names)")
            }
        }
        guard form.constants.count + form.labels.count < LokiSink.mostLabels else {
            throw SinkConfigurationError("\(location.text): Loki takes no more than \(LokiSink.mostLabels) labels")
        }
        form.metadata = try RecordFields(&settings, defaults: form.metadata)
        form.longestLine = try settings.byteCount("max_line", in: 1024...(64 << 20)) ?? form.longestLine
        self.form = form
        var headers: HTTPHeaders = [
            "Content-Type": format == .json ? "application/json" : "application/x-protobuf"
        ]
        if let tenant = settings.string("tenant") { headers.add(name: "X-Scope-OrgID", value: tenant) }
        self.headers = headers
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        let push = LokiPush(batch, form: form, isJSON: format == .json)
        let answer = try await http.answer(to: request(push.body))
        guard let failure = http.failure(of: answer) else { return [:] }
        guard case .refused(let reason) = failure else { throw failure }
        if reason.contains("allow_structured_metadata") {
            throw SinkFailure.misconfigured("\(reason); an empty \"fields\" sends no metadata")
        }
        let refused = LokiRefusal.records(in: batch, of: push, named: String(decoding: answer.body, as: UTF8.self))
        guard !refused.isEmpty else { throw failure }
        // The others should be there. To be sure they are pushed again without those: Loki keeps one of equals.
        let others = batch.records.filter { !refused.contains($0.sequence) }
        if !others.isEmpty {
            let rest = RecordBatch(epoch: batch.epoch, records: others, range: batch.range)
            try await http.post(request(LokiPush(rest, form: form, isJSON: format == .json).body))
        }
        return Dictionary(refused.map { ($0, reason) }, uniquingKeysWith: { first, _ in first })
    }

    /// Pushes nothing, which Loki takes or refuses, but only from those it knows.
    func check(_ step: @Sendable (String) async -> Void) async throws {
        let empty = RecordBatch(epoch: "", records: [], range: 0...0)
        let body = LokiPush(empty, form: form, isJSON: format == .json).body
        try await http.check(request(body), step)
    }

    func shutDown() async { await http.shutDown() }

    private func request(_ body: [UInt8]) -> HTTPDelivery.Request {
        HTTPDelivery.Request(path: path, headers: headers, body: body)
    }
}

/// What a refusal of Loki says about which entries it means.
enum LokiRefusal {
    /// The records that are older than the oldest time that it says it accepts, in the streams that it names. The time is
    /// cut to seconds, so that a record of that very second may be missed, and is found by dividing.
    static func records(in batch: RecordBatch, of push: LokiPush, named reason: String) -> Set<UInt64> {
        guard let oldest = oldest(in: reason) else { return [] }
        var refused: Set<UInt64> = []
        for stream in push.members where reason.contains(stream.labels) {
            for index in stream.records where batch.records[index].time < oldest {
                refused.insert(batch.records[index].sequence)
            }
        }
        return refused
    }

    private static func oldest(in reason: String) -> EngineTime? {
        let mark = "oldest acceptable timestamp is: "
        let parts = reason.split(separator: mark)
        guard parts.count > 1 else { return nil }
        return EngineTime(String(parts[1].prefix { !$0.isWhitespace && $0 != "'" && $0 != "," }))
    }
}
