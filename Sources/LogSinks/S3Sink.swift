import EngineAPI
import NIOHTTP1
import SinkAPI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// Puts objects of JSON lines into S3 and what speaks its API: `s3://BUCKET[/PREFIX]?region=REGION` for Amazon's,
/// `s3+https://HOST[:PORT]/BUCKET[/PREFIX]` or `s3+http://...` for others.
///
/// | setting | what it is |
/// |---|---|
/// | `region` | the bucket's; else `AWS_REGION`, else `us-east-1` |
/// | `name` | what objects are named by, a ``NamePattern``: `{project}/{service}/%Y-%m-%d` |
/// | `style` | `path` or `virtual`: where the bucket stands in requests to other hosts; `path` |
/// | `if_none_match` | `false` for a server that does not know conditional writes; then a repeated object is written again |
///
/// and the credentials of ``S3Credentials``, ``HTTPSettings`` and ``RecordJSONForm``. A batch is an object for each different
/// name, `NAME/BATCH.ndjson.gz`; the batch names it, and it is only written where there is none (`If-None-Match: *`): a
/// repeated batch changes nothing. Objects are put after 8 MiB or 60 s.
struct S3Sink: Sink, SinkKind {
    /// Where a bucket stands in a request.
    enum Style: String, CaseIterable { case path, virtual }

    static let scheme = "s3"
    static let form = "s3://BUCKET[/PREFIX]?region=REGION"
    static let summary = "S3 and what speaks like it"
    static func make(_ location: SinkLocation) throws -> any Sink {
        try S3Sink(location, environment: ProcessInfo.processInfo.environment)
    }

    /// Compressed at a time: large enough that zlib is seldom called.
    private static let piece = 256 << 10

    /// Few objects, not too small: each is a request that is paid for.
    let limits = BatchLimits(bytes: 8 << 20, count: 100_000, age: .seconds(60), window: 2)
    private let http: HTTPDelivery
    /// Before a key: `/BUCKET/PREFIX/` or `/PREFIX/`.
    private let prefix: String
    /// Of the bucket itself.
    private let bucketPath: String
    private let name: NamePattern
    private let form: RecordJSONForm
    private let credentials: S3Credentials
    private let region: String
    private let isConditional: Bool

    init(_ location: SinkLocation, environment: [String: String]) throws(SinkConfigurationError) {
        var settings = SinkSettings(location)
        region = settings.string("region") ?? environment["AWS_REGION"] ?? "us-east-1"
        let isAmazon = location.transport.isEmpty
        let style = try settings.choice("style", of: Style.self) ?? (isAmazon ? .virtual : .path)
        var folders = location.path.split(separator: "/").map { String($0) }
        if isAmazon { folders.insert(location.host, at: 0) }
        guard let bucket = folders.first, !bucket.isEmpty else {
            throw SinkConfigurationError("\(location.text) names no bucket: s3+http://HOST/BUCKET or s3://BUCKET does")
        }
        let host = isAmazon ? "s3.\(region).amazonaws.com" : location.host
        var http = try HTTPSettings(
            location, &settings, isSecure: isAmazon ? true : nil, host: style == .virtual ? "\(bucket).\(host)" : host,
            authorization: .signed)
        http.secrets.add(location.settings["secret_key"])
        http.secrets.add(location.settings["session_token"])
        self.http = HTTPDelivery(http)
        let path = folders.dropFirst(style == .virtual ? 1 : 0).map { PercentEncoding.encode($0) + "/" }.joined()
        prefix = "/\(path)"
        bucketPath = style == .virtual ? "/" : "/\(PercentEncoding.encode(bucket))"
        name = try NamePattern(settings.string("name") ?? "{project}/{service}/%Y-%m-%d", settings, key: "name")
        form = try RecordJSONForm(&settings)
        credentials = try S3Credentials(location, &settings, environment: environment)
        isConditional = try settings.flag("if_none_match") ?? true
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        for (name, records) in objects(of: batch) {
            let isCompressed = http.settings.compression == .gzip
            let body = try body(records, epoch: batch.epoch, isCompressed: isCompressed)
            let file = "\(name)/\(batch.id).ndjson\(isCompressed ? ".gz" : "")"
            var request = HTTPDelivery.Request(
                method: .PUT, path: prefix + PercentEncoding.encode(file, keepingSlashes: true),
                headers: ["Content-Type": isCompressed ? "application/gzip" : "application/x-ndjson"], body: body)
            if isConditional { request.headers.add(name: "If-None-Match", value: "*") }
            let answer = try await exchange(request)
            if let failure = failure(of: answer) { throw failure }
        }
        return [:]
    }

