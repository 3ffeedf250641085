import ComposeGraph
package import ComposeModel
import EngineAPI

/// What a user asks of `stop` and `down` beyond the project.
package struct DownOptions: Sendable, Equatable {
    /// The services named; none means all.
    package var services: [String] = []
    /// Whether only the services named end.
    package var keepsDependencies = false
    /// Whether the volumes that the file declares, and unnamed ones, go too.
    package var removeVolumes = false
    package var removeOrphans = false
    /// Seconds before a stop kills; nil leaves the container's own.
    package var stopGrace: Int?

    package init() {}
}

/// Decides what stops a project or takes it away. Everything comes after the commit: it only goes forward, and may be
/// repeated.
///
/// The order comes from the containers' own labels, so that a project can be taken down without its file.
package struct DownPlanner {
    private let name: String
    private let project: Project?
    private let observed: ObservedState
    private let options: DownOptions
    /// The services that end; nil is all.
    private let ending: Set<String>?
    private var builder = PlanBuilder()
    private var notices: [String] = []

    /// Stops containers in reverse dependency order, a level at a time, each after its `pre_stop` hooks: those of the
    /// services named, and of what nothing holds without them.
    ///
    /// `project` tells the hooks of containers that Docker Compose made.
    package static func stop(
        _ name: String, project: Project?, observed: ObservedState, options: DownOptions = DownOptions()
    ) -> Plan {
        var planner = DownPlanner(name: name, project: project, observed: observed, options: options)
        let running = planner.selected.filter(\.summary.state.isRunning)
        planner.sayWhatEndsToo(running)
        _ = planner.planStops(running, cause: "was asked to stop")
        var plan = planner.plan
        plan.resting = Set(planner.selected.filter { !$0.summary.state.isRunning }.map(\.id))
        return plan
    }

    /// Stops and removes containers, then the project's networks, and volumes where asked.
    ///
    /// `project` tells which volumes the file declares, without it `removeVolumes` takes all that carry the label; and
    /// the hooks of containers that Docker Compose made.
    package static func down(
        _ name: String, project: Project?, observed: ObservedState, options: DownOptions = DownOptions()
    ) -> Plan {
        var planner = DownPlanner(name: name, project: project, observed: observed, options: options)
        planner.planDown()
        return planner.plan
    }

    private init(name: String, project: Project?, observed: ObservedState, options: DownOptions) {
        self.name = name
        self.project = project
        self.observed = observed
        self.options = options
        if options.services.isEmpty {
            ending = nil
        } else if options.keepsDependencies {
            ending = Set(options.services)
        } else {
            ending = observed.holds.ending(with: options.services, among: observed.containers, of: project)
        }
    }

    private var plan: Plan {
        var plan = Plan(project: name)
        plan.finish = builder.finish
        plan.specs = builder.specs
        plan.notices = notices
        // What runs no more is held by nobody, and what nothing is known of counts as held when it runs again.
        plan.holds.held = observed.holds.unheld.intersection(ending ?? Set(selected.map(\.service)))
        return plan
    }

    private var selected: [ObservedContainer] {
        observed.containers
            .filter { container in
                if let ending { return ending.contains(container.service) && !container.isOneOff }
                return options.removeOrphans || !container.isOneOff
            }
            .sorted { $0.name < $1.name }
    }

    private mutating func planDown() {
        let cause = "the project goes down"
        var containers = selected
        if let project, !options.removeOrphans {
            let known = Set(project.services.keys).union(project.disabledServices)
            containers = containers.filter { known.contains($0.service) }
        }
        sayWhatEndsToo(containers)
        let stops = planStops(containers, cause: cause)
        var removals = containers.map { container in
            builder.addFinish(
                .removeContainer(container.handle, anonymousVolumes: options.removeVolumes),
                cause: isNamed(container.service) ? cause : DownPlanner.notHeld,
                needs: stops[container.id].map { [$0] } ?? [], service: container.service)
        }
        for container in observed.hookContainers.sorted(by: { $0.name < $1.name })
        where ending?.contains(container.labels[ComposeLabels.service] ?? "") ?? true {
            removals.append(
                builder.addFinish(
                    .removeContainer(.existing(container.id, name: container.name), anonymousVolumes: true),
                    cause: "was left by a pre_start hook", service: container.labels[ComposeLabels.service]))
        }
        let going = Set(containers.map(\.id))
        let staying = observed.containers.filter { !going.contains($0.id) }.sorted { $0.name < $1.name }
        for network in observed.networks.sorted(by: { $0.name < $1.name })
        where network.labels[ComposeLabels.project] == name {
            let users = staying.filter { $0.summary.networks[network.name] != nil }.map(\.name)
            if users.isEmpty {
                _ = builder.addFinish(.removeNetwork(network.id, name: network.name), cause: cause, needs: removals)
            } else {
                notices.append(DownPlanner.staying("Network \(network.name)", users))
            }
        }
        guard options.removeVolumes else { return }
        planInheritedVolumes(of: containers, staying: staying, after: removals)
        let declared = project.map { Set($0.volumes.values.filter { !$0.isExternal }.map(\.name)) }
        for volume in observed.volumes.sorted(by: { $0.name < $1.name })
        where volume.labels[ComposeLabels.project] == name && declared?.contains(volume.name) != false {
            let users = staying.filter { $0.summary.mounts.contains { $0.name == volume.name } }.map(\.name)
            if users.isEmpty {
                _ = builder.addFinish(.removeVolume(name: volume.name), cause: cause, needs: removals)
            } else {
                notices.append(DownPlanner.staying("Volume \(volume.name)", users))
            }
        }
    }

    /// An unnamed volume that a container took over from its predecessor has a name for the engine, which therefore does
    /// not remove it with the container.
    private mutating func planInheritedVolumes(
        of containers: [ObservedContainer], staying: [ObservedContainer], after removals: [OperationID]
    ) {
        let unnamed = { (containers: [ObservedContainer]) in
            Set(containers.flatMap(\.summary.mounts).filter(\.isUnnamedVolume).compactMap(\.name))
        }
        let inherited = unnamed(containers.filter { $0.labels[ComposeLabels.replace] != nil })
        let declared = project.map { Set($0.volumes.values.map(\.name)) } ?? []
        for name in inherited.subtracting(unnamed(staying)).subtracting(declared).sorted() {
            _ = builder.addFinish(.removeVolume(name: name), cause: "the project goes down", needs: removals)
        }
    }

    private static let notHeld = "nothing needs it any more"

    private func isNamed(_ service: String) -> Bool { options.services.isEmpty || options.services.contains(service) }

    /// Nobody named these, so the user is told.
    private mutating func sayWhatEndsToo(_ containers: [ObservedContainer]) {
        let services = Set(containers.map(\.service)).filter { !isNamed($0) }.sorted()
        guard !services.isEmpty else { return }
        let isOne = services.count == 1
        notices.append(
            "\(services.joined(separator: ", ")) \(isOne ? "ends" : "end") too, because nothing needs "
                + "\(isOne ? "it" : "them") any more; --keep-deps keeps \(isOne ? "it" : "them").")
    }

    private static func staying(_ what: String, _ users: [String]) -> String {
        "\(what) stays, because \(users.joined(separator: ", ")) \(users.count == 1 ? "uses" : "use") it."
    }

    /// Stops what runs; a container waits for those that depend on it.
    private mutating func planStops(_ containers: [ObservedContainer], cause: String) -> [ContainerID: OperationID] {
        let services = Set(containers.map(\.service))
        var needs: [String: Set<String>] = [:]
        for container in containers {
            needs[container.service, default: []].formUnion(container.dependencies.filter(services.contains))
        }
        let dependents = DependencyGraph(needs).reversed
        var stops: [ContainerID: OperationID] = [:]
        // Labels may tell of a circle when containers stem from different files; then all stop at once.
        let order = dependents.order() ?? services.sorted()
        for service in order {
            let before = dependents.needs(of: service)
            let waited = containers.filter { before.contains($0.service) }.compactMap { stops[$0.id] }
            for container in containers where container.service == service && container.summary.state.isRunning {
                let hooks = ContainerHooks.hooks(
                    .preStop, labels: container.labels, service: project?.services[service])
                let last = builder.addHooks(
                    // In one that is paused or just being restarted no process can run.
                    container.summary.state == .running ? hooks : [], .preStop, in: container.handle,
                    afterCommit: true, needs: waited, service: service
                ).suffix(1)
                stops[container.id] = builder.addFinish(
                    .stopContainer(container.handle, grace: options.stopGrace),
                    cause: isNamed(service) ? cause : DownPlanner.notHeld, needs: waited + last, service: service)
            }
        }
        return stops
    }
}
