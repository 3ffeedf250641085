package import ComposeModel
package import EngineAPI

/// What a user asks of a one-off container beyond its service.
package struct OneOffOptions: Sendable, Equatable {
    /// Empty takes the service's, unless the entrypoint is another one.
    package var command: [String] = []
    /// nil takes the service's.
    package var entrypoint: [String]?
    /// Added to the service's, and stronger.
    package var environment: [String: String] = [:]
    package var labels: [String: String] = [:]
    package var mounts: [Mount] = []
    package var addedCapabilities: [String] = []
    package var droppedCapabilities: [String] = []
    /// nil makes one up from the service's name.
    package var name: String?
    package var user: String?
    package var workingDirectory: String?
    /// What is published; the service's own ports are only with ``publishesServicePorts``.
    package var ports: [Port] = []
    package var publishesServicePorts = false
    /// Whether it answers to the service's names in its networks.
    package var usesAliases = false
    /// Whether the engine removes it when it ends.
    package var isTemporary = false

    package init() {}
}

/// One more container of a service, which is none of its replicas: it runs one command, is never started again, and
/// nobody takes it for the service.
package struct OneOff: Sendable, Equatable {
    package let name: String
    /// It may hold secrets: it is never printed nor stored.
    package let spec: ContainerSpec
    /// What is put into it before it starts.
    package let files: [InjectedFile]

    /// How much of the slug is in a name: what Docker Compose takes.
    private static let nameLength = 12

    /// - Parameters:
    ///   - slug: 64 random hexadecimal digits, which tell it from all others.
    ///   - observed: what there is when the things that it needs have been brought up.
    /// - Throws: where it refers to a service's container, and there is none.
    package init(
        of service: Service, in project: Project, observed: ObservedState, options: OneOffOptions, slug: String
    ) throws(PlanError) {
        name = options.name ?? "\(project.name)-\(service.name)-run-\(slug.prefix(OneOff.nameLength))"
        let service = service.oneOff(called: name, options)
        var planner = UpPlanner(project: project, observed: observed)
        for name in project.services.keys {
            planner.replicas[name] = observed.replicas(of: name).map {
                .init(number: $0.number, handle: $0.handle, observed: $0)
            }
        }
        var spec = planner.containerSpec(service, number: 1, replacing: nil)
        spec.autoRemove = options.isTemporary
        if !options.usesAliases { for index in spec.networks.indices { spec.networks[index].aliases = [name] } }
        spec.labels[ComposeLabels.oneOff] = "True"
        spec.labels[ComposeLabels.number] = nil
        spec.labels[ComposeLabels.slug] = slug
        var targets: [String: ContainerHandle] = [:]
        for other in service.references {
            guard let container = planner.linkedContainer(other) else {
                throw PlanError([
                    "Service \(service.name) shares a namespace or volumes with \(other), which has no container."
                ])
            }
            targets[other] = container
        }
        ContainerLinks(service: service, targets: targets).resolve(&spec) {
            if case .existing(let id, _) = $0 { id } else { ContainerID($0.name) }
        }
        self.spec = spec
        files = planner.injectedFiles(service)
    }
}

extension Service {
    /// The service as its one-off container is made from it.
    fileprivate func oneOff(called name: String, _ options: OneOffOptions) -> Service {
        var service = self
        service.containerName = name
        service.scale = 1
        service.restart = nil
        service.deploy?.restartPolicy = nil
        // Whether there is a terminal or an input is a matter of who runs it.
        service.terminal = false
        service.openInput = false
        // Hooks go with the starts and stops of replicas.
        for kind in [Hook.Kind.preStart, .postStart, .preStop] { service.uninterpreted[kind.rawValue] = nil }
        if let entrypoint = options.entrypoint {
            service.entrypoint = entrypoint
            service.command = []
        }
        if !options.command.isEmpty { service.command = options.command }
        service.environment.merge(options.environment.mapValues { Optional($0) }) { $1 }
        service.labels.merge(options.labels) { $1 }
        service.user = options.user ?? user
        service.workingDirectory = options.workingDirectory ?? workingDirectory
        service.ports = (options.publishesServicePorts ? ports : []) + options.ports
        let targets = Set(options.mounts.map(\.target))
        service.volumes = volumes.filter { !targets.contains($0.target) } + options.mounts
        service.isolation.addedCapabilities =
            isolation.addedCapabilities.filter { !options.droppedCapabilities.contains($0) } + options.addedCapabilities
        service.isolation.droppedCapabilities =
            isolation.droppedCapabilities.filter { !options.addedCapabilities.contains($0) }
            + options.droppedCapabilities
        return service
    }
}
