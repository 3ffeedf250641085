import ComposeModel

/// Fills in what a project leaves to convention: the default network, implied dependencies.
struct Normalizer {
    let environment: [String: String]
    /// The platform of services that are built and name none.
    var defaultPlatform: String?

    /// Gives variables that a service names without a value the environment's.
    func resolveVariables(_ project: Project) -> Project {
        var project = project
        for (name, service) in project.services where service.environment.values.contains(nil) {
            project.services[name]?.environment = resolved(service.environment)
        }
        return project
    }

    func normalize(_ project: Project) -> Project {
        var project = project
        for (name, service) in project.services { project.services[name] = normalize(service) }
        let usesDefault = project.services.values.contains { $0.networks.keys.contains("default") }
        if usesDefault, project.networks["default"] == nil {
            project.networks["default"] = Network(key: "default", name: "\(project.name)_default")
        }
        return project
    }

    /// `scale` says the same as `deploy.replicas`; Docker Compose fills the second in where it finds both consistent.
    func agreeingOnReplicas(_ project: Project) -> Project {
        var project = project
        for (name, service) in project.services where service.scale != nil && service.deploy != nil {
            project.services[name]?.deploy?.replicas = service.scale
        }
        return project
    }

    private func normalize(_ service: Service) -> Service {
        var service = service
        if service.pullPolicy == .ifNotPresent { service.pullPolicy = .missing }
        if var build = service.build {
            if service.platform?.isEmpty ?? true, let defaultPlatform, !defaultPlatform.isEmpty {
                service.platform = defaultPlatform
            }
            if build.dockerfile == nil, build.inlineDockerfile == nil { build.dockerfile = "Dockerfile" }
            build.arguments = resolved(build.arguments).filter { $0.value != nil }
            service.build = build
        }
        if service.networks.isEmpty, service.networkMode == nil, service.uninterpreted["provider"] == nil {
            service.networks.updateValue(nil, forKey: "default")
        }
        addImpliedDependencies(&service)
        return service
    }

    /// The variables with a value, from the environment where the file gives none.
    private func resolved(_ variables: [String: String?]) -> [String: String?] {
        var result = variables
        for (name, value) in variables where value == nil {
            if let found = environment[name] { result.updateValue(found, forKey: name) }
        }
        return result
    }

    private func addImpliedDependencies(_ service: inout Service) {
        for link in service.links {
            let target = link.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init) ?? link
            add(target, restart: true, &service)
        }
        let isolation = service.isolation
        for reference in [service.networkMode, isolation.ipc, isolation.pid, isolation.uts, isolation.cgroup] {
            guard let target = reference?.serviceReference else { continue }
            add(target, restart: true, &service)
        }
        for entry in service.volumesFrom where !entry.hasPrefix("container:") {
            let target = entry.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init) ?? entry
            add(target, restart: false, &service)
        }
    }

    private func add(_ target: String, restart: Bool, _ service: inout Service) {
        guard service.dependencies[target] == nil else { return }
        service.dependencies[target] = Dependency(.started, restart: restart)
    }
}

extension String {
    /// The service that `service:NAME` names, nil for anything else.
    var serviceReference: String? {
        hasPrefix("service:") ? String(dropFirst("service:".count)) : nil
    }
}
