import ComposePlanner
import ComposeState
import EngineAPI

// Networks that went before the commit. Making one again takes several calls; each looks first, so that they may be
// repeated from wherever they were interrupted.
extension Rollback {
    /// Whether a network went, or may have gone: then nothing that was on it can start before it is there again.
    var retiresNetworks: Bool {
        prepared.contains { step in
            if case .retireNetwork = step.operation.action { step.progress != .pending } else { false }
        }
    }

    /// Makes a network again and attaches its containers; what the transaction made in its place is gone by then.
    ///
    /// - Parameter isUnanswered: whether the engine may be removing it still.
    func restore(_ network: RetiredNetwork, isUnanswered: Bool) async throws {
        let engine = executor.engine
        if isUnanswered {
            // Another removal ends together with the one that the engine may be at.
            try await tolerateMissing { try await engine.removeNetworkWithStrays(network.id) }
        }
        let id: NetworkID
        if let present = try await restored(network) {
            id = present
        } else {
            do {
                id = try await engine.createNetwork(network.spec)
            } catch let error as EngineError where error.code == .conflict || error.code == .unauthorized {
                // An earlier attempt to make it may have come into force by now.
                guard let present = try await restored(network) else { throw error }
                id = present
            }
        }
        guard id != network.id else { return }
        for member in network.members { try await attach(member, to: id, insteadOf: network) }
    }

    /// The network where it is there: never removed, or made again by an earlier attempt.
    private func restored(_ network: RetiredNetwork) async throws -> NetworkID? {
        try await executor.engine.networks(matching: ObjectFilter(names: [network.spec.name])).first { found in
            found.name == network.spec.name && found.labels[ComposeLabels.transaction] != transaction.id.rawValue
        }?.id
    }

    /// A container that has been on the network remembers it by the identifier that it had.
    private func attach(
        _ member: RetiredNetwork.Member, to id: NetworkID, insteadOf network: RetiredNetwork
    ) async throws {
        let engine = executor.engine
        let name = network.spec.name
        try await tolerateMissing {
            let remembered = try await engine.container(member.container).networks[name]
            if let remembered, remembered != network.id { return }
            if remembered != nil { try await engine.disconnect(member.container, from: id, force: true) }
            try await engine.connect(member.container, to: id, member.attachment)
        }
    }
}
