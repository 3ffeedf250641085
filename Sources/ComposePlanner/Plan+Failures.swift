// What follows from the failure of an operation before the commit.
extension Plan {
    /// The replica that is left as it was when an operation fails, while the rest goes on; nil where the failure is that of
    /// the whole plan.
    ///
    /// - Parameter withdrawn: the replicas that were left so before.
    package func replicaWithdrawn(onFailureOf operation: Operation, after withdrawn: Set<Replica>) -> Replica? {
        guard let replica = operation.update?.replica, let tolerance = tolerances[replica.service],
            withdrawn.count(where: { $0.service == replica.service }) < tolerance.failures
        else { return nil }
        return replica
    }

    /// Why a failure of the whole plan leaves everything as it stands, a phrase; nil where it is taken back.
    package func keeping(onFailureOf operation: Operation) -> String? {
        if keepsFailures { return "as `--no-rollback` asks for" }
        guard let service = operation.service, tolerances[service]?.pauses == true else { return nil }
        return "as `failure_action: pause` of \(service) asks for"
    }

    /// The operations that replace or add a replica.
    package func operations(of replica: Replica) -> [Operation] {
        (prepare + finish).filter { $0.update?.replica == replica }
    }

    /// The plan for what is left to do where these replicas stay as they were: their predecessors are the project's
    /// containers, and neither go nor lose what only they use. One that was to be added is none of them.
    package func withdrawing(_ replicas: Set<Replica>) -> Plan {
        if replicas.isEmpty { return self }
        var plan = self
        var dropped: Set<OperationID> = []
        for operation in finish {
            let isPart = operation.update.map { replicas.contains($0.replica) } ?? false
            if isPart || operation.needs.contains(where: dropped.contains) { dropped.insert(operation.id) }
        }
        plan.finish.removeAll { dropped.contains($0.id) }
        let withdrawn = Set(replicas.flatMap { operations(of: $0) }.map(\.id))
        plan.vitalStarts.removeAll(where: withdrawn.contains)
        plan.members = members.compactMap { member in
            let replica = Replica(service: member.service, number: member.number)
            guard replicas.contains(replica) else { return member }
            return predecessor(of: replica).map {
                Member(service: member.service, number: member.number, handle: $0, isStarted: false)
            }
        }
        return plan
    }

    private func predecessor(of replica: Replica) -> ContainerHandle? {
        for case .removeContainer(let container, _) in finish.filter({ $0.update?.replica == replica }).map(\.action) {
            return container
        }
        return nil
    }
}
