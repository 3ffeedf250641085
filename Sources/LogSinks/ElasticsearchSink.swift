import EngineAPI
import NIOHTTP1
import SinkAPI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// Writes to Elasticsearch and OpenSearch by their bulk API: `elasticsearch+http://HOST:9200`, `opensearch+https://...`; a
/// path in the URL stands before `/_bulk`.
///
/// | setting | what it is |
/// |---|---|
/// | `index` | the data stream or index, a ``NamePattern``: `logs-gantry-default` |
/// | `pipeline` | an ingest pipeline |
/// | `token` | an API key |
///
/// and ``HTTPSettings`` and ``RecordJSONForm``; the fields' names are those of the Elastic Common Schema. Each record is
/// created under its identifier, so that one that comes again is known (409). The name is of the record's time: a repeated
/// batch goes to the same index; only a data stream's rollover between two attempts can double a record. An answer that
/// tells of fewer records than were sent is a refusal, and the batch is divided: others that take bulk requests
/// (VictoriaLogs, Fluent Bit) leave out what they cannot read, and say no more.
struct ElasticsearchSink: Sink {
    /// Of the items that were not taken because of load, the rest is sent again at once this often, as long as it shrinks.
    private static let attempts = 3
    /// Room for the answer about each record of a batch, without the names that are filtered out.
    private static let answerLimit = 16 << 20

    let limits = BatchLimits()
    private let http: HTTPDelivery
    private let path: String
    private let index: NamePattern
    private let form: RecordJSONForm

    init(_ location: SinkLocation) throws(SinkConfigurationError) {
        var settings = SinkSettings(location)
        http = HTTPDelivery(
            try HTTPSettings(location, &settings, defaultPort: 9200, authorization: .word("ApiKey")))
        let name = settings.string("index") ?? "logs-gantry-default"
        index = try NamePattern(name, settings, key: "index")
        guard !name.isEmpty, !"-_+.".contains(name.first ?? "-"),
            ElasticsearchSink.cleaned(index.literals) == index.literals
        else {
            throw settings.wrong("index", name, "a name of small letters, digits, \"-\", \"_\" and \".\"")
        }
        var query = "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason"
        if let pipeline = settings.string("pipeline") { query += "&pipeline=\(PercentEncoding.encode(pipeline))" }
        let prefix = location.path.hasSuffix("/") ? String(location.path.dropLast()) : location.path
        path = "\(PercentEncoding.encode(prefix, keepingSlashes: true))/_bulk?\(query)"
        let names: [RecordFact: String] = [
            .time: "@timestamp", .service: "service.name", .name: "container.name", .container: "container.id",
            .image: "container.image.name", .level: "log.level",
        ]
        let fields = RecordFields(renamed: names)
        form = try RecordJSONForm(&settings, defaults: RecordJSONForm(fields: fields))
        guard form.fields[.time] == "@timestamp" || !name.hasPrefix("logs-") else {
            throw SinkConfigurationError("\(location.text): a data stream's time is named \"@timestamp\"")
        }
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        var pending = batch.records
        var refused: [UInt64: String] = [:]
        for _ in 1...ElasticsearchSink.attempts {
            let items = try await send(pending, of: batch)
            var busy: [LogRecord] = []
            var reason = ""
            for (record, item) in zip(pending, items) where !item.isTaken {
                switch item.status {
                case 429, 500...599:
                    busy.append(record)
                    reason = item.reason
                case 401, 403, 404:
                    throw SinkFailure.misconfigured("\(http.settings.location.text): \(safe(item.reason))")
                default: refused[record.sequence] = safe(item.reason)
                }
            }
            if busy.isEmpty { return refused }
            guard busy.count < pending.count else {
                throw SinkFailure.unavailable("\(http.settings.location.text) is busy: \(safe(reason))")
            }
            pending = busy
        }
        throw SinkFailure.unavailable("\(http.settings.location.text) is busy: \(pending.count) records wait")
    }

    /// Sends an empty bulk request, which is refused, but only to those it knows.
    func check(_ step: @Sendable (String) async -> Void) async throws { try await http.check(request([]), step) }

    func shutDown() async { await http.shutDown() }

    private func safe(_ reason: String) -> String { http.settings.secrets.safe(reason) }

