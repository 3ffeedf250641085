import ComposePlanner

/// Where the user's Docker client is set up, and which engine it is asked about.
package struct ClientFolder: Sendable, Equatable {
    /// The folder of `config.json`: `DOCKER_CONFIG`, else `~/.docker`.
    package let path: String
    /// The engine's address, which proxies can be set for.
    package let host: String

    package init(path: String, host: String) {
        self.path = path
        self.host = host
    }

    /// What the file says; nothing where there is none.
    func settings() -> ClientSettings {
        let file = path + "/config.json"
        var settings = ClientSettings()
        switch HostFile.found(at: file) {
        case .content(let bytes): return ClientSettings(content: bytes, path: file, host: host)
        case .unusable("does not exist"): break
        case .unusable(let reason):
            settings.problem = "\(file) \(reason); its proxies and credentials are not used."
        }
        return settings
    }
}
