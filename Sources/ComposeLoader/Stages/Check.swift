import ComposeGraph
import ComposeModel
import YAML

/// Checks that what a project refers to is there, and that its parts do not contradict each other.
struct Checker {
    let project: Project
    let locator: Locator
    var reporter: Reporter

    mutating func check() {
        for name in project.services.keys.sorted() {
            guard let service = project.services[name] else { continue }
            check(service)
        }
        checkContainerNames()
        checkResources()
        checkCycle()
    }

    /// Checks only that what is referred to is there, and that nothing depends on itself, in a project whose files
    /// have other mistakes.
    mutating func checkReferences() {
        // An include or a service extended may be what is missing.
        guard !reporter.hasErrors(below: ["include"]) else { return }
        for name in project.services.keys.sorted() {
            guard let service = project.services[name] else { continue }
            checkReferences(service)
        }
        checkCycle()
    }

    private mutating func check(_ service: Service) {
        let name = service.name
        if service.image?.isEmpty ?? true, service.build == nil, service.uninterpreted["provider"] == nil {
            reporter.at(["services", name]) {
                $0.error(
                    "the service has neither \"image\" nor \"build\"", at: locator.key("services", name),
                    hint: "name the image to run")
            }
        }
        checkReferences(service)
        checkNamespaces(service)
        checkMounts(service)
        checkBuild(service)
        checkLimits(service)
        checkHealth(service)
    }

    // MARK: References

    private mutating func checkReferences(_ service: Service) {
        let name = service.name
        for target in service.dependencies.keys.sorted() { checkDependency(service, on: target) }
        for key in service.networks.keys.sorted() where project.networks[key] == nil {
            undefined("network", key, project.networks.keys, at: ["services", name, "networks"], key)
        }
        for (index, mount) in service.volumes.enumerated() where mount.kind == .volume {
            guard let source = mount.source, !source.isEmpty, project.volumes[source] == nil else { continue }
            undefined("volume", source, project.volumes.keys, at: ["services", name, "volumes"], String(index))
        }
        for (index, config) in service.configs.enumerated() where project.configs[config.source] == nil {
            undefined("config", config.source, project.configs.keys, at: ["services", name, "configs"], String(index))
        }
        for (index, secret) in service.secrets.enumerated() where project.secrets[secret.source] == nil {
            undefined("secret", secret.source, project.secrets.keys, at: ["services", name, "secrets"], String(index))
        }
        if case .object(let fields)? = service.uninterpreted["models"] {
            for field in fields where project.models[field.name] == nil {
                undefined("model", field.name, project.models.keys, at: ["services", name, "models"], field.name)
            }
        }
    }

    private mutating func undefined(
        _ kind: String, _ name: String, _ known: some Collection<String>, at path: [String], _ item: String
    ) {
        guard !reporter.isDamaged(["\(kind)s", name]) else { return }
        let mark = locator.place(path + [item])
        reporter.at(path) {
            $0.error(
                "the \(kind) \"\(name)\" is not defined", at: mark,
                hint: Suggestion.hint(for: name, among: known.sorted()) ?? "define it under the top-level \"\(kind)s\"")
        }
    }

    private mutating func checkDependency(_ service: Service, on target: String) {
        guard project.services[target] == nil, !reporter.isDamaged(["services", target]) else { return }
        let isDisabled = project.disabledServices.contains(target)
        if isDisabled, service.dependencies[target]?.required == false { return }
        let (path, mark) = origin(of: target, in: service)
        reporter.at(path) {
            if isDisabled {
                $0.error(
                    "the service \"\(target)\" is off, because none of its profiles is on", at: mark,
                    hint: "turn one on with --profile, or write \"required: false\"")
            } else {
                $0.error(
                    "the service \"\(target)\" is not defined", at: mark,
                    hint: Suggestion.hint(for: target, among: project.services.keys.sorted()))
            }
        }
    }

