import NIOSSL
import SinkAPI

/// Where a stream goes: a host's port or a unix socket, in TLS or not.
///
/// Settings of TLS: `ca` (a PEM file with the authorities to trust, instead of the system's), `cert` and `key` (PEM
/// files, for receivers that ask who we are), `server_name` (the name to look for in the certificate, instead of the
/// host; a certificate for the receiver's very address is good too), and `insecure`, which trusts any certificate. Setting of all: `timeout`, how long connecting and each answer
/// may take.
struct StreamEndpoint: Sendable {
    enum Address: Sendable, Equatable {
        case host(String, port: Int)
        case unix(path: String)
    }

    /// What the connection is protected with.
    struct Security: Sendable {
        let context: NIOSSLContext
        /// Sent as SNI and looked for in the certificate; nil where the host is an address, which is looked for
        /// instead.
        let serverName: String?
    }

    /// For messages; holds no secret.
    let name: String
    let address: Address
    let security: Security?
    let timeout: Duration

    /// Long enough for a receiver that is busy, short enough to notice one that is gone.
    static let defaultTimeout = Duration.seconds(30)
    private static let longestTimeout = Duration.seconds(3600)

    /// A unix socket on this machine.
    init(unix path: String) {
        name = path
        address = .unix(path: path)
        security = nil
        timeout = StreamEndpoint.defaultTimeout
    }

    /// The endpoint of a URL: its host and port, or for the transport `unix` its path.
    ///
    /// - Throws: ``SinkConfigurationError`` where the URL names none, or a file of TLS cannot be used.
    init(
        _ location: SinkLocation, settings: inout SinkSettings, port: Int?, isUnix: Bool = false, isSecured: Bool
    ) throws {
        name = location.text
        timeout = try settings.duration("timeout", most: StreamEndpoint.longestTimeout) ?? StreamEndpoint.defaultTimeout
        if isUnix {
            guard location.host.isEmpty, !location.path.isEmpty else {
                throw SinkConfigurationError(
                    "\(location.text) names no socket: the path follows three slashes, as in unix:///run/logs.sock")
            }
            address = .unix(path: location.path)
        } else {
            guard !location.host.isEmpty else { throw SinkConfigurationError("\(location.text) names no host") }
            guard let port = location.port ?? port else {
                throw SinkConfigurationError("\(location.text) names no port: it follows the host after a colon")
            }
            address = .host(location.host, port: port)
        }
        security = isSecured ? try Security(host: location.host, settings: &settings) : nil
    }
}

extension StreamEndpoint.Security {
    init(host: String, settings: inout SinkSettings) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let path = settings.string("ca") {
            configuration.trustRoots = .certificates(
                try Self.read("ca", path) { try NIOSSLCertificate.fromPEMFile($0) })
        }
        switch (settings.string("cert"), settings.string("key")) {
        case (let cert?, let key?):
            let chain = try Self.read("cert", cert) { try NIOSSLCertificate.fromPEMFile($0) }
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(
                try Self.read("key", key) { try NIOSSLPrivateKey(file: $0, format: .pem) })
        case (nil, nil): break
        default: throw SinkConfigurationError("\"cert\" and \"key\" belong together: one is missing")
        }
        if try settings.flag("insecure") ?? false { configuration.certificateVerification = .none }
        let name = settings.string("server_name") ?? host
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw SinkConfigurationError("TLS cannot be set up: \(error)")
        }
        // An address is no name to ask for: it is compared with the certificate's addresses.
        let isAddress = name.contains(":") || name.allSatisfy { $0 == "." || ($0.isASCII && $0.isNumber) }
        serverName = isAddress ? nil : name
    }

    private static func read<Value>(_ key: String, _ path: String, _ body: (String) throws -> Value) throws -> Value {
        do {
            return try body(path)
        } catch {
            throw SinkConfigurationError("\"\(path)\" as \"\(key)\" cannot be read as a PEM file: \(error)")
        }
    }
}
