import ComposeModel

extension Project {
    /// The project with `use_api_socket` carried out, as Docker Compose does it: the engine's socket is mounted, and a
    /// configuration with the registries' credentials is put beside it. Both are part of the `config-hash`.
    func openingAPISocket(_ client: ClientSettings) -> Project {
        guard services.values.contains(where: \.usesAPISocket) else { return self }
        var project = self
        project.configs[APISocket.configKey] = FileResource(
            key: APISocket.configKey, name: APISocket.configKey,
            source: .content(String(decoding: client.credentials, as: UTF8.self)))
        for (name, service) in services where service.usesAPISocket {
            var service = service
            service.volumes.append(Mount(.bind, source: APISocket.path, target: APISocket.path))
            // Who sets the variable looks for the credentials elsewhere.
            if service.environment["DOCKER_CONFIG"] == nil {
                service.environment.updateValue(APISocket.folder, forKey: "DOCKER_CONFIG")
            }
            service.configs.append(FileMount(source: APISocket.configKey, target: APISocket.folder + "/config.json"))
            project.services[name] = service
        }
        return project
    }
}

enum APISocket {
    static let path = "/var/run/docker.sock"
    static let folder = "/run/secrets/docker"
    /// No key of a file has this form.
    static let configKey = "#apisocket"
}
