import ComposePlanner
import ComposeState
import EngineAPI

// Services whose replicas are taken back some at a time, in an order of their own.
extension Rollback {
    /// A service's replicas that are taken back after one another.
    struct Rolling: Sendable {
        let policy: UpdatePolicy
        /// For each replica what stops its new container and what starts its old one, those that were replaced last first.
        /// One that was not begun is missing.
        let replicas: [[JournaledTransaction.Step]]
        /// The operation at whose turn all of it happens: the last of them, so that what the service needs is there again,
        /// and what needs it is not yet.
        let place: OperationID
    }

    /// What is taken back so, where it is not a single replica that is.
    var rollings: [Rolling] {
        guard parts == nil else { return [] }
        var steps: [String: [JournaledTransaction.Step]] = [:]
        for step in prepared where step.operation.isRolledBackInTurn {
            steps[step.operation.service ?? "", default: []].append(step)
        }
        return steps.sorted { $0.key < $1.key }.compactMap { _, steps in
            guard let last = steps.last, let policy = last.operation.update?.rollback else { return nil }
            let begun = Dictionary(grouping: steps.filter(\.isBegun)) { $0.operation.update?.replica }
            let replicas = begun.values.sorted { ($0.last?.operation.id).isAfter($1.last?.operation.id) }
            return Rolling(policy: policy, replicas: replicas, place: last.operation.id)
        }
    }

    /// Takes back a service's replicas.
    ///
    /// - Returns: what failed.
    func takeBack(_ rolling: Rolling, _ made: MadeObjects) async -> [OperationScheduler.Failure] {
        let scheduler = OperationScheduler(parallel: executor.limits.parallel, policy: .carryOn)
        return await scheduler.run(rolling.operations) { [self] operation in
            if case .delay(let time, _) = operation.action { return try await executor.clock.sleep(for: time) }
            guard let undo = operation.undo else { return }
            try await takeBack(operation, undo, made)
            if case .start(let id) = undo { await watch(id, for: rolling.policy.monitor) }
        }
    }
}

extension Rollback.Rolling {
    /// What is taken back, in the order in which it is, with the delays between. These have numbers that no operation has.
    var operations: [Operation] {
        var operations: [Operation] = []
        var ends: [OperationID] = []
        let size = policy.parallelism > 0 ? policy.parallelism : max(1, replicas.count)
        for first in stride(from: 0, to: replicas.count, by: size) {
            var gate = ends
            if first > 0, policy.delay > .zero, let service = replicas[0].first?.operation.service {
                let delay = Operation(
                    id: OperationID(-first), action: .delay(policy.delay, service: service),
                    cause: "deploy.rollback_config.delay", needs: ends)
                operations.append(delay)
                gate = [delay.id]
            }
            ends = []
            for replica in replicas[first..<min(first + size, replicas.count)] {
                var needs = gate
                for operation in replica.map(\.operation).sorted(by: precedes) {
                    operations.append(operation.needing(needs))
                    needs = [operation.id]
                }
                ends += needs
            }
        }
        return operations
    }

    /// Whether one of a replica's two comes first.
    private func precedes(_ left: Operation, _ right: Operation) -> Bool {
        let isStart = { (operation: Operation) in if case .start? = operation.undo { true } else { false } }
        return isStart(left) != isStart(right) && isStart(left) == (policy.order == .startFirst)
    }
}

extension Operation {
    /// Whether it is taken back when it is its replica's turn.
    var isRolledBackInTurn: Bool {
        guard update?.rollback != nil else { return false }
        switch undo {
        case .stop, .start: return true
        default: return false
        }
    }
}

extension OperationID? {
    fileprivate func isAfter(_ other: OperationID?) -> Bool {
        guard let self, let other else { return self != nil }
        return self > other
    }
}
