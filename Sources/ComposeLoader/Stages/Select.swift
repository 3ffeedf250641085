import ComposeModel

/// Keeps the services that profiles and the command line ask for, and what they use.
struct Selector {
    let profiles: Set<String>
    /// The profiles as they were asked for, and whether the command line did.
    let asked: [(name: String, isOption: Bool)]
    let services: [String]
    let keepsUnused: Bool
    private let interpolates: Bool

    init(options: LoadOptions, environment: [String: String]) {
        var active = options.profiles
        if active.isEmpty {
            // Without any, the one that is on has no name: a service with `profiles: [""]` runs.
            let list = environment["COMPOSE_PROFILES"] ?? ""
            active = list.split(separator: ",", omittingEmptySubsequences: false).map { part in
                String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }
        profiles = Set(active)
        let isOption = !options.profiles.isEmpty
        asked = active.filter { !$0.isEmpty }.map { ($0, isOption) }
        services = options.services
        // A model with variables is shown whole: what they would choose is not known.
        keepsUnused = options.keepsUnusedResources || !options.interpolates
        interpolates = options.interpolates
    }

    /// The project without the services whose profiles are off.
    func applyProfiles(_ project: Project) -> Project {
        guard interpolates else { return project }
        var project = project
        // Naming a service turns its profiles on.
        let active = services.reduce(into: profiles) { result, name in
            result.formUnion(project.services[name]?.profiles ?? [])
        }
        if active.contains("*") { return project }
        for (name, service) in project.services
        where !service.profiles.isEmpty && active.isDisjoint(with: service.profiles) {
            project.services[name] = nil
            project.disabledServices.insert(name)
        }
        return project
    }

    /// The project with the services named and all they depend on, without what none of them uses.
    func select(_ project: Project, _ reporter: inout Reporter) -> Project {
        var project = project
        for name in services where project.services[name] == nil {
            reporter.error(
                "there is no service \"\(name)\"", at: nil,
                hint: Suggestion.hint(for: name, among: project.services.keys.sorted()))
        }
        if !services.isEmpty {
            var kept: Set<String> = []
            var pending = services
            while let name = pending.popLast() {
                guard let service = project.services[name], kept.insert(name).inserted else { continue }
                pending.append(contentsOf: service.dependencies.keys)
            }
            for name in project.services.keys where !kept.contains(name) {
                project.services[name] = nil
                project.disabledServices.insert(name)
            }
        }
        return keepsUnused ? project : withoutUnused(project)
    }

    private func withoutUnused(_ project: Project) -> Project {
        var networks: Set<String> = []
        var volumes: Set<String> = []
        var configs: Set<String> = []
        var secrets: Set<String> = []
        var models: Set<String> = []
        for service in project.services.values {
            networks.formUnion(service.networks.keys)
            for mount in service.volumes where mount.kind == .volume {
                if let source = mount.source { volumes.insert(source) }
            }
            configs.formUnion(service.configs.map(\.source))
            secrets.formUnion(service.secrets.map(\.source))
            secrets.formUnion(service.build?.secrets.map(\.source) ?? [])
            if case .object(let fields)? = service.uninterpreted["models"] { models.formUnion(fields.map(\.name)) }
        }
        var result = project
        result.networks = project.networks.filter { networks.contains($0.key) }
        result.volumes = project.volumes.filter { volumes.contains($0.key) }
        result.configs = project.configs.filter { configs.contains($0.key) }
        result.secrets = project.secrets.filter { secrets.contains($0.key) }
        result.models = project.models.filter { models.contains($0.key) }
        return result
    }
}