    /// Which attribute makes the service depend on another.
    private func origin(of target: String, in service: Service) -> ([String], Mark) {
        let base = ["services", service.name]
        if locator.node(base + ["depends_on", target]) != nil {
            return (base + ["depends_on"], locator.place(base + ["depends_on", target]))
        }
        let references = [
            ("network_mode", service.networkMode), ("ipc", service.isolation.ipc), ("pid", service.isolation.pid),
            ("uts", service.isolation.uts), ("cgroup", service.isolation.cgroup),
        ]
        for (attribute, reference) in references where reference?.serviceReference == target {
            return (base + [attribute], locator.place(base + [attribute], value: true))
        }
        for (attribute, entries) in [("links", service.links), ("volumes_from", service.volumesFrom)] {
            for (index, entry) in entries.enumerated() where entry == target || entry.hasPrefix(target + ":") {
                return (base + [attribute], locator.place(base + [attribute, String(index)]))
            }
        }
        return (base, locator.place(base))
    }

    // MARK: Contradictions

    private mutating func checkNamespaces(_ service: Service) {
        let name = service.name
        if service.networkMode != nil, !service.networks.isEmpty {
            reporter.at(["services", name, "network_mode"]) {
                $0.error(
                    "\"network_mode\" and \"networks\" exclude each other",
                    at: locator.key("services", name, "network_mode"), hint: "keep one of them")
            }
        }
        if let target = service.networkMode?.serviceReference, project.services[target] == nil,
            service.dependencies[target] == nil
        {
            checkUndefinedMode(service, target)
        }
    }

    private mutating func checkUndefinedMode(_ service: Service, _ target: String) {
        reporter.at(["services", service.name, "network_mode"]) {
            $0.error(
                "the service \"\(target)\" is not defined", at: locator.value("services", service.name, "network_mode"),
                hint: Suggestion.hint(for: target, among: project.services.keys.sorted()))
        }
    }

    private mutating func checkMounts(_ service: Service) {
        var targets: [String: String] = [:]
        let base = ["services", service.name]
        for (index, entry) in service.temporaryFileSystems.enumerated() {
            let path = entry.split(separator: ":", maxSplits: 1).first.map(String.init) ?? entry
            checkTarget(path, "tmpfs", base + ["tmpfs", String(index)], &targets)
        }
        for (index, mount) in service.volumes.enumerated() {
            checkTarget(mount.target, "volumes", base + ["volumes", String(index)], &targets)
        }
    }

    private mutating func checkTarget(
        _ target: String, _ attribute: String, _ path: [String], _ targets: inout [String: String]
    ) {
        if let other = targets[target] {
            let mark = locator.place(path)
            reporter.at(path) { $0.error("\(target) is mounted already, by \(other)", at: mark) }
        } else {
            targets[target] = path.dropFirst(2).joined(separator: ".")
        }
    }

    private mutating func checkBuild(_ service: Service) {
        guard let build = service.build else { return }
        let base = ["services", service.name, "build"]
        if let inline = build.inlineDockerfile, !inline.isEmpty, let file = build.dockerfile, !file.isEmpty {
            let mark = locator.place(base + ["dockerfile_inline"])
            reporter.at(base) {
                $0.error(
                    "\"dockerfile\" and \"dockerfile_inline\" exclude each other", at: mark, hint: "keep one of them")
            }
        }
        for (index, secret) in build.secrets.enumerated() where project.secrets[secret.source] == nil {
            undefined("secret", secret.source, project.secrets.keys, at: base + ["secrets"], String(index))
        }
        for (name, context) in build.additionalContexts.sorted(by: { $0.key < $1.key }) {
            guard let target = context.serviceReference, project.services[target]?.build == nil else { continue }
            let path = base + ["additional_contexts", name]
            let mark = locator.place(path)
            let reason = project.services[target] == nil ? "is not defined" : "has no \"build\""
            reporter.at(path) { $0.error("the service \"\(target)\" \(reason)", at: mark) }
        }
        if let platform = service.platform, !platform.isEmpty, !build.platforms.isEmpty,
            !build.platforms.contains(platform)
        {
            let mark = locator.place(base + ["platforms"])
            reporter.at(base + ["platforms"]) {
                $0.error("the service's platform \(platform) is not among those it is built for", at: mark)
            }
        }
    }

