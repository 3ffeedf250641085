import FoundationEssentials

/// How the user's Docker client is set up, as far as it shapes containers: its `config.json`.
package struct ClientSettings: Sendable, Equatable {
    /// Variables that containers get where their service says nothing of them.
    package var proxyVariables: [String: String] = [:]
    /// The configuration for clients in containers: the registries' credentials and nothing else.
    package var credentials: [UInt8] = ClientSettings.encode([:])
    /// The programs that keep further credentials, which are not asked.
    package var credentialHelpers: [String] = []
    /// Why the file could not be read, as a sentence; nil where it could, or is not there.
    package var problem: String?

    package init() {}

    /// Reads the content of a `config.json`.
    ///
    /// - Parameter host: the engine's address, which proxies can be set for.
    package init(content: [UInt8], path: String, host: String) {
        do {
            let file = try JSONDecoder().decode(File.self, from: Data(content))
            proxyVariables = (file.proxies?[host] ?? file.proxies?["default"])?.variables ?? [:]
            credentials = ClientSettings.encode((file.auths ?? [:]).compactMapValues(\.portable))
            credentialHelpers =
                Set([file.credsStore].compactMap { $0 } + (file.credHelpers ?? [:]).values)
                .filter { !$0.isEmpty }.sorted()
        } catch {
            problem = "\(path) is not the JSON that Docker's client writes; its proxies and credentials are not used."
        }
    }

    private static func encode(_ credentials: [String: Credential]) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(Portable(auths: credentials))).map { Array($0) } ?? []
    }

    private struct Portable: Encodable {
        var auths: [String: Credential]
    }

    private struct File: Decodable {
        var proxies: [String: Proxy]?
        var auths: [String: Credential]?
        var credsStore: String?
        var credHelpers: [String: String]?
    }

    private struct Proxy: Decodable {
        var httpProxy: String?
        var httpsProxy: String?
        var noProxy: String?
        var ftpProxy: String?
        var allProxy: String?

        /// Both spellings, because programs look for one or the other.
        var variables: [String: String] {
            var variables: [String: String] = [:]
            for (name, value) in [
                ("HTTP_PROXY", httpProxy), ("HTTPS_PROXY", httpsProxy), ("NO_PROXY", noProxy),
                ("FTP_PROXY", ftpProxy), ("ALL_PROXY", allProxy),
            ] {
                guard let value, !value.isEmpty else { continue }
                variables[name] = value
                variables[name.lowercased()] = value
            }
            return variables
        }
    }

    private struct Credential: Codable {
        var auth: String?
        var username: String?
        var password: String?
        var identitytoken: String?
        var registrytoken: String?

        /// The form that clients write, nil where a helper keeps what is missing here.
        var portable: Credential? {
            var credential = self
            if auth?.isEmpty ?? true, let username, !username.isEmpty {
                credential.auth = Data("\(username):\(password ?? "")".utf8).base64EncodedString()
            }
            (credential.username, credential.password) = (nil, nil)
            let values = [credential.auth, identitytoken, registrytoken]
            return values.contains { !($0 ?? "").isEmpty } ? credential : nil
        }
    }
}
