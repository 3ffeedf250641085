import NIOHTTP1
import Synchronization

@testable import LogSinks

/// A bucket that verifies signatures, over the request as it has arrived, and overwrites nothing.
final class S3Double: Sendable {
    private let objects = Mutex<[String: [UInt8]]>([:])
    private let bucket = "logs"

    static func make(accessKey: String, secretKey: String) async throws -> HTTPDouble {
        let bucket = S3Double()
        return try await HTTPDouble { request, store in
            let known = RequestSignature.Credentials(accessKey: accessKey, secretKey: secretKey)
            guard bucket.isSigned(request, by: known) else {
                return .init(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>")
            }
            guard request.path.split(separator: "/").first == "logs" else {
                return .init(404, "<Error><Code>NoSuchBucket</Code></Error>")
            }
            switch request.method {
            case .GET: return .init(403, "<Error><Code>AccessDenied</Code></Error>")
            case .PUT: return bucket.put(request, &store)
            default: return .init(405, "<Error><Code>MethodNotAllowed</Code></Error>")
            }
        }
    }

    private func put(_ request: HTTPTestServer.Request, _ store: inout HTTPDouble.Store) -> HTTPTestServer.Response {
        guard request.headers["If-None-Match"] == ["*"] else {
            return .init(400, "<Error><Code>InvalidRequest</Code></Error>")
        }
        let isNew = objects.withLock { $0.updateValue(request.body, forKey: request.path) == nil }
        guard isNew else { return .init(412, "<Error><Code>PreconditionFailed</Code></Error>") }
        guard request.path.hasSuffix(".ndjson.gz"), let lines = Inflate.gunzip(request.body)?.ndjson else {
            return .init(400, "<Error><Code>NotAnObjectOfOurs</Code></Error>")
        }
        for line in lines {
            guard let uid = line["uid"]?.string, let message = line["message"]?.bytes else { return .init(400) }
            store.append(ReceivedRecord(uid: uid, line: message))
        }
        return .init(200, "", headers: ["ETag": "\"0\""])
    }

    private func isSigned(
        _ request: HTTPTestServer.Request, by credentials: RequestSignature.Credentials
    ) -> Bool {
        guard let header = request.headers.first(name: "Authorization"),
            let time = request.headers.first(name: "X-Amz-Date"),
            let names = header.split(separator: "SignedHeaders=").last?.prefix(while: { $0 != "," })
        else { return false }
        let signed = names.split(separator: ";").map { String($0) }
        guard
            ["host", "if-none-match", "x-amz-content-sha256", "x-amz-date"].allSatisfy({
                signed.contains($0) || $0 == "if-none-match" && request.method == .GET
            })
        else { return false }
        var received = HTTPDelivery.Request(method: request.method, path: request.path, headers: request.headers)
        if !request.query.isEmpty { received.path += "?\(request.query)" }
        received.body = request.body
        let signature = RequestSignature(credentials: credentials, region: "us-east-1")
        return header == signature.authorization(received, names: signed, time: time)
            && request.headers["X-Amz-Content-Sha256"] == [signature.hash(request.body)]
    }
}
