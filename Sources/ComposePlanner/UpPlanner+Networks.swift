import ComposeGraph
import ComposeModel
import EngineAPI

extension UpPlanner {
    mutating func planNetworks(_ services: [Service]) {
        if options.onlyStart { return }
        var created: [(key: String, cause: RecreateCause, spec: NetworkSpec)] = []
        for key in Set(services.flatMap { $0.networks.keys }).sorted() {
            guard let network = project.networks[key] else { continue }
            let present = observed.networks.filter { $0.name == network.name || $0.id.rawValue == network.name }
            if network.isExternal {
                if present.isEmpty {
                    problems.append(
                        "Network \(network.name) is declared external and does not exist. Create it with "
                            + "`docker network create \(network.name)`, or remove `external` from \(key).")
                }
                continue
            }
            guard let found = present.first else {
                if network.enableIPv4 == false { need(.enableIPv4, "Network \(network.name): enable_ipv4: false") }
                created.append((key, RecreateCause("is not there yet"), networkSpec(network)))
                continue
            }
            if found.labels[ComposeLabels.project] != project.name {
                notices.append(
                    "Network \(network.name) exists and was not made for project \(project.name); it is used as it is."
                )
            } else if let change = project.changedConfiguration(of: found, since: options.lastApplied) {
                if options.recreate == .never {
                    notices.append(
                        "Network \(network.name) exists with another configuration; it is kept as it is, because "
                            + "--no-recreate leaves the containers on it alone.")
                } else {
                    created.append((key, change, networkSpec(network)))
                }
            }
        }
        // A network may get the addresses of one that goes, so all that go do so first.
        let retired = retiring(for: services).map { retire($0) }
        for network in created {
            let id = builder.add(
                .createNetwork(name: network.spec.name), cause: network.cause.text, needs: retired.compactMap(\.self),
                spec: .network(network.spec))
            networkOperations[network.key] = id
            if !network.cause.changes.isEmpty { changes[id] = network.cause.changes }
        }
    }

    // MARK: Networks that go before the commit

    /// The services whose containers are on a network that `services` need anew, though they are not among them: they
    /// have to move with it.
    func neighbours(of services: Set<String>) -> Set<String> {
        if options.onlyStart || project.outdatedNetworks(among: observed.networks).isEmpty { return [] }
        var all = services
        while true {
            let users = retiring(for: all.sorted().compactMap { project.services[$0] })
                .flatMap { observed.networkUsers[$0.id] ?? [] }
            let more = users.compactMap { ObservedContainer($0.container) }.filter { !$0.isOneOff }.map(\.service)
                .filter { project.services[$0] != nil }
            guard !all.isSuperset(of: more) else { return all.subtracting(services) }
            all.formUnion(more)
        }
    }

    /// The networks that must go before those that `services` need can be made: the engine has one for a name, and one
    /// for a range of addresses.
    private func retiring(for services: [Service]) -> [NetworkSummary] {
        if options.recreate == .never { return [] }
        let needed = Set(services.flatMap { $0.networks.keys }).compactMap { project.networks[$0] }
            .filter { !$0.isExternal }
        let missing = needed.filter { network in !observed.networks.contains { $0.name == network.name } }
        let subnets = Set(missing.flatMap { $0.ipam?.pools ?? [] }.compactMap(\.subnet))
        return project.outdatedNetworks(among: observed.networks).filter { found in
            project.isUndeclared(found)
                ? found.addressPools.contains { $0.subnet.map(subnets.contains) == true }
                : needed.contains { $0.name == found.name }
        }
        .sorted { $0.name < $1.name }
    }