    /// What became of each record.
    private func send(_ records: [LogRecord], of batch: RecordBatch) async throws -> [BulkAnswer.Item] {
        let answer = try await http.post(request(body(records, epoch: batch.epoch)))
        let count: Int
        var items: [[String: BulkAnswer.Item]] = []
        // Said within the first bytes, since all names before it are filtered out.
        if String(decoding: answer.body.prefix(64), as: UTF8.self).contains("\"errors\":false") {
            count = BulkAnswer.itemCount(answer.body) ?? records.count
        } else if let decoded = try? JSONDecoder().decode(BulkAnswer.self, from: Data(answer.body)).items {
            (count, items) = (decoded.count, decoded)
        } else if answer.body.isEmpty {
            count = 0
        } else {
            throw SinkFailure.unavailable("\(http.describe(answer)), which says not what became of each record")
        }
        guard count == records.count else {
            throw SinkFailure.refused(
                "\(http.settings.location.text) says of \(count) records what became of them, of \(records.count)")
        }
        return items.compactMap { $0.values.first }
    }

    private func request(_ body: [UInt8]) -> HTTPDelivery.Request {
        HTTPDelivery.Request(
            path: path, headers: ["Content-Type": "application/x-ndjson"], body: body,
            answerLimit: ElasticsearchSink.answerLimit)
    }

    private func body(_ records: [LogRecord], epoch: String) -> [UInt8] {
        var json = RecordJSON(form, epoch: epoch)
        var uid = RecordUID(epoch: epoch)
        var actions = IndexActions(index: index)
        var body: [UInt8] = []
        for record in records {
            actions.append(for: record, to: &body)
            uid.append(record, to: &body)
            JSONText.append("\"}}\n", to: &body)
            json.append(record, to: &body)
            body.append(UInt8(ascii: "\n"))
        }
        return body
    }

    /// What an index's name may hold of a source's: small letters, digits and a few signs.
    static func cleaned(_ name: String) -> String {
        String(
            name.lowercased().map { letter in
                letter.isASCII && (letter.isLetter || letter.isNumber || "-_.+".contains(letter)) ? letter : "-"
            })
    }

    /// The line before each record, up to its identifier; the same for the records of a source within an hour.
    private struct IndexActions {
        let index: NamePattern
        private var current: (source: LogSource, hour: Int64, text: [UInt8])?

        init(index: NamePattern) { self.index = index }

        mutating func append(for record: LogRecord, to body: inout [UInt8]) {
            let hour = index.dependsOnTime ? record.time.nanoseconds / NamePattern.nanosecondsPerHour : 0
            if let current, current.source === record.source, current.hour == hour {
                body.append(contentsOf: current.text)
                return
            }
            var text = Array("{\"create\":{\"_index\":".utf8)
            JSONText.appendString(index.name(for: record, clean: ElasticsearchSink.cleaned).utf8, to: &text)
            JSONText.append(",\"_id\":\"", to: &text)
            current = (record.source, hour, text)
            body.append(contentsOf: text)
        }
    }
}

/// The answer to a bulk request, one item for each record in their order.
private struct BulkAnswer: Decodable {
    struct Item: Decodable {
        struct Problem: Decodable {
            var type: String?
            var reason: String?
        }

        var status: Int
        var error: Problem?

        /// Created now, or there already.
        var isTaken: Bool { (200...299).contains(status) || status == 409 }
        var reason: String { "\(status) \(error?.type ?? ""): \(error?.reason ?? "")" }
    }

    var items: [[String: Item]]

    /// How many items an answer without errors lists; nil where it lists none because it has no list. Counted and not
    /// decoded, as most answers are of this kind.
    static func itemCount(_ body: [UInt8]) -> Int? {
        guard String(decoding: body.prefix(128), as: UTF8.self).contains("\"items\"") else { return nil }
        let mark = Array("\"status\":".utf8)
        return body.withUnsafeBytes { body in
            var (count, position) = (0, 0)
            while position + mark.count <= body.count {
                let isMark = body[position] == mark[0] && body[position...].starts(with: mark)
                if isMark { count += 1 }
                position += isMark ? mark.count : 1
            }
            return count
        }
    }
}

/// URLs `elasticsearch+http://...`.
enum Elasticsearch: SinkKind {
    static let scheme = "elasticsearch"
    static let form = "elasticsearch+http[s]://HOST[:9200]"
    static let summary = "Elasticsearch"
    static func make(_ location: SinkLocation) throws -> any Sink { try ElasticsearchSink(location) }
}

/// URLs `opensearch+http://...`.
enum OpenSearch: SinkKind {
    static let scheme = "opensearch"
    static let form = "opensearch+http[s]://HOST[:9200]"
    static let summary = "OpenSearch"
    static func make(_ location: SinkLocation) throws -> any Sink { try ElasticsearchSink(location) }
}
