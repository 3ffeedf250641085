import NIOHTTP1

/// An OTLP receiver: takes what the schema allows, rejects a record without saying which, and knows no repeated request.
enum OTLPDouble {
    private struct Entry {
        var time: UInt64
        var record: ReceivedRecord
    }

    static func make(authorization: String?, isJSON: Bool = false) async throws -> HTTPDouble {
        try await HTTPDouble(authorization: authorization) { request, store in
            guard request.path == "/v1/logs", request.method == .POST else { return .init(404) }
            let type = isJSON ? "application/json" : "application/x-protobuf"
            guard request.headers["Content-Type"] == [type] else { return .init(415) }
            guard let entries = isJSON ? json(request.body) : protobuf(request.body) else {
                return .init(400, "invalid")
            }
            let taken = entries.filter {
                !String(decoding: $0.record.line, as: UTF8.self).contains(SinkUnderTest.refusedMark)
            }
            for entry in taken.sorted(by: { $0.time < $1.time }) { store.append(entry.record) }
            let rejected = entries.count - taken.count
            guard rejected > 0 else { return .init(200, isJSON ? "{}" : "") }
            if isJSON {
                return .init(200, #"{"partialSuccess":{"rejectedLogRecords":"\#(rejected)","errorMessage":"bad"}}"#)
            }
            var answer = HTTPTestServer.Response(200)
            answer.body = [0x0A, 7, 0x08, UInt8(rejected), 0x12, 3] + Array("bad".utf8)
            return answer
        }
    }

    private static func protobuf(_ body: [UInt8]) -> [Entry]? {
        guard let request = ProtobufReader.fields(body) else { return nil }
        var entries: [Entry] = []
        for bytes in request.bytes(1) {
            guard let group = ProtobufReader.fields(bytes), let resource = group.bytes(1).first,
                attributes(ProtobufReader.fields(resource)?.bytes(1))?["service.name"] != nil
            else { return nil }
            for scope in group.bytes(2).compactMap({ ProtobufReader.fields($0) }) {
                for bytes in scope.bytes(2) {
                    guard let record = ProtobufReader.fields(bytes), record.number(1) > 0, record.number(2) <= 24,
                        let attributes = attributes(record.bytes(6)), let uid = attributes["log.record.uid"],
                        ["stdout", "stderr"].contains(attributes["log.iostream"]),
                        let line = record.bytes(5).first.flatMap({ ProtobufReader.fields($0) })?.text(1)
                    else { return nil }
                    entries.append(
                        Entry(time: record.number(1), record: ReceivedRecord(uid: uid, line: Array(line.utf8))))
                }
            }
        }
        return entries
    }

    private static func attributes(_ pairs: [[UInt8]]?) -> [String: String]? {
        var attributes: [String: String] = [:]
        for bytes in pairs ?? [] {
            guard let pair = ProtobufReader.fields(bytes), let name = pair.text(1), !name.isEmpty,
                let value = pair.bytes(2).first.flatMap({ ProtobufReader.fields($0) })?.text(1),
                attributes.updateValue(value, forKey: name) == nil
            else { return nil }
        }
        return attributes
    }

    private static func json(_ body: [UInt8]) -> [Entry]? {
        guard let groups = JSONValue.parse(body)?["resourceLogs"]?.array else { return nil }
        var entries: [Entry] = []
        for group in groups {
            guard attributes(group["resource"])?["service.name"] != nil, let scopes = group["scopeLogs"]?.array else {
                return nil
            }
            for record in scopes.flatMap({ $0["logRecords"]?.array ?? [] }) {
                guard let time = record["timeUnixNano"]?.string.flatMap(UInt64.init),
                    let line = record["body"]?["stringValue"]?.bytes, let attributes = attributes(record),
                    let uid = attributes["log.record.uid"], attributes["log.iostream"] != nil
                else { return nil }
                entries.append(Entry(time: time, record: ReceivedRecord(uid: uid, line: line)))
            }
        }
        return entries
    }

    private static func attributes(_ value: JSONValue?) -> [String: String]? {
        guard let pairs = value?["attributes"]?.array else { return nil }
        let texts = pairs.compactMap { pair -> (String, String)? in
            guard let name = pair["key"]?.string, let value = pair["value"]?["stringValue"]?.string else { return nil }
            return (name, value)
        }
        return texts.count == pairs.count ? Dictionary(texts, uniquingKeysWith: { first, _ in first }) : nil
    }
}