    /// Adds the removal of a network, after the stops of all that runs on it.
    private mutating func retire(_ network: NetworkSummary) -> OperationID? {
        let users = observed.networkUsers[network.id] ?? []
        let foreign = users.filter { $0.container.labels[ComposeLabels.project] != project.name }
        let change =
            project.changedConfiguration(of: network, since: options.lastApplied)?.text
            ?? "its addresses are needed, and nothing declares it any more"
        guard foreign.isEmpty else {
            let names = foreign.map(\.container.name).sorted()
            problems.append(
                "Network \(network.name) must be removed (\(change)), and containers that are not of project "
                    + "\(project.name) are on it: \(names.joined(separator: ", ")). Detach each with "
                    + "`docker network disconnect \(network.name) \(names[0])`, then repeat the command.")
            return nil
        }
        let known = users.compactMap { user in observed.containers.first { $0.id == user.container.id } }
        // Nobody waits any more for a hook that an interrupted command began; it is removed after the commit.
        let leftHooks = Set(observed.hookContainers.map(\.id))
        let lost = users.map(\.container).filter { container in
            container.state.isRunning && !leftHooks.contains(container.id)
                && !known.contains { $0.id == container.id && goes($0) }
        }
        guard lost.isEmpty else {
            let isLeftOut = lost.allSatisfy { container in
                container.labels[ComposeLabels.service].map(project.disabledServices.contains) == true
            }
            let (whose, way) =
                isLeftOut
                ? ("whose services this command leaves out", "Name those too, add their --profile, or stop them")
                : ("which no service of the file makes anew", "Stop or remove them, or use --remove-orphans")
            problems.append(
                "Network \(network.name) must be removed (\(change)), and these run on it, \(whose): "
                    + "\(lost.map(\.name).sorted().joined(separator: ", ")). \(way), then repeat the command.")
            return nil
        }
        let stops = stopDependentsFirst(
            known.filter(\.summary.state.isRunning), cause: "network \(network.name) is made anew")
        for container in known { movedContainers[container.id] = network.name }
        return builder.add(
            .retireNetwork(
                RetiredNetwork(
                    id: network.id, spec: network.spec,
                    members: users.compactMap { user in
                        user.attachment.map { .init(container: user.container.id, attachment: $0) }
                    }
                    .sorted { $0.container < $1.container })),
            cause: change, needs: stops)
    }

    /// Whether the plan replaces or removes a container that is on a network which goes.
    private func goes(_ container: ObservedContainer) -> Bool {
        if container.isOneOff { return false }
        return project.services[container.service] != nil
            || options.removeOrphans && !project.disabledServices.contains(container.service)
    }

    /// Stops containers that run, each after those that depend on it.
    mutating func stopDependentsFirst(
        _ containers: [ObservedContainer], cause: String, needs: [OperationID] = []
    ) -> [OperationID] {
        let services = Set(containers.map(\.service))
        let dependents = DependencyGraph(
            Dictionary(grouping: containers, by: \.service).mapValues {
                Set($0.flatMap(\.dependencies)).intersection(services)
            }
        ).reversed
        var stops: [String: [OperationID]] = [:]
        // Labels may tell of a circle when containers stem from different files; then all stop at once.
        for service in dependents.order() ?? services.sorted() {
            let before = dependents.needs(of: service).sorted().flatMap { stops[$0] ?? [] }
            for container in containers.filter({ $0.service == service }).sorted(by: { $0.name < $1.name }) {
                refusePaused(container)
                stops[service, default: []].append(addStop(of: container, cause: cause, needs: needs + before).last)
            }
        }
        return stops.values.flatMap(\.self).sorted()
    }

    // MARK: Networks that nothing declares any more

    /// Removes the networks that were made for this project under other names, when nothing is on them any more.
    mutating func planUnusedNetworks(after removals: [OperationID]) {
        if options.onlyStart { return }
        let retired = builder.prepare.compactMap { operation -> NetworkID? in
            if case .retireNetwork(let network) = operation.action { network.id } else { nil }
        }
        let going = goingContainers
        for network in observed.networks.sorted(by: { $0.name < $1.name })
        where project.isUndeclared(network) && !retired.contains(network.id) {
            let users = observed.networkUsers[network.id] ?? []
            guard users.allSatisfy({ going.contains($0.container.id) }) else { continue }
            _ = builder.addFinish(
                .removeNetwork(network.id, name: network.name),
                cause: "nothing declares it any more, and nothing uses it", needs: removals)
        }
    }

    /// The containers that this plan removes or replaces.
    var goingContainers: Set<ContainerID> {
        Set(removals.map(\.container.id) + replacements.map(\.old.id))
    }

    private func networkSpec(_ network: Network) -> NetworkSpec {
        var spec = NetworkSpec(name: network.name)
        spec.driver = network.driver
        spec.driverOptions = network.driverOptions
        spec.isInternal = network.isInternal
        spec.isAttachable = network.isAttachable
        spec.enableIPv4 = network.enableIPv4
        spec.enableIPv6 = network.enableIPv6
        if let ipam = network.ipam {
            spec.addressDriver = ipam.driver
            spec.addressOptions = ipam.options
            spec.addressPools = ipam.pools.map {
                AddressPool(subnet: $0.subnet, range: $0.range, gateway: $0.gateway, reserved: $0.reserved)
            }
        }
        spec.labels = network.labels.merging(ownLabels(hash: ConfigHash.network(network))) { $1 }
        spec.labels[ComposeLabels.network] = network.key
        return spec
    }
}
