package import EngineAPI

extension ObservedContainer {
    /// What a replacement is called until it has its predecessor's name: `0123456789ab_shop-web-1`.
    ///
    /// nil for a container that has its name, or that is no replacement.
    package var pendingReplacement: (predecessor: String, finalName: String)? {
        guard labels[ComposeLabels.replace] != nil, let separator = name.firstIndex(of: "_") else { return nil }
        let predecessor = name[..<separator]
        guard predecessor.count == ObservedContainer.shortIdentifier, predecessor.allSatisfy(\.isHexDigit) else {
            return nil
        }
        // A second attempt at the same replacement has one underscore more.
        let final = name[separator...].drop { $0 == "_" }
        return final.isEmpty ? nil : (String(predecessor), String(final))
    }

    /// How many digits of an identifier such a name begins with.
    private static let shortIdentifier = 12
}

/// Decides, from labels alone, what ends replacements that were interrupted and that no journal tells of.
///
/// It agrees with `up`: beside its predecessor a replacement is what goes, alone it gets the name. Only what is certain is
/// planned; the rest is a notice with the commands that decide it.
package struct RecoveryPlanner {
    private let name: String
    private let all: [ObservedContainer]
    /// Those of which the journal knows nothing.
    private let containers: [ObservedContainer]
    private let ended: [ContainerID: EngineTime]
    private let networks: Set<NetworkID>
    private var builder = PlanBuilder()
    private var notices: [String] = []

    /// The containers of which it matters when they stopped: the predecessors of interrupted replacements.
    package static func predecessors(in observed: ObservedState) -> [ObservedContainer] {
        observed.containers.filter { container in
            observed.containers.contains { $0.pendingReplacement?.predecessor == container.id.short }
        }
    }

    /// - Parameters:
    ///   - known: the transactions that the journal knows; what they made is left to it.
    ///   - ended: when the ``predecessors(in:)`` stopped.
    package static func plan(
        _ name: String, observed: ObservedState, known: Set<String>, ended: [ContainerID: EngineTime]
    ) -> Plan {
        var planner = RecoveryPlanner(name: name, observed, known, ended)
        return planner.makePlan()
    }

    private init(
        name: String, _ observed: ObservedState, _ known: Set<String>, _ ended: [ContainerID: EngineTime]
    ) {
        self.name = name
        all = observed.containers.sorted { $0.name < $1.name }
        networks = Set(observed.networks.map(\.id))
        self.ended = ended
        containers = all.filter { container in
            container.labels[ComposeLabels.transaction].map { !known.contains($0) } ?? true
        }
    }

    private mutating func makePlan() -> Plan {
        var returns: [Return] = []
        var renames: [(ObservedContainer, String)] = []
        for replacement in containers {
            guard let (predecessor, finalName) = replacement.pendingReplacement else { continue }
            // First goes what was to replace it.
            if isPredecessor(replacement) { continue }
            if let reason = doubt(about: replacement) {
                notices.append(
                    "Container \(replacement.name) was left by an interrupted replacement of \(finalName), and \(reason). "
                        + "`gantry plan` shows what `gantry up` would do about it.")
            } else if let old = all.first(where: { $0.id.short == predecessor }) {
                returns.append(Return(replacement: replacement, predecessor: old))
            } else {
                renames.append((replacement, finalName))
            }
        }
        noteUnstarted()
        if !returns.isEmpty { noteOthers(than: returns) }
        plan(returns)
        for (replacement, finalName) in renames {
            _ = builder.addFinish(
                .renameContainer(replacement.handle, to: finalName), cause: "its predecessor is gone already",
                service: replacement.service)
        }
        var plan = Plan(project: name)
        plan.prepare = builder.prepare
        plan.finish = builder.finish
        plan.notices = notices
        return plan
    }

    /// A replacement that goes, and what it was to replace.
    private struct Return {
        let replacement: ObservedContainer
        let predecessor: ObservedContainer

        /// Whether the two may run side by side, so that the service is there all the time.
        var startsFirst: Bool {
            replacement.labels[ComposeLabels.rollbackOrder] == UpdatePolicy.Order.startFirst.rawValue
        }
    }

    /// Why it is not certain what was to become of a replacement; nil where it is.
    private func doubt(about replacement: ObservedContainer) -> String? {
        guard let (predecessor, finalName) = replacement.pendingReplacement else { return nil }
        guard let transaction = replacement.labels[ComposeLabels.transaction] else { return "another tool made it" }
        guard let old = all.first(where: { $0.id.short == predecessor }) else {
            return all.contains { $0.name == finalName } ? "another container has that name by now" : nil
        }
        if old.summary.state == .paused || replacement.summary.state == .paused { return "one of the two is paused" }
        // Names are given after the commit only.
        let isCommitted = containers.contains { container in
            container.labels[ComposeLabels.transaction] == transaction && container.labels[ComposeLabels.replace] != nil
                && container.pendingReplacement == nil
        }
        return isCommitted ? "other replacements of the same command are in force already" : nil
    }

    /// What the replacements had stopped starts again, dependencies first. They stop before that, or where they were to
    /// make way start-first, when their predecessors serve again; after that they go.
    private mutating func plan(_ returns: [Return]) {
        let cause = "was left by an interrupted replacement"
        func isLate(_ entry: Return) -> Bool { entry.startsFirst && wasStopped(entry) }
        var stops: [OperationID] = []
        for entry in returns where !isLate(entry) { stops += addStop(of: entry, cause: cause, needs: []) }
        var ends: [(service: String, operation: OperationID)] = []
        for entry in inOrder(returns.filter(wasStopped)) {
            let old = entry.predecessor
            let needs = ends.filter { old.dependencies.contains($0.service) }.map(\.operation)
            let start = builder.add(
                .startContainer(old.handle), cause: "was stopped by an interrupted replacement", needs: stops + needs,
                service: old.service)
            // That it runs is all that was promised; whether it was healthy before is not known.
            let end = builder.add(
                .awaitContainer(old.handle, .up), cause: "is to serve before its replacement goes", needs: [start],
                service: old.service, isOptional: true)
            ends.append((old.service, end))
            if isLate(entry) { _ = addStop(of: entry, cause: cause, needs: [end]) }
        }
        for entry in returns {
            // What it shares of its predecessor's unnamed volumes stays.
            _ = builder.addFinish(
                .removeContainer(entry.replacement.handle, anonymousVolumes: false), cause: cause,
                service: entry.replacement.service)
        }
    }

    private func isPredecessor(_ container: ObservedContainer) -> Bool {
        all.contains { $0.pendingReplacement?.predecessor == container.id.short }
    }

    /// Stops a replacement that runs.
    private mutating func addStop(of entry: Return, cause: String, needs: [OperationID]) -> [OperationID] {
        guard entry.replacement.summary.state.isRunning else { return [] }
        return [
            builder.add(
                .stopContainer(entry.replacement.handle, grace: nil), cause: cause, needs: needs,
                service: entry.replacement.service)
        ]
    }

    /// Whether the predecessor ran until the replacement was there.
    private func wasStopped(_ entry: Return) -> Bool {
        guard entry.predecessor.summary.state == .exited, let end = ended[entry.predecessor.id] else { return false }
        return end >= entry.replacement.summary.created && hasNetworks(entry.predecessor)
    }

    /// Whether the project's networks that a container is to be on are there; without them it cannot start.
    private func hasNetworks(_ container: ObservedContainer) -> Bool {
        container.summary.networks.allSatisfy { network, id in
            !network.hasPrefix("\(name)_") || networks.contains(id)
        }
    }

    /// Dependencies first, as far as the labels tell.
    private func inOrder(_ returns: [Return]) -> [Return] {
        var rest = returns
        var ordered: [Return] = []
        while !rest.isEmpty {
            let waiting = Set(rest.map(\.predecessor.service))
            let next = rest.firstIndex { waiting.isDisjoint(with: $0.predecessor.dependencies) } ?? rest.startIndex
            ordered.append(rest.remove(at: next))
        }
        return ordered
    }

    private mutating func noteUnstarted() {
        for container in containers
        where container.summary.state == .created && !container.isOneOff && container.pendingReplacement == nil {
            notices.append(
                "Container \(container.name) was made and never started. `gantry start \(container.service)` or "
                    + "`gantry up` starts it, `gantry down` removes it.")
        }
    }

    /// What the same commands may have done besides: whether it was wanted cannot be seen.
    private mutating func noteOthers(than returns: [Return]) {
        let transactions = Set(returns.compactMap { $0.replacement.labels[ComposeLabels.transaction] })
        let handled = Set(returns.flatMap { [$0.replacement.id, $0.predecessor.id] })
        for entry in returns where entry.predecessor.summary.state == .exited && !wasStopped(entry) {
            let lacks = hasNetworks(entry.predecessor) ? "" : ", and a network that it was on is gone"
            notices.append(
                "Container \(entry.predecessor.name) is stopped, perhaps by the same command\(lacks). If it is to run, "
                    + "`gantry up` starts it.")
        }
        for container in containers
        where !handled.contains(container.id) && !container.isOneOff && !isPredecessor(container) {
            let isMade = container.labels[ComposeLabels.transaction].map(transactions.contains) ?? false
            if isMade, container.summary.state != .created {
                notices.append(
                    "Container \(container.name) was made by the same command. `gantry up` keeps it if the file has it, "
                        + "and `docker rm -f \(container.name)` removes it.")
            } else if container.summary.state == .exited, container.pendingReplacement == nil {
                notices.append(
                    "Container \(container.name) is stopped, perhaps by the same command. If it is to run, "
                        + "`gantry start \(container.service)` starts it.")
            }
        }
    }
}
