import ComposePlanner
import ComposeState
import EngineAPI

/// What carries a transaction's label, by the operation that made it.
struct MadeObjects: Sendable {
    var containers: [OperationID: [ContainerID]] = [:]
    var networks: [OperationID: [NetworkID]] = [:]
    var volumes: Set<String> = []

    static func find(_ id: TransactionID, on engine: any ContainerEngine) async throws -> MadeObjects {
        let filter = ObjectFilter(labels: ["\(ComposeLabels.transaction)=\(id)"])
        var made = MadeObjects()
        for container in try await engine.containers(matching: filter) {
            made.containers[operation(container.labels), default: []].append(container.id)
        }
        for network in try await engine.networks(matching: filter) {
            made.networks[operation(network.labels), default: []].append(network.id)
        }
        made.volumes = Set(try await engine.volumes(matching: filter).map(\.name))
        return made
    }

    /// Whether what `operation` makes is there; true for one that makes nothing.
    func contains(_ operation: Operation) -> Bool {
        switch operation.action {
        case .createContainer: containers[operation.id] != nil
        case .createNetwork: networks[operation.id] != nil
        case .createVolume(let name), .tryVolume(_, let name): volumes.contains(name)
        default: true
        }
    }

    private static func operation(_ labels: [String: String]) -> OperationID {
        OperationID(labels[ComposeLabels.operation].flatMap(Int.init) ?? 0)
    }
}