    /// Lists nothing of the bucket. Who may write but not list is known all the same.
    func check(_ step: @Sendable (String) async -> Void) async throws {
        var probe = HTTPDelivery.Request(method: .GET, path: "\(bucketPath)?list-type=2&max-keys=0")
        try await sign(&probe)
        let judge: (HTTPDelivery.Answer) -> SinkFailure? = { answer in
            S3Sink.code(of: answer) == "AccessDenied" ? nil : failure(of: answer)
        }
        try await http.check(probe, judge: judge, step)
    }

    func shutDown() async { await http.shutDown() }

    /// An object, compressed as it grows: whole it would be a multiple of a batch.
    private func body(_ records: [LogRecord], epoch: String, isCompressed: Bool) throws -> [UInt8] {
        var json = RecordJSON(form, epoch: epoch)
        let gzip = isCompressed ? try GzipWriter(level: http.settings.compressionLevel) : nil
        var body: [UInt8] = []
        for record in records {
            json.append(record, to: &body)
            body.append(UInt8(ascii: "\n"))
            if let gzip, body.count >= S3Sink.piece {
                try gzip.append(body)
                body.removeAll(keepingCapacity: true)
            }
        }
        guard let gzip else { return body }
        try gzip.append(body)
        return try gzip.finish()
    }

    /// The records of each name, in the order in which names come first.
    private func objects(of batch: RecordBatch) -> [(String, [LogRecord])] {
        var objects: [(String, [LogRecord])] = []
        var places: [String: Int] = [:]
        var last: (source: LogSource, hour: Int64, name: String)?
        for record in batch.records {
            let hour = record.time.nanoseconds / NamePattern.nanosecondsPerHour
            if last?.source !== record.source || last?.hour != hour {
                last = (record.source, hour, name.name(for: record) { $0.replacing("/", with: "_") })
            }
            let name = last?.name ?? ""
            if let place = places[name] {
                objects[place].1.append(record)
            } else {
                places[name] = objects.count
                objects.append((name, [record]))
            }
        }
        return objects
    }

    private func exchange(_ request: HTTPDelivery.Request) async throws -> HTTPDelivery.Answer {
        var request = request
        try await sign(&request)
        return try await http.exchange(request)
    }

    private func sign(_ request: inout HTTPDelivery.Request) async throws {
        let signature = RequestSignature(credentials: try await credentials.current(), region: region)
        let host = http.settings.origin.drop { $0 != "/" }.dropFirst(2)
        signature.sign(&request, host: String(host), at: WallClock.now)
    }

    /// What an answer means: S3 looks at no record, so that what it refuses, but for the size, is our doing.
    private func failure(of answer: HTTPDelivery.Answer) -> SinkFailure? {
        let code = S3Sink.code(of: answer)
        // The object is there: an earlier attempt has put it.
        if answer.status == 412, isConditional { return nil }
        guard let failure = http.failure(of: answer) else { return nil }
        guard case .refused(let reason) = failure else { return failure }
        switch code {
        case "RequestTimeout", "ConditionalRequestConflict", "OperationAborted": return .unavailable(reason)
        case "EntityTooLarge": return failure
        default: return answer.status == 413 ? failure : .misconfigured(reason)
        }
    }

    /// `<Code>NoSuchBucket</Code>`: what stands there.
    private static func code(of answer: HTTPDelivery.Answer) -> String {
        let parts = String(decoding: answer.body, as: UTF8.self).split(separator: "<Code>", maxSplits: 1)
        return parts.count == 2 ? String(parts[1].prefix { $0 != "<" }) : ""
    }
}
