import NIOHTTP1
import NIOSSL
import SinkAPI

/// What all sinks over HTTP can be told, read from a location.
///
/// | setting | what it is |
/// |---|---|
/// | `timeout` | how long an exchange may take, 30 s |
/// | `connect_timeout` | how long a connection may take to be made, 10 s |
/// | `compression` | `gzip` or `none`; the sink says what it is without |
/// | `compression_level` | 0 to 9, 1 |
/// | `header.NAME` | a header of each request, also in place of one that the sink would send |
/// | `query.NAME` | a parameter of each request's URL |
/// | `token`, `token_file` | a bearer token, or the file that holds one, read anew for each exchange |
/// | `ca` | a file of certificates (PEM) to trust instead of the system's |
/// | `cert`, `key` | our own certificate and its key (PEM), where the receiver asks for one |
/// | `insecure` | `true`: ANY certificate is taken, so that anyone on the way can read and change all log lines |
///
/// A user and a password in the URL are sent by basic authentication.
struct HTTPSettings: Sendable {
    /// Which header a token stands in.
    enum Authorization: Sendable {
        case bearer
        /// `Authorization: WORD TOKEN`.
        case word(String)
        /// None of it: the sink signs its requests itself, and reads user and password.
        case signed
    }

    let location: SinkLocation
    let isSecure: Bool
    let host: String
    let port: Int
    let timeout: Duration
    let connectTimeout: Duration
    let compression: Compression
    let compressionLevel: Int
    let headers: HTTPHeaders
    /// `name=value&other=value`; empty where there is none.
    let query: String
    /// The token's file, where it has one.
    let tokenFile: String?
    /// Before the token: `Bearer`.
    let tokenWord: String
    let tls: TLSConfiguration
    /// Whether certificates are verified.
    let verifiesCertificates: Bool
    /// What no error shows.
    var secrets = SecretText()

    /// Takes a location's own part of the settings out of `settings`.
    ///
    /// - Parameter host: in place of the URL's.
    init(
        _ location: SinkLocation, _ settings: inout SinkSettings, isSecure: Bool? = nil, host: String? = nil,
        defaultPort: Int? = nil, compression: Compression = .gzip, authorization: Authorization = .bearer
    ) throws(SinkConfigurationError) {
        self.location = location
        let transports = ["http", "https"]
        guard isSecure != nil || transports.contains(location.transport) else {
            throw SinkConfigurationError(
                "\(location.text): \(location.kind) is reached by \(location.kind)+http:// or \(location.kind)+https://"
            )
        }
        self.isSecure = isSecure ?? (location.transport == "https")
        self.host = host ?? location.host
        guard !self.host.isEmpty else { throw SinkConfigurationError("\(location.text) names no host") }
        port = location.port ?? defaultPort ?? (self.isSecure ? 443 : 80)
        timeout = try settings.duration("timeout") ?? .seconds(30)
        connectTimeout = try settings.duration("connect_timeout") ?? .seconds(10)
        self.compression = try settings.choice("compression") ?? compression
        compressionLevel = try settings.integer("compression_level", in: Gzip.levels) ?? Gzip.defaultLevel
        verifiesCertificates = try settings.flag("insecure") != true
        tls = try HTTPSettings.tls(location, &settings, verifies: verifiesCertificates)

        var headers = HTTPHeaders([("User-Agent", "gantry")])
        for (name, value) in settings.dictionary("header").sorted(by: { $0.key < $1.key }) {
            guard !name.isEmpty, name.utf8.allSatisfy({ HTTPSettings.isToken($0) }),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw SinkConfigurationError("\(location.text): \"header.\(name)\" is no header of HTTP") }
            headers.replaceOrAdd(name: name, value: value)
            secrets.add(value)
        }
        // What is sent to be signed has no other parameters than the sink's own.
        let parameters =
            if case .signed = authorization { [String: String]() } else { settings.dictionary("query") }
        for value in parameters.values { secrets.add(value) }
        query = parameters.sorted { $0.key < $1.key }
            .map { "\(PercentEncoding.encode($0.key))=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
        var isSigned = false
        switch authorization {
        case .bearer: tokenWord = "Bearer"
        case .word(let word): tokenWord = word
        case .signed: (tokenWord, isSigned) = ("", true)
        }
        let token = isSigned ? nil : settings.string("token")
        tokenFile = isSigned ? nil : settings.string("token_file")
        secrets.add(token)
        secrets.add(location.password)
        guard [token, tokenFile, location.user].filter({ $0 != nil }).count < 2 else {
            throw SinkConfigurationError(
                "\(location.text): a user in the URL, \"token\" and \"token_file\" exclude each other")
        }
        if let token { headers.replaceOrAdd(name: "Authorization", value: "\(tokenWord) \(token)") }
        if let user = location.user, !isSigned {
            let credentials = Base64Text.encode(Array("\(user):\(location.password ?? "")".utf8))
            secrets.add(credentials)
            headers.replaceOrAdd(name: "Authorization", value: "Basic \(credentials)")
        }
        self.headers = headers
    }

    /// `http://127.0.0.1:3100`, without a path.
    var origin: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let isDefault = port == (isSecure ? 443 : 80)
        return "\(isSecure ? "https" : "http")://\(name)\(isDefault ? "" : ":\(port)")"
    }

    private static func tls(
        _ location: SinkLocation, _ settings: inout SinkSettings, verifies: Bool
    ) throws(SinkConfigurationError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = verifies ? .fullVerification : .none
        let (authorities, certificate, key) = (settings.string("ca"), settings.string("cert"), settings.string("key"))
        if let authorities {
            tls.trustRoots = .certificates(
                try readable(authorities, "ca", location) { try NIOSSLCertificate.fromPEMFile($0) })
        }
        guard (certificate == nil) == (key == nil) else {
            throw SinkConfigurationError("\(location.text): \"cert\" and \"key\" are given together")
        }
        if let certificate, let key {
            tls.certificateChain = try readable(certificate, "cert", location) {
                try NIOSSLCertificate.fromPEMFile($0).map { .certificate($0) }
            }
            tls.privateKey = .privateKey(
                try readable(key, "key", location) { try NIOSSLPrivateKey(file: $0, format: .pem) })
        }
        return tls
    }

    private static func readable<Value>(
        _ path: String, _ key: String, _ location: SinkLocation, _ read: (String) throws -> Value
    ) throws(SinkConfigurationError) -> Value {
        do { return try read(path) } catch {
            throw SinkConfigurationError("\(location.text): \"\(key)\" names \(path), which cannot be read as PEM")
        }
    }

    /// RFC 9110, section 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
