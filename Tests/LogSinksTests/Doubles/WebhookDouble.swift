import NIOHTTP1

@testable import LogSinks

/// An endpoint that takes a batch whole or not at all, each batch once.
enum WebhookDouble {
    static func make(authorization: String?) async throws -> HTTPDouble {
        try await HTTPDouble(authorization: authorization) { request, store in
            guard request.method == .POST else { return .init(405) }
            guard let key = request.headers.first(name: "Idempotency-Key"),
                let first = request.headers.first(name: "X-Gantry-First-Seq"),
                let last = request.headers.first(name: "X-Gantry-Last-Seq"), key.hasSuffix("-\(first)-\(last)")
            else { return .init(415, "headers are missing") }
            let isArray = request.headers.first(name: "Content-Type") == "application/json"
            guard let objects = isArray ? JSONValue.parse(request.body)?.array : request.body.ndjson else {
                return .init(400, "no JSON")
            }
            let records = objects.compactMap { object -> ReceivedRecord? in
                guard let uid = object["uid"]?.string, let line = object["message"]?.bytes else { return nil }
                return ReceivedRecord(uid: uid, line: line)
            }
            guard records.count == objects.count else { return .init(415, "fields are missing") }
            if objects.contains(where: { $0["message"]?.string?.contains(SinkUnderTest.refusedMark) == true }) {
                return .init(422, "a line is refused, by \(authorization ?? "nobody")")
            }
            for record in records { _ = store.insert(record) }
            return .init(200)
        }
    }
}
