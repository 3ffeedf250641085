import ComposeModel
import EngineAPI

// The operations of one replica: made, put in another's place, started.
extension UpPlanner {
    /// Adds a replica. Where others of an update that starts first run, it gets their names when it is ready.
    mutating func planCreation(_ service: Service, number: Int, cause: String, in update: inout RollingUpdate?) {
        let name = containerName(service, number: number)
        // One that is kept though it failed would never get its names.
        let isKept = options.keepsFailures || service.deploy?.update?.failureAction == UpdateTolerance.pause
        let startsFirst = update?.startsFirst == true && !isKept
        let (id, handle) = addCreation(
            service, number: number, name: name, replacing: nil, isNamed: !startsFirst, cause: cause)
        var replica = PlannedReplica(number: number, handle: handle, observed: nil)
        if startsFirst {
            let needs = [id] + turn(in: &update, service)
            addStart(of: &replica, service, hooks: service.hooks(.postStart), cause: cause, needs: needs)
            let end = addChecks(
                of: handle, service, number: number, in: update, needs: replica.whenReady,
                cause: "must be up before others find it")
            update?.ended(end)
            replica.ready = end
        } else if !options.withoutStart {
            addStart(of: &replica, service, hooks: service.hooks(.postStart), cause: cause, needs: [id])
        }
        if update != nil { updates.append((Replica(service: service.name, number: number), nil, id, nil)) }
        replicas[service.name, default: []].append(replica)
    }

    mutating func planReplacement(
        of old: ObservedContainer, _ service: Service, cause reason: RecreateCause, in update: inout RollingUpdate?
    ) {
        let cause = reason.text
        refusePaused(old)
        var temporary = "\(old.id.short)_\(containerName(service, number: old.number))"
        // An earlier, interrupted replacement of the same container has that name until it goes.
        while takenNames.contains(temporary) {
            temporary = "\(old.id.short)_" + temporary.dropFirst(old.id.short.count)
        }
        let startsFirst = update?.startsFirst == true
        let (creation, handle) = addCreation(
            service, number: old.number, name: temporary, replacing: old, isNamed: !startsFirst, cause: cause,
            rollback: update?.rollback)
        if !reason.changes.isEmpty { changes[creation] = reason.changes }
        var replica = PlannedReplica(number: old.number, handle: handle, observed: old)
        replica.isStartFirst = startsFirst
        var needs = [creation] + turn(in: &update, service)
        if old.summary.state.isRunning, !startsFirst {
            // As late as possible, so that the old one serves until its successor may start.
            let stop = addStop(
                of: old, cause: cause, needs: needs + (options.withoutStart ? [] : startNeeds(of: service)))
            replica.stop = stop.first
            needs.append(stop.last)
        }
        if !options.withoutStart, !neighbours.contains(service.name) || old.summary.state.isRunning {
            addStart(of: &replica, service, hooks: service.hooks(.postStart), cause: cause, needs: needs)
            var end = addChecks(
                of: handle, service, number: old.number, replacing: old.summary.state.isRunning ? old : nil, in: update,
                needs: replica.whenReady, cause: "must be up before the container that it replaces goes")
            if startsFirst {
                // It keeps its names until it has ended: an engine takes them only by attaching the container anew, with
                // another address wherever a lower one is free, and that cuts what it is serving.
                if old.summary.state.isRunning { end = addStop(of: old, cause: cause, needs: [end]).last }
                replica.ready = end
            }
            update?.ended(end)
        }
        if let update {
            let place = Replica(service: service.name, number: old.number)
            updates.append((place, old.id, creation, update.rollback))
        }
        replacements.append((old, handle, cause))
        replicas[service.name, default: []].append(replica)
    }

    /// - Parameters:
    ///   - isNamed: whether it gets the names by which others find the service.
    ///   - rollback: how it is taken back.
    private mutating func addCreation(
        _ service: Service, number: Int, name: String, replacing old: ObservedContainer?, isNamed: Bool, cause: String,
        rollback: UpdatePolicy? = nil
    ) -> (OperationID, ContainerHandle) {
        let resources =
            service.networks.keys.compactMap { networkOperations[$0] }
            + service.volumes.compactMap { $0.source.flatMap { volumeOperations[$0] } }
        var spec = containerSpec(service, number: number, replacing: old)
        if rollback?.order == .startFirst {
            spec.labels[ComposeLabels.rollbackOrder] = UpdatePolicy.Order.startFirst.rawValue
        }
        if !isNamed {
            for index in spec.networks.indices { spec.networks[index].aliases = [] }
        }
        let id = addContainer(spec, linking: service, name: name, cause: cause, needs: resources)
        return (id, .planned(id, name: containerName(service, number: number)))
    }

    /// Adds the making of a container, and what is filled in when those that it refers to, as `service` does, are there.
    ///
    /// - Parameter targets: containers to take for services' first ones.
    mutating func addContainer(
        _ spec: ContainerSpec, linking service: Service, targets: [String: ContainerHandle] = [:], name: String,
        cause: String, needs: [OperationID]
    ) -> OperationID {
        var (spec, targets) = (spec, targets)
        for name in service.references where targets[name] == nil {
            targets[name] = linkedContainer(name)
            if targets[name] == nil {
                problems.append(
                    "Service \(service.name) shares a namespace or volumes with \(name), which has no container.")
            }
        }
        let links = ContainerLinks(
            service: service, targets: targets, hash: service.refersToContainers ? nil : cache.digests(of: service).hash
        )
        let makers = targets.values.compactMap(\.maker)
        if makers.isEmpty {
            links.resolve(&spec) { if case .existing(let id, _) = $0 { id } else { ContainerID($0.name) } }
        }
        hostPaths += spec.mounts.filter { $0.type == "bind" && !$0.createSource }
            .map { HostPath(service: service.name, path: $0.source) }
        let id = builder.add(
            .createContainer(name: name), cause: cause, needs: needs + makers, service: service.name,
            spec: .container(spec))
        if !makers.isEmpty { self.links[id] = links }
        return id
    }

    /// Adds a replica's start, and the `post_start` hooks that follow it.
    mutating func addStart(
        of replica: inout PlannedReplica, _ service: Service, hooks: [Hook], cause: String, needs: [OperationID]
    ) {
        let start = addStart(
            replica.handle, service, cause: cause,
            needs: needs + startNeeds(of: service) + portNeeds(of: service))
        replica.start = start
        replica.ready =
            builder.addHooks(hooks, .postStart, in: replica.handle, needs: [start], service: service.name).last ?? start
    }

    /// Adds the start of a container that gets the service's files.
    mutating func addStart(
        _ container: ContainerHandle, _ service: Service, cause: String, needs: [OperationID]
    ) -> OperationID {
        let files = injectedFiles(service)
        return builder.add(
            .startContainer(container), cause: cause, needs: needs, service: service.name,
            spec: files.isEmpty ? nil : .files(files))
    }
}
