import EngineAPI
import NIOHTTP1

/// Loki's push API, with its limits on labels, lines and times; a refused entry makes the answer 400, and the others are
/// stored all the same.
enum LokiDouble {
    private struct Entry {
        var labels: String
        var time: EngineTime
        var line: String
        var metadata: [String: String]
    }

    /// Entries before this are too old.
    static let oldest = EngineTime(nanoseconds: 1_767_225_600_000_000_000)

    static func make(authorization: String?, isJSON: Bool = false) async throws -> HTTPDouble {
        try await HTTPDouble(authorization: authorization) { request, store in
            guard request.path == "/loki/api/v1/push", request.method == .POST else { return .init(404) }
            guard request.headers["X-Scope-OrgID"] == ["tenant-1"] else { return .init(401, "no org id") }
            let entries: [Entry]?
            switch request.headers.first(name: "Content-Type") {
            case "application/json": entries = isJSON ? json(request.body) : nil
            case "application/x-protobuf": entries = isJSON ? nil : protobuf(request.body)
            default: entries = nil
            }
            guard let entries else { return .init(400, "cannot be parsed") }
            var errors: [String] = []
            var parts: [String: [UInt8]] = [:]
            for entry in entries {
                guard let uid = entry.metadata["uid"] else { return .init(415, "no uid") }
                if let error = refusal(entry) {
                    errors.append(error)
                    continue
                }
                parts[uid, default: []] += entry.line.utf8
                if let part = entry.metadata["part"], !part.hasSuffix(",last") { continue }
                _ = store.insert(ReceivedRecord(uid: uid, line: parts[uid] ?? []))
            }
            return errors.isEmpty ? .init(204) : .init(400, errors.joined(separator: "\n"))
        }
    }

    private static func refusal(_ entry: Entry) -> String? {
        if entry.line.utf8.count + entry.metadata.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) > 262_144
        {
            return "Max entry size '262144' bytes exceeded for stream '\(entry.labels)'"
        }
        if entry.time < oldest {
            return "entry for stream '\(entry.labels)' has timestamp too old: \(entry.time.rfc3339), "
                + "oldest acceptable timestamp is: 2026-01-01T00:00:00Z"
        }
        return entry.line.contains(SinkUnderTest.refusedMark) ? "something is wrong" : nil
    }

    private static func protobuf(_ body: [UInt8]) -> [Entry]? {
        guard let push = ProtobufReader.snappy(body), let fields = ProtobufReader.fields(push) else { return nil }
        var entries: [Entry] = []
        for bytes in fields.bytes(1) {
            guard let stream = ProtobufReader.fields(bytes), let labels = stream.text(1), isStream(labels) else {
                return nil
            }
            for bytes in stream.bytes(2) {
                guard let entry = ProtobufReader.fields(bytes), let line = entry.text(2),
                    let time = entry.bytes(1).first.flatMap({ ProtobufReader.fields($0) }),
                    time.number(2) < 1_000_000_000
                else { return nil }
                var metadata: [String: String] = [:]
                for pair in entry.bytes(3).compactMap({ ProtobufReader.fields($0) }) {
                    guard let name = pair.text(1), let value = pair.text(2) else { return nil }
                    metadata[name] = value
                }
                let nanoseconds = Int64(time.number(1) * 1_000_000_000 + time.number(2))
                entries.append(
                    Entry(labels: labels, time: EngineTime(nanoseconds: nanoseconds), line: line, metadata: metadata))
            }
        }
        // As they came: the streams' entries are merged by their times only when they are read.
        return entries.sorted { $0.time < $1.time }
    }

    private static func json(_ body: [UInt8]) -> [Entry]? {
        guard let streams = JSONValue.parse(body)?["streams"]?.array else { return nil }
        var entries: [Entry] = []
        for stream in streams {
            let labels = (stream["stream"]?.object ?? [:]).compactMapValues { $0.string }.sorted { $0.key < $1.key }
            let text = "{" + labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ", ") + "}"
            guard isStream(text), let values = stream["values"]?.array else { return nil }
            for value in values {
                guard let parts = value.array, parts.count == 3, let time = parts[0].string.flatMap(Int64.init),
                    let line = parts[1].string, let metadata = parts[2].object
                else { return nil }
                entries.append(
                    Entry(
                        labels: text, time: EngineTime(nanoseconds: time), line: line,
                        metadata: metadata.compactMapValues { $0.string }))
            }
        }
        return entries.sorted { $0.time < $1.time }
    }

    /// Labels' names, their order, their number, and the one that is always asked for.
    private static func isStream(_ text: String) -> Bool {
        guard text.hasPrefix("{"), text.hasSuffix("}") else { return false }
        let names = text.dropFirst().dropLast().split(separator: ", ").map { $0.prefix { $0 != "=" } }
        let isPlain = names.allSatisfy { $0.wholeMatch(of: /[a-zA-Z_][a-zA-Z0-9_]*/) != nil }
        return isPlain && names == names.sorted() && names.count <= 15 && names.contains("service_name")
    }
}
