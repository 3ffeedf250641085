import Crypto
import EngineAPI
import NIOHTTP1

/// A signature of AWS, version 4, as S3 asks for it ("Authenticating Requests: Using the Authorization Header").
struct RequestSignature: Sendable {
    /// Who signs.
    struct Credentials: Sendable, Equatable {
        var accessKey: String
        var secretKey: String
        /// With temporary credentials.
        var sessionToken: String?
    }

    var credentials: Credentials
    var region: String

    /// Adds the headers of a signature, over all headers that are there and the host.
    func sign(_ request: inout HTTPDelivery.Request, host: String, at time: EngineTime) {
        let digits = time.rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z"
        request.headers.replaceOrAdd(name: "Host", value: host)
        request.headers.replaceOrAdd(name: "X-Amz-Date", value: digits)
        request.headers.replaceOrAdd(name: "X-Amz-Content-Sha256", value: hash(request.body))
        if let token = credentials.sessionToken {
            request.headers.replaceOrAdd(name: "X-Amz-Security-Token", value: token)
        }
        let names = Set(request.headers.map { $0.name.lowercased() }).sorted()
        request.headers.replaceOrAdd(name: "Authorization", value: authorization(request, names: names, time: digits))
    }

    /// SHA-256 to base 16.
    func hash(_ bytes: [UInt8]) -> String { HexText.encode(SHA256.hash(data: bytes)) }

    /// The header for a request as it stands.
    ///
    /// - Parameters:
    ///   - names: of the headers that are signed, in small letters and sorted.
    ///   - time: `20130524T000000Z`.
    func authorization(_ request: HTTPDelivery.Request, names: [String], time: String) -> String {
        let parts = request.path.split(separator: "?", maxSplits: 1)
        let query = parts.count == 2 ? parts[1].split(separator: "&").sorted().joined(separator: "&") : ""
        let headers = names.map { "\($0):\(request.headers[canonicalForm: $0].joined(separator: ","))\n" }.joined()
        let payload = request.headers.first(name: "X-Amz-Content-Sha256") ?? ""
        let canonical = [
            request.method.rawValue, parts.isEmpty ? "/" : String(parts[0]), query, headers,
            names.joined(separator: ";"), payload,
        ].joined(separator: "\n")
        let date = String(time.prefix(8))
        let scope = "\(date)/\(region)/s3/aws4_request"
        var key = SymmetricKey(data: Array("AWS4\(credentials.secretKey)".utf8))
        for part in [date, region, "s3", "aws4_request"] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        let text = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(hash(Array(canonical.utf8)))"
        let signature = HexText.encode(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
        return "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope),"
            + "SignedHeaders=\(names.joined(separator: ";")),Signature=\(signature)"
    }
}
