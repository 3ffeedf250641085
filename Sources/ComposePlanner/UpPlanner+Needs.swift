import ComposeModel
import EngineAPI

// What must have happened before something starts, and what the command waits for.
extension UpPlanner {
    /// What must have happened before a replica of `service` may start: what it depends on has started, is healthy or
    /// has completed.
    mutating func startNeeds(of service: Service) -> [OperationID] {
        var needs: [OperationID] = []
        for (name, dependency) in service.dependencies.sorted(by: { $0.key < $1.key }) {
            // One that only moves with a network may be stopped, and stays so.
            for replica in replicas[name] ?? [] where replica.start != nil || !replica.isReplacement {
                switch dependency.condition {
                case .started:
                    needs += replica.whenReady
                case .healthy:
                    if replica.start == nil, replica.observed?.summary.health == .healthy { continue }
                    needs.append(
                        addWait(
                            for: replica.handle, .healthy, service: name, needs: replica.whenReady,
                            cause: "\(service.name) needs it healthy", isOptional: !dependency.required))
                case .completed:
                    if replica.start == nil, replica.observed?.summary.hasSucceeded == true { continue }
                    needs.append(
                        addWait(
                            for: replica.handle, .completed, service: name, needs: replica.whenReady,
                            cause: "\(service.name) needs it completed", isOptional: !dependency.required))
                }
            }
        }
        return needs
    }

    /// The starts whose containers the project cannot do without: all but those of services that nobody named, and that
    /// each of those which depend on them says it does not require.
    func vitalStarts(_ services: [Service]) -> [OperationID] {
        // Whether anyone requires it, for each service that any depends on.
        var isRequired: [String: Bool] = [:]
        for service in project.services.values {
            for (name, dependency) in service.dependencies {
                isRequired[name] = isRequired[name] == true || dependency.required
            }
        }
        let vital = services.filter { options.services.contains($0.name) || isRequired[$0.name] != false }
        return vital.flatMap { replicas[$0.name] ?? [] }.compactMap(\.start)
    }

    @discardableResult
    mutating func addWait(
        for container: ContainerHandle, _ readiness: Readiness, service: String, needs: [OperationID], cause: String,
        isOptional: Bool = false
    ) -> OperationID {
        let wait = Wait(container: container, readiness: readiness, isOptional: isOptional)
        if let id = waits[wait] { return id }
        let id = builder.add(
            .awaitContainer(container, readiness), cause: cause, needs: needs, service: service,
            isOptional: isOptional)
        waits[wait] = id
        return id
    }

    mutating func planFinalWaits(_ services: [Service]) {
        let awaited = Set(waits.keys.filter { !$0.isOptional }.map(\.container))
        for service in services {
            for replica in replicas[service.name] ?? [] {
                let isHealthy = replica.start == nil && replica.observed?.summary.health == .healthy
                if isHealthy || awaited.contains(replica.handle) { continue }
                addWait(
                    for: replica.handle, .up, service: service.name, needs: replica.whenReady,
                    cause: "the command waits for it")
            }
        }
    }
}