    private mutating func checkLimits(_ service: Service) {
        let name = service.name
        if let scale = service.scale, let replicas = service.deploy?.replicas, scale != replicas {
            conflict(service, "scale", "deploy.replicas")
        }
        if service.replicas > 1, let container = service.containerName {
            let attribute = service.scale == nil ? ["deploy", "replicas"] : ["scale"]
            let mark = locator.place(["services", name] + attribute)
            reporter.at(["services", name] + attribute) {
                $0.error(
                    "\(service.replicas) replicas cannot all be called \"\(container)\"", at: mark,
                    hint: "remove \"container_name\"")
            }
        }
        if let limits = service.deploy?.limits {
            if let cpus = service.limits.cpus, cpus != 0, cpus != limits.cpus ?? 0 {
                conflict(service, "cpus", "deploy.resources.limits.cpus")
            }
            if let memory = service.limits.memory, memory != 0, memory != limits.memory ?? 0 {
                conflict(service, "mem_limit", "deploy.resources.limits.memory")
            }
            if let count = service.limits.processes, count != 0, count != limits.processes ?? 0 {
                conflict(service, "pids_limit", "deploy.resources.limits.pids")
            }
        }
        if let reserved = service.deploy?.reservations, let memory = service.limits.memoryReservation, memory != 0,
            memory != reserved.memory ?? 0
        {
            conflict(service, "mem_reservation", "deploy.resources.reservations.memory")
        }
    }

    private mutating func conflict(_ service: Service, _ attribute: String, _ other: String) {
        let path = ["services", service.name, attribute]
        let mark = locator.place(path)
        reporter.at(path) { $0.error("\"\(attribute)\" and \"\(other)\" differ", at: mark, hint: "keep one of them") }
    }

    private mutating func checkHealth(_ service: Service) {
        let path = ["services", service.name, "healthcheck", "test"]
        guard let first = service.healthCheck?.test?.first, !["CMD", "CMD-SHELL", "NONE"].contains(first) else {
            return
        }
        let mark = locator.place(path, value: true)
        reporter.at(path) {
            $0.error("a list starts with CMD, CMD-SHELL or NONE, not with \"\(first)\"", at: mark, hint: "add CMD")
        }
    }

    // MARK: The whole

    private mutating func checkContainerNames() {
        var owners: [String: String] = [:]
        for (name, service) in project.services.sorted(by: { $0.key < $1.key }) {
            guard let container = service.containerName, !container.isEmpty else { continue }
            if let other = owners.updateValue(name, forKey: container) {
                let path = ["services", name, "container_name"]
                let mark = locator.place(path, value: true)
                reporter.at(path) { $0.error("\"\(container)\" is the name of \(other)'s container too", at: mark) }
            }
        }
    }

    private mutating func checkResources() {
        for (key, secret) in project.secrets.sorted(by: { $0.key < $1.key }) where secret.source == .driver {
            let mark = locator.place(["secrets", key])
            reporter.at(["secrets", key]) { $0.error("one of \"file\" and \"environment\" is needed", at: mark) }
        }
    }

    private mutating func checkCycle() {
        let graph = DependencyGraph(project.services.mapValues { Set($0.dependencies.keys) })
        guard let cycle = graph.cycle(), cycle.count > 1, let service = project.services[cycle[0]] else { return }
        let (path, mark) = origin(of: cycle[1], in: service)
        reporter.at(path) {
            $0.error("services depend on each other: \(cycle.joined(separator: " -> "))", at: mark)
        }
    }
}
