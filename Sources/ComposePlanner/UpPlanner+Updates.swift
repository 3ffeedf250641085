import ComposeModel
import EngineAPI

// How the replicas of a service that says so are replaced: some at a time, in the order that it wants.
extension UpPlanner {
    /// The update of a service while it is planned.
    struct RollingUpdate {
        let policy: UpdatePolicy
        /// How its replicas are taken back; nil where that happens together with everything else.
        let rollback: UpdatePolicy?
        /// What the replicas that are replaced now wait for.
        fileprivate var gate: [OperationID] = []
        /// The ends of those.
        private(set) var ends: [OperationID] = []
        fileprivate(set) var batches = 1

        fileprivate init(_ policy: UpdatePolicy, rollback: UpdatePolicy?) {
            self.policy = policy
            self.rollback = rollback
        }

        var startsFirst: Bool { policy.order == .startFirst }
        /// Whether some replicas run all the time.
        var isGradual: Bool { startsFirst || batches > 1 }

        fileprivate var isFull: Bool { policy.parallelism > 0 && ends.count >= policy.parallelism }

        mutating func ended(_ operation: OperationID) { ends.append(operation) }

        fileprivate mutating func nextBatch(after gate: [OperationID]) {
            self.gate = gate
            ends = []
            batches += 1
        }
    }

    /// How a service's replicas are replaced where it has a say in that; nil where all are at once.
    ///
    /// - Parameters:
    ///   - old: the containers that are replaced.
    ///   - present: those that are there.
    ///   - added: how many replicas it gets in addition.
    mutating func rollingUpdate(
        of service: Service, replacing old: [ObservedContainer], among present: [ObservedContainer], adding added: Int
    ) -> RollingUpdate? {
        let (update, rollback) = (service.deploy?.update, service.deploy?.rollback)
        guard update != nil || rollback != nil, !options.withoutStart,
            !old.isEmpty || added > 0 && update?.startsFirst == true,
            present.contains(where: { $0.summary.state == .running })
        else { return nil }
        if let network = old.compactMap({ movedContainers[$0.id] }).first {
            notices.append(
                "Service \(service.name) is on network \(network), which is made anew, so all of its replicas are replaced "
                    + "at once and not as its update_config says.")
            return nil
        }
        let obstacle = startFirstObstacle(service)
        if let obstacle, !old.isEmpty, update?.startsFirst == true || rollback?.startsFirst == true {
            let what = update?.startsFirst == true ? "updated" : "rolled back"
            notices.append(
                "Service \(service.name) \(obstacle.reason), so it is \(what) stop-first; \(obstacle.advice).")
        }
        let canStartFirst = obstacle == nil
        let policy = update.map { UpdatePolicy($0, canStartFirst: canStartFirst) } ?? UpdatePolicy(.stopFirst)
        if let update { note(update, of: service, changing: old.count + added) }
        var back = rollback.map { UpdatePolicy($0, canStartFirst: canStartFirst) }
        // One that makes way at once is what happens anyway.
        if old.count < 2, back?.order == .stopFirst, back?.monitor == .zero { back = nil }
        if rollback == nil, policy.order == .startFirst { back = UpdatePolicy(.startFirst) }
        return RollingUpdate(policy, rollback: back)
    }

    /// What of the service two containers cannot have at once, and what to do about it; nil where they can run side by
    /// side.
    private func startFirstObstacle(_ service: Service) -> (reason: String, advice: String)? {
        if service.networkMode == nil,
            let port = service.ports.lazy.compactMap(\.published).first(where: { !["", "0"].contains($0) })
        {
            return (
                "publishes port \(port), which two containers cannot have at once",
                "leave the host's port out, and publish it by a proxy in front of the service"
            )
        }
        let memberships = service.networks.sorted { $0.key < $1.key }
        for case (let key, let membership?) in memberships {
            let isFixed =
                membership.ipv4Address != nil || membership.ipv6Address != nil || membership.macAddress != nil
                || !membership.linkLocalAddresses.isEmpty
            if isFixed {
                return (
                    "has a fixed address in network \(key), which two containers cannot have at once",
                    "leave the address out, and use the service's name"
                )
            }
        }
        return service.macAddress == nil
            ? nil
            : ("has a mac_address, which two containers cannot have at once", "leave it out")
    }

