import DockerEngine
import EngineAPI
import FoundationEssentials

/// Finds the engine that Docker's own client would speak to: `DOCKER_HOST`, else the context that `DOCKER_CONTEXT` or the
/// client's configuration names, else the standard socket.
struct EngineSelection {
    private let environment: [String: String]

    init(environment: [String: String]) { self.environment = environment }

    /// - Throws: `EngineError` for an address that cannot be used, and for a context that is not there.
    func address() throws(EngineError) -> EngineAddress {
        let address = try chosen()
        if !environment["DOCKER_TLS_VERIFY", default: ""].isEmpty, address.description.hasPrefix("tcp://") {
            // To go on would send everything over the network unencrypted.
            throw EngineError(
                .unsupported, call: "DOCKER_TLS_VERIFY=1",
                message: "engines behind TLS are not supported yet; unset DOCKER_TLS_VERIFY or use a unix:// address")
        }
        return address
    }

    private func chosen() throws(EngineError) -> EngineAddress {
        if let host = environment["DOCKER_HOST"], !host.isEmpty { return try EngineAddress(host) }
        guard let context = contextName, context != "default" else { return .standard }
        guard let host = host(of: context) else {
            throw EngineError(
                .unreachable, call: "context \(context)",
                message: "Docker context \"\(context)\" is not in \(folder)/contexts")
        }
        return try EngineAddress(host)
    }

    /// Where the client is set up.
    var folder: String {
        if let folder = environment["DOCKER_CONFIG"], !folder.isEmpty { return folder }
        return (environment["HOME"] ?? "/root") + "/.docker"
    }

    private var contextName: String? {
        if let name = environment["DOCKER_CONTEXT"], !name.isEmpty { return name }
        struct Configuration: Decodable {
            let currentContext: String?
        }
        let name = read("\(folder)/config.json", as: Configuration.self)?.currentContext
        return name?.isEmpty == true ? nil : name
    }

    private func host(of context: String) -> String? {
        struct Metadata: Decodable {
            struct Endpoint: Decodable {
                let host: String?
                enum CodingKeys: String, CodingKey { case host = "Host" }
            }
            let name: String
            let endpoints: [String: Endpoint]
            enum CodingKeys: String, CodingKey { case name = "Name", endpoints = "Endpoints" }
        }
        // Each context has a folder whose name is a digest of its own; the file inside tells the name.
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/contexts/meta")) ?? []
        return folders.lazy.compactMap { read("\(folder)/contexts/meta/\($0)/meta.json", as: Metadata.self) }
            .first { $0.name == context }?.endpoints["docker"]?.host
    }

    private func read<Value: Decodable>(_ path: String, as type: Value.Type) -> Value? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try? JSONDecoder().decode(type, from: data)
    }
}
