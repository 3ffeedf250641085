public import EngineAPI

/// Where an engine listens, as `DOCKER_HOST` says it.
public struct EngineAddress: Sendable, Hashable, CustomStringConvertible {
    enum Endpoint: Sendable, Hashable {
        case unix(path: String)
        case tcp(host: String, port: Int)
    }

    let endpoint: Endpoint

    /// `unix:///var/run/docker.sock`, where an engine listens unless told otherwise.
    public static let standard = EngineAddress(endpoint: .unix(path: "/var/run/docker.sock"))
    /// The port that Docker assigned to unencrypted TCP.
    private static let unencryptedPort = 2375

    private init(endpoint: Endpoint) { self.endpoint = endpoint }

    /// The address of a Unix socket.
    public static func unixSocket(_ path: String) -> EngineAddress { EngineAddress(endpoint: .unix(path: path)) }

    /// Parses `unix:///path`, `tcp://host[:port]` or `http://host[:port]`; empty text is ``standard``. Throws
    /// `.unsupported` for the forms that Docker knows and this client does not, `.invalidRequest` for anything else.
    public init(_ text: String) throws(EngineError) {
        if text.isEmpty {
            self = .standard
            return
        }
        guard let separator = text.firstRange(of: "://") else {
            throw EngineAddress.invalid(text, "it does not begin with unix://, tcp:// or http://")
        }
        let rest = text[separator.upperBound...]
        switch text[..<separator.lowerBound].lowercased() {
        case "unix":
            guard rest.hasPrefix("/") else {
                throw EngineAddress.invalid(
                    text, "a Unix socket needs an absolute path, as in unix:///var/run/docker.sock")
            }
            endpoint = .unix(path: String(rest))
        case "tcp", "http":
            endpoint = try EngineAddress.tcpEndpoint(rest, in: text)
        case let scheme where ["ssh", "https", "npipe", "fd"].contains(scheme):
            throw EngineError(
                .unsupported, call: "DOCKER_HOST=\(text)",
                message: "engines behind \(scheme):// are not supported yet; use a unix:// or tcp:// address")
        case let scheme:
            throw EngineAddress.invalid(text, "\"\(scheme)\" is not a scheme of engine addresses")
        }
    }

    /// The form that `DOCKER_HOST` takes.
    public var description: String {
        switch endpoint {
        case .unix(let path): "unix://\(path)"
        case .tcp(let host, let port): host.contains(":") ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)"
        }
    }

    /// Whether the engine reads the same clock as this process.
    var sharesClock: Bool {
        switch endpoint {
        case .unix: true
        case .tcp(let host, _): ["localhost", "127.0.0.1", "::1"].contains(host)
        }
    }

    /// The `Host` field of requests. A socket has no name, and engines refuse an empty one.
    var hostField: String {
        switch endpoint {
        case .unix: "docker"
        case .tcp: String(description.dropFirst("tcp://".count))
        }
    }

    private static func tcpEndpoint(_ rest: Substring, in text: String) throws(EngineError) -> Endpoint {
        var authority = rest
        if authority.hasSuffix("/") { authority.removeLast() }
        guard !authority.contains(where: { "/?#@".contains($0) }) else {
            throw invalid(text, "only a host and a port may follow the scheme")
        }
        var host = authority
        var portText: Substring?
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw invalid(text, "\"\(after)\" follows the host") }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            portText = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty else { throw invalid(text, "it names no host") }
        guard let portText else { return .tcp(host: String(host), port: unencryptedPort) }
        guard let port = Int(portText), (1...65_535).contains(port) else {
            throw invalid(text, "\"\(portText)\" is not a port")
        }
        return .tcp(host: String(host), port: port)
    }

    private static func invalid(_ text: String, _ reason: String) -> EngineError {
        EngineError(.invalidRequest, call: "DOCKER_HOST=\(text)", message: "this is not an engine's address: \(reason)")
    }
}
