import ComposeModel
import ComposePlanner
import EngineAPI

/// What the engine holds, put together by hand or by pretending that a plan was carried out.
struct Planned {
    var project: Project
    var observed: ObservedState
    var options = UpOptions()

    /// A project on an engine that has images `app` and nothing else.
    init(_ services: Service..., also configure: (inout Project) -> Void = { _ in }) {
        project = Project(name: "shop", workingDirectory: "/shop", configFiles: ["/shop/compose.yaml"])
        project.networks["default"] = Network(key: "default", name: "shop_default")
        for service in services { project.services[service.name] = service }
        configure(&project)
        observed = ObservedState(images: ["app": ImageDetails(id: "sha256:aaaaaaaaaaaaaaaa")])
    }

    /// The same, with everything up: each container runs, one with a healthcheck is healthy.
    func up() throws -> Planned {
        var result = self
        let plan = try plan()
        for operation in plan.prepare {
            switch (operation.action, plan.specs[operation.id]) {
            case (.createNetwork(let name), .network(let spec)?):
                result.observed.networks.append(
                    NetworkSummary(id: NetworkID("id-" + name), name: name, labels: spec.labels))
            case (.createVolume(let name), .volume(let spec)?):
                result.observed.volumes.append(VolumeSummary(name: name, labels: spec.labels))
            // A hook's container is gone by then.
            case (.createContainer, .container(let spec)?) where spec.labels[ComposeLabels.hook] != nil: break
            case (.createContainer(let name), .container(var spec)?):
                plan.links[operation.id]?.resolve(&spec) { Planned.identifier(of: $0.name) }
                result.observed.containers.append(try result.container(name, spec))
            default: break
            }
        }
        return result
    }

    private func container(_ name: String, _ spec: ContainerSpec) throws -> ObservedContainer {
        let bound = spec.binds.compactMap { bind -> MountSummary? in
            let parts = bind.split(separator: ":").map(String.init)
            return MountSummary(type: "volume", name: parts[0], target: parts[1])
        }
        let unnamed = spec.mounts.map { MountSummary(type: $0.type, name: "anonymous", target: $0.target) }
        let networks = spec.networks.map { ($0.network, NetworkID("id-" + $0.network)) }
        let ports = spec.portBindings.map { PortSummary(containerPort: 80, hostPort: Int($0.hostPort)) }
        return try observe(
            ContainerSummary(
                id: Planned.identifier(of: name), names: [name], image: spec.image, imageID: "sha256:aaaaaaaaaaaaaaaa",
                state: .running,
                status: spec.healthCheck == nil ? "Up 1 minute" : "Up 1 minute (healthy)", labels: spec.labels,
                ports: ports, mounts: bound + unnamed,
                networks: Dictionary(networks) { first, _ in first }))
    }

    private static func identifier(of name: String) -> ContainerID {
        let digits = String(name.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xffff_ffff_ffff }, radix: 16)
        return ContainerID(digits + String(repeating: "0", count: 64 - digits.count))
    }

    private func observe(_ summary: ContainerSummary) throws -> ObservedContainer {
        guard let container = ObservedContainer(summary) else {
            throw PlanError(["\(summary.name) lacks the labels of a Compose container"])
        }
        return container
    }

    func plan() throws(PlanError) -> Plan {
        try UpPlanner.plan(project, observed: observed, options: options)
    }

    /// The same with the containers that the plan replaces gone and the new ones, which it creates, running. Without
    /// `renaming` they still have their temporary names.
    func recreated(renaming: Bool = true) throws -> Planned {
        var result = self
        let plan = try plan()
        for case .renameContainer(.planned(let creation, _), let name) in plan.finish.map(\.action) {
            guard case .container(var spec)? = plan.specs[creation],
                case .createContainer(let temporary)? = plan.prepare.first(where: { $0.id == creation })?.action
            else { continue }
            plan.links[creation]?.resolve(&spec) { Planned.identifier(of: $0.name) }
            result.observed.containers.removeAll { $0.name == name }
            var container = try result.container(renaming ? name : temporary, spec).summary
            container.id = Planned.identifier(of: temporary)
            result.observed.containers.append(try observe(container))
        }
        return result
    }

    /// The plan's text without spaces at the ends of lines.
    func text() throws -> String { try plan().trimmed }

    /// The sentences of the error that planning ends with.
    func problems() -> [String] {
        do {
            _ = try plan()
            return []
        } catch {
            return error.problems
        }
    }

    mutating func change(_ service: String, _ body: (inout Service) -> Void) {
        if var changed = project.services[service] {
            body(&changed)
            project.services[service] = changed
        }
    }

    mutating func change(container name: String, _ body: (inout ContainerSummary) -> Void) throws {
        observed.containers = try observed.containers.map { container in
            var summary = container.summary
            if summary.name == name { body(&summary) }
            return try observe(summary)
        }
    }

    mutating func stop(_ name: String, code: Int = 0) throws {
        try change(container: name) {
            $0.state = .exited
            $0.status = "Exited (\(code)) 1 second ago"
        }
    }
}

extension Plan {
    var trimmed: String {
        description.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.reversed().drop { $0 == " " }.reversed() }.map { String($0) }.joined(separator: "\n")
    }
}

extension Service {
    /// A service of image `app` in the default network.
    static func app(_ name: String, image: String = "app", _ configure: (inout Service) -> Void = { _ in }) -> Service {
        var service = Service(name: name)
        service.image = image
        service.networks = ["default": nil]
        configure(&service)
        return service
    }

    /// Gives the service hooks of a kind, each with this command.
    mutating func runs(_ kind: Hook.Kind, _ commands: String..., also more: [CanonicalValue.Field] = []) {
        uninterpreted[kind.rawValue] = .list(commands.map { .object([.init("command", .strings([$0]))] + more) })
    }

    mutating func needs(
        _ name: String, _ condition: Dependency.Condition = .started, restart: Bool = false, required: Bool = true
    ) {
        dependencies[name] = Dependency(condition, restart: restart, required: required)
    }
}
