/// Where a sink delivers to, as people write it: `loki+https://logs.example.org:3100?tenant=a`, and its settings.
///
/// A third party's sink is made from one by its ``SinkKind``.
public struct SinkLocation: Sendable, Equatable {
    /// The whole URL without its password: for messages.
    public let text: String
    /// Before the first `+` or `:`: `loki`, `syslog`, `file`. It chooses the kind of sink.
    public let kind: String
    /// After the `+`: `https`, `tls`, `udp`; empty where none is given.
    public let transport: String
    /// The user before the host, decoded.
    public let user: String?
    /// The password before the host, decoded; in no text that is shown.
    public let password: String?
    /// The host's name or address, without brackets; empty where the URL has none.
    public let host: String
    /// The port, where one is given.
    public let port: Int?
    /// With its leading slash; empty where there is none.
    public let path: String
    /// The URL's query and, over it, the settings written beside it. A list is written as its elements, `key.0`, `key.1`.
    public var settings: [String: String]

    /// A location from its parts.
    public init(
        text: String, kind: String, transport: String = "", user: String? = nil, password: String? = nil,
        host: String = "",
        port: Int? = nil, path: String = "", settings: [String: String] = [:]
    ) {
        self.text = text
        self.kind = kind
        self.transport = transport
        self.user = user
        self.password = password
        self.host = host
        self.port = port
        self.path = path
        self.settings = settings
    }
}

/// A kind of sink, known by its URLs' scheme.
public protocol SinkKind: Sendable {
    /// The first part of its URLs: `loki`.
    static var scheme: String { get }
    /// The form of its URLs, for people: `loki+http[s]://HOST[:3100]`.
    static var form: String { get }
    /// What it delivers to, in a few words: `Grafana Loki`.
    static var summary: String { get }

    /// Makes a sink; opens no connection.
    ///
    /// - Throws: ``SinkConfigurationError`` for a location that it cannot work with.
    static func make(_ location: SinkLocation) throws -> any Sink
}

/// What is wrong with a sink's URL or settings: `"batch" is not a number`.
public struct SinkConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A sentence for people, without secrets.
    public let description: String
    /// An error with this sentence.
    public init(_ description: String) { self.description = description }
}
