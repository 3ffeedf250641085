import ComposeGraph
package import ComposeModel
import EngineAPI

/// What a user asks of `restart` beyond the project.
package struct RestartOptions: Sendable, Equatable {
    /// The services named; none means all.
    package var services: [String] = []
    /// Whether what declares `restart: true` for a service named is left alone.
    package var withoutDependents = false
    /// Seconds before a stop kills; nil leaves the container's own.
    package var stopGrace: Int?

    package init() {}
}

/// Decides what restarts a project's containers: they stop dependents first, and start again when what they depend on,
/// as far as it restarts with them, is as `depends_on` wants it.
///
/// All of it can be taken back: a container that ran is started again, and one that did not is stopped. Who depends on
/// whom is told by the containers' labels, so that it is what they were started for, and no file is needed.
package struct RestartPlanner {
    private let project: Project?
    private let options: RestartOptions
    private let containers: [ObservedContainer]
    private let dependencies: [String: [String: Dependency]]
    private var builder = PlanBuilder()
    private var stops: [String: [OperationID]] = [:]
    private var stopOf: [ContainerID: OperationID] = [:]
    /// The last of the start and the hooks that follow it, by container.
    private var ready: [ContainerID: OperationID] = [:]
    /// The starts of what ran before. What had failed already may do so again.
    private var vitalStarts: [OperationID] = []
    private var waits: [UpPlanner.Wait: OperationID] = [:]

    /// - Parameter project: tells the hooks of containers that Docker Compose made, and which dependencies are not
    ///   required. With it, only containers of its services restart unless they are named.
    package static func plan(
        _ name: String, project: Project?, observed: ObservedState, options: RestartOptions = RestartOptions()
    ) throws(PlanError) -> Plan {
        var planner = RestartPlanner(project, observed, options)
        return try planner.makePlan(name)
    }

    private init(_ project: Project?, _ observed: ObservedState, _ options: RestartOptions) {
        self.project = project
        self.options = options
        let replicas = observed.containers.filter { !$0.isOneOff }.sorted { $0.name < $1.name }
        var dependencies: [String: [String: Dependency]] = [:]
        for container in replicas {
            dependencies[container.service, default: [:]].merge(container.declaredDependencies) { $1 }
        }
        for service in (project?.services ?? [:]).values {
            for (name, declared) in service.dependencies {
                dependencies[service.name]?[name]?.required = declared.required
            }
        }
        self.dependencies = dependencies
        let all = Set(replicas.map(\.service))
        var chosen = Set(options.services)
        if chosen.isEmpty { chosen = project.map { all.intersection($0.services.keys) } ?? all }
        if !options.withoutDependents {
            // Only what says so restarts with what it depends on, and what says so of that in turn.
            let restarting = DependencyGraph(
                dependencies.mapValues { Set($0.filter(\.value.restart).keys).intersection(all) })
            chosen = restarting.reversed.closure(of: chosen.intersection(all).sorted())
        }
        containers = replicas.filter { chosen.contains($0.service) }
    }

    private mutating func makePlan(_ name: String) throws(PlanError) -> Plan {
        let paused = containers.filter { $0.summary.state == .paused }.map(\.name)
        guard paused.isEmpty else {
            throw PlanError(
                paused.map { "Container \($0) is paused. Let it go on with `docker unpause \($0)`, or remove it." })
        }
        let services = Set(containers.map(\.service))
        let graph = DependencyGraph(
            dependencies.filter { services.contains($0.key) }.mapValues { Set($0.keys).intersection(services) })
        // Labels may tell of a circle when containers stem from different files; then there is no order to keep.
        let order = graph.order()
        for service in (order ?? services.sorted()).reversed() {
            planStops(of: service, after: order == nil ? [] : graph.reversed.needs(of: service))
        }
        for service in order ?? services.sorted() {
            planStarts(of: service, waiting: order == nil ? [:] : dependencies[service] ?? [:])
        }
        var plan = Plan(project: name)
        plan.prepare = builder.prepare
        plan.specs = builder.specs
        plan.vitalStarts = vitalStarts
        plan.notices = options.services.filter { !services.contains($0) }.map {
            "Service \($0) has no container, so there is nothing to restart. `gantry up \($0)` makes one."
        }
        plan.members = containers.map {
            .init(service: $0.service, number: $0.number, handle: $0.handle, isStarted: true)
        }
        return plan
    }

    private mutating func planStops(of service: String, after dependents: Set<String>) {
        let before = dependents.sorted().flatMap { stops[$0] ?? [] }
        for container in containers where container.service == service && container.summary.state.isRunning {
            let hooks = builder.addHooks(
                // In a container that is just being restarted no process can run.
                container.summary.state == .running ? hooks(.preStop, of: container) : [], .preStop,
                in: container.handle, needs: before, service: service)
            let stop = builder.add(
                .stopContainer(container.handle, grace: options.stopGrace), cause: cause(service),
                needs: before + hooks.suffix(1), service: service)
            stops[service, default: []].append(stop)
            stopOf[container.id] = stop
        }
    }

    private mutating func planStarts(of service: String, waiting dependencies: [String: Dependency]) {
        let needs = dependencies.sorted { $0.key < $1.key }.flatMap { name, dependency in
            containers.filter { $0.service == name }.flatMap { need(of: $0, dependency, for: service) }
        }
        for container in containers where container.service == service {
            let start = builder.add(
                .startContainer(container.handle),
                cause: stopOf[container.id] == nil ? "is \(container.summary.state.rawValue)" : cause(service),
                needs: needs + [stopOf[container.id]].compactMap(\.self), service: service)
            if stopOf[container.id] != nil { vitalStarts.append(start) }
            ready[container.id] =
                builder.addHooks(
                    hooks(.postStart, of: container), .postStart, in: container.handle, needs: [start], service: service
                ).last ?? start
        }
    }

    /// What has to be done for `service` to find a container as it wants it.
    private mutating func need(
        of container: ObservedContainer, _ dependency: Dependency, for service: String
    ) -> [OperationID] {
        let started = ready[container.id].map { [$0] } ?? []
        let readiness: Readiness
        switch dependency.condition {
        case .started: return started
        case .healthy: readiness = .healthy
        case .completed: readiness = .completed
        }
        let wait = UpPlanner.Wait(
            container: container.handle, readiness: readiness, isOptional: !dependency.required)
        if let id = waits[wait] { return [id] }
        let id = builder.add(
            .awaitContainer(container.handle, readiness), cause: "\(service) needs it \(readiness)", needs: started,
            service: container.service, isOptional: wait.isOptional)
        waits[wait] = id
        return [id]
    }

    private func hooks(_ kind: Hook.Kind, of container: ObservedContainer) -> [Hook] {
        ContainerHooks.hooks(kind, labels: container.labels, service: project?.services[container.service])
    }

    private func cause(_ service: String) -> String {
        options.services.isEmpty || options.services.contains(service)
            ? "was asked to restart" : "restarts with what it depends on"
    }
}

extension ObservedContainer {
    /// What this container's service needs, as its label tells; what the label leaves out is required.
    fileprivate var declaredDependencies: [String: Dependency] {
        var dependencies: [String: Dependency] = [:]
        for entry in (labels[ComposeLabels.dependsOn] ?? "").split(separator: ",") {
            let parts = entry.split(separator: ":").map(String.init)
            guard let name = parts.first else { continue }
            let condition = parts.dropFirst().first.flatMap(Dependency.Condition.init) ?? .started
            dependencies[name] = Dependency(condition, restart: parts.count > 2 && parts[2] == "true")
        }
        return dependencies
    }
}