    /// Notes what becomes of failures.
    private mutating func note(_ update: Deployment.UpdateOrder, of service: Service, changing count: Int) {
        var tolerance = UpdateTolerance(update, count: count)
        let sharing = project.services.values.filter { $0.references.contains(service.name) }.map(\.name).sorted()
        if tolerance.failures > 0, let other = sharing.first {
            notices.append(
                "Service \(service.name) cannot keep single replicas when their update fails, because \(other) shares a "
                    + "namespace or volumes with it; a failure is \(tolerance.pauses ? "left as it is" : "taken back")."
            )
            tolerance = UpdateTolerance(failures: 0, pauses: tolerance.pauses)
        }
        if tolerance.failures > 0 || tolerance.pauses { tolerances[service.name] = tolerance }
    }

    /// What a replica has to wait for until it is its turn; what ends it is to be told by ``RollingUpdate/ended(_:)``.
    mutating func turn(in update: inout RollingUpdate?, _ service: Service) -> [OperationID] {
        guard var rolling = update else { return [] }
        if rolling.isFull {
            let ends = rolling.ends
            rolling.nextBatch(
                after: rolling.policy.delay == .zero
                    ? ends
                    : [
                        builder.add(
                            .delay(rolling.policy.delay, service: service.name), cause: "deploy.update_config.delay",
                            needs: ends, service: service.name)
                    ])
            update = rolling
        }
        return rolling.gate
    }

    /// Adds the waits for a replica that has started; returns the last.
    ///
    /// One that starts beside others gets the service's names in between. The engine has to attach it anew for that, so it
    /// is looked at again.
    mutating func addChecks(
        of container: ContainerHandle, _ service: Service, number: Int, replacing old: ObservedContainer? = nil,
        in update: RollingUpdate?, needs: [OperationID], cause: String
    ) -> OperationID {
        var last = addWait(for: container, .up, service: service.name, needs: needs, cause: cause)
        guard let update else { return last }
        let attachments = containerSpec(service, number: number, replacing: nil).networks
        let isAnnounced = update.startsFirst && !attachments.isEmpty
        if isAnnounced {
            last = builder.add(
                .announceContainer(container), cause: "is ready to be found as \(service.name)", needs: [last],
                service: service.name, spec: .attachments(attachments))
        }
        var (monitor, reason) = (update.policy.monitor, "deploy.update_config.monitor")
        if isAnnounced, old != nil, service.deploy?.update?.monitor == nil {
            (monitor, reason) = (UpPlanner.spreadingTime, "its predecessor serves until others know it")
        }
        if isAnnounced || monitor > .zero {
            last = addWait(
                for: container, .steady(monitor), service: service.name, needs: [last],
                cause: monitor > .zero ? reason : "was attached anew")
        }
        return last
    }

    /// How long a replica and its successor serve together where `monitor` says nothing: whoever asks for the service's
    /// name keeps the answer for a while, nginx for a second or more, and finds nobody else in it. It is Swarm's default.
    private static let spreadingTime: Duration = .seconds(5)

    /// The operations, each with the replica's replacement that it is a part of.
    func taggingUpdates(_ operations: [Operation]) -> [Operation] {
        if updates.isEmpty { return operations }
        var (old, new): ([ContainerID: ReplicaUpdate], [OperationID: ReplicaUpdate]) = ([:], [:])
        for update in updates {
            let tag = ReplicaUpdate(replica: update.replica, rollback: update.rollback)
            if let predecessor = update.old { old[predecessor] = tag }
            new[update.new] = tag
        }
        return operations.map { operation in
            let update =
                switch operation.action.container {
                case .existing(let id, _)?: old[id]
                case .planned(let maker, _)?: new[maker]
                case nil: new[operation.id]
                }
            return update.map(operation.part) ?? operation
        }
    }
}
