import ComposeModel
import EngineAPI

// The hooks of the services, as operations around the starts and stops of their containers.
extension UpPlanner {
    /// Stops a container that runs, after its `pre_stop` hooks; where that is planned already, it happens once.
    mutating func addStop(
        of container: ObservedContainer, cause: String, needs: [OperationID] = []
    ) -> (first: OperationID, last: OperationID) {
        if let planned = containerStops[container.id] { return planned }
        let hooks = builder.addHooks(
            // In a container that is just being restarted no process can run.
            container.summary.state == .running ? self.hooks(.preStop, of: container) : [], .preStop,
            in: container.handle, needs: needs, service: container.service)
        let stop = builder.add(
            .stopContainer(container.handle, grace: options.stopGrace), cause: cause, needs: needs + hooks.suffix(1),
            service: container.service)
        stops[container.service, default: []].append(stop)
        containerStops[container.id] = (hooks.first ?? stop, stop)
        return (hooks.first ?? stop, stop)
    }

    func hooks(_ kind: Hook.Kind, of container: ObservedContainer) -> [Hook] {
        ContainerHooks.hooks(kind, labels: container.labels, service: project.services[container.service])
    }

    /// Adds what runs, once for all replicas, before a service starts; to be called when its replicas are planned.
    ///
    /// As in Docker Compose only where no replica runs by then: what a hook prepares may be what a replica works with.
    /// Where replicas are replaced some at a time, one always runs; the hook then runs before the first of them goes.
    mutating func planPreStart(_ service: Service) {
        let starting = replicas[service.name] ?? []
        let hooks = service.hooks(.preStart)
        guard !hooks.isEmpty, let first = starting.first, starting.allSatisfy({ $0.start != nil }) else { return }
        let isGradual = gradualServices.contains(service.name)
        var before = startNeeds(of: service) + (isGradual ? [] : stops[service.name] ?? [])
        for (index, hook) in hooks.enumerated() {
            if hook.perReplica == true {
                problems.append(
                    "Service \(service.name) cannot start: per_replica of its pre_start hook \(index + 1) is not "
                        + "supported. Remove it; the hook then runs once, before all replicas.")
            }
            let container = addHookContainer(hook, service, sharingVolumesOf: first.handle)
            let start = addStart(
                container, service, cause: "runs before \(service.name) starts",
                needs: before + [container.maker].compactMap(\.self))
            before = [
                addWait(
                    for: container, .completed, service: service.name, needs: [start],
                    cause: "\(service.name) needs it completed")
            ]
        }
        for begin in starting.compactMap(\.start) + (isGradual ? starting.compactMap(\.stop) : []) {
            for end in before { builder.require(begin, after: end) }
        }
    }

    /// The container of a `pre_start` hook. What it gets is Docker Compose's choice: the volumes and networks of a
    /// replica and its variables, but nothing that an outsider could take for one: no other name in the networks, no port
    /// and no healthcheck.
    private mutating func addHookContainer(
        _ hook: Hook, _ service: Service, sharingVolumesOf replica: ContainerHandle
    ) -> ContainerHandle {
        let own = containerSpec(service, number: 1, replacing: nil)
        var spec = ContainerSpec(image: hook.image ?? own.image)
        spec.command = hook.command
        spec.environment = variables(service.environment.merging(hook.environment ?? [:]) { $1 })
        spec.user = hook.user
        spec.workingDirectory = hook.workingDirectory
        spec.privileged = hook.privileged ?? false
        spec.platform = hook.image == nil ? own.platform : nil
        spec.healthCheck = HealthCheckSpec(test: ["NONE"])
        spec.networkMode = own.networkMode
        spec.networks = own.networks.map {
            NetworkAttachment(
                network: $0.network, driverOptions: $0.driverOptions, gatewayPriority: $0.gatewayPriority)
        }
        spec.labels = [
            ComposeLabels.project: project.name, ComposeLabels.service: service.name,
            ComposeLabels.version: ComposeLabels.modelVersion, ComposeLabels.hook: Hook.Kind.preStart.rawValue,
        ]
        var linked = Service(name: service.name)
        linked.networkMode = service.networkMode
        linked.volumesFrom = [service.name]
        let name = hookContainerName(service)
        let id = addContainer(
            spec, linking: linked, targets: [service.name: replica], name: name,
            cause: "runs a pre_start hook of \(service.name)",
            needs: service.networks.keys.compactMap { networkOperations[$0] })
        let handle = ContainerHandle.planned(id, name: name)
        hookContainers.append(handle)
        return handle
    }

    /// A name that nothing has: what an earlier run left behind keeps its own until the commit.
    private func hookContainerName(_ service: Service) -> String {
        let taken = Set((observed.containers.map(\.summary) + observed.hookContainers).map(\.name))
            .union(hookContainers.map(\.name))
        var number = 1
        func name() -> String { "\(project.name)-\(service.name)-pre_start-\(number)" }
        while taken.contains(name()) { number += 1 }
        return name()
    }

    /// Removes the containers of hooks that have run, and those that an earlier run left behind.
    mutating func planHookRemovals(_ services: [Service]) {
        for container in hookContainers {
            _ = builder.addFinish(
                .removeContainer(container, anonymousVolumes: true), cause: "its hook has run")
        }
        let names = Set(services.map(\.name))
        for container in observed.hookContainers.sorted(by: { $0.name < $1.name }) {
            let service = container.labels[ComposeLabels.service] ?? ""
            guard names.contains(service) || options.removeOrphans && project.services[service] == nil else { continue }
            _ = builder.addFinish(
                .removeContainer(.existing(container.id, name: container.name), anonymousVolumes: true),
                cause: "was left by an earlier pre_start hook", service: service)
        }
    }
}
