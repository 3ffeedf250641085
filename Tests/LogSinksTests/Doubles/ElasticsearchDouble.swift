import NIOHTTP1

/// The bulk API over data streams: only `create`, each identifier once in its index, an item for each document.
enum ElasticsearchDouble {
    /// A line that is not taken for load the first time it comes.
    static let busyMark = "BUSY-ONCE"

    static func make(authorization: String?, index: String) async throws -> HTTPDouble {
        let seen = Seen()
        return try await HTTPDouble(authorization: authorization) { request, store in
            guard request.path == "/_bulk", request.method == .POST else { return .init(404) }
            guard request.headers["Content-Type"] == ["application/x-ndjson"] else { return .init(406, "media type") }
            guard let lines = request.body.ndjson, !lines.isEmpty, lines.count % 2 == 0 else {
                return .init(400, #"{"error":{"type":"parse_exception","reason":"request body is required"}}"#)
            }
            var items: [String] = []
            for position in stride(from: 0, to: lines.count, by: 2) {
                let (action, document) = (lines[position], lines[position + 1])
                guard action.object?.count == 1, let create = action["create"], create["_index"]?.string == index,
                    let id = create["_id"]?.string, (1...512).contains(id.utf8.count),
                    document["@timestamp"]?.string != nil, let line = document["message"]?.bytes,
                    document["uid"]?.string == id
                else { return .init(400, "a line of the bulk request is none") }
                let text = String(decoding: line, as: UTF8.self)
                if text.contains(SinkUnderTest.refusedMark) {
                    items.append(item(400, "document_parsing_exception"))
                } else if text.contains(busyMark), seen.insert(id) {
                    items.append(item(429, "es_rejected_execution_exception"))
                } else if store.insert(ReceivedRecord(uid: id, line: line)) {
                    items.append(item(201, nil))
                } else {
                    items.append(item(409, "version_conflict_engine_exception"))
                }
            }
            let hasErrors = items.contains { $0.contains("error") }
            return .init(200, #"{"errors":\#(hasErrors),"items":[\#(items.joined(separator: ","))]}"#)
        }
    }

    private static func item(_ status: Int, _ type: String?) -> String {
        let error = type.map { #","error":{"type":"\#($0)","reason":"because"}"# } ?? ""
        return #"{"create":{"status":\#(status)\#(error)}}"#
    }
}
