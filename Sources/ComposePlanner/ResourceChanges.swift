package import ComposeModel
package import EngineAPI

/// A container that uses a network or volume, of whichever project and whether or not it runs.
package struct ResourceUser: Sendable, Equatable {
    package let container: ContainerSummary
    /// How it is attached to the network, nil for a volume and where nobody asked.
    package let attachment: NetworkAttachment?

    package init(_ container: ContainerSummary, attachment: NetworkAttachment? = nil) {
        self.container = container
        self.attachment = attachment
    }
}

// What differs between the networks and volumes that are there and those declared. Only what was made for this project,
// and tells from which configuration, can differ.
extension Project {
    /// The networks of this project that are declared otherwise, or not at all any more: those that may have to go.
    package func outdatedNetworks(among found: [NetworkSummary]) -> [NetworkSummary] {
        found.filter { changedConfiguration(of: $0) != nil || isUndeclared($0) }
    }

    /// The volumes of this project that are declared otherwise.
    package func changedVolumes(among found: [VolumeSummary]) -> [VolumeSummary] {
        let own = volumes.values.filter { !$0.isExternal }.map { ($0.name, $0) }
        let declared = Dictionary(own) { first, _ in first }
        return found.filter { found in declared[found.name].map { changedConfiguration(of: found, $0) != nil } ?? false
        }
    }

    /// How the configuration differs from the one declared; nil where it does not.
    ///
    /// - Parameter last: the project that it may have been made for, which then tells what was otherwise; else it is
    ///   `configuration changed (123456789abc -> def012345678)`.
    func changedConfiguration(of found: NetworkSummary, since last: Project? = nil) -> RecreateCause? {
        guard let network = networks.values.first(where: { $0.name == found.name && !$0.isExternal }) else {
            return nil
        }
        let old = last?.networks.values.first { $0.name == found.name }
        return change(
            found.labels, from: old.map { old in { (ConfigHash.network(old), old.canonical) } },
            to: ConfigHash.network(network), network.canonical)
    }

    /// - Parameter volume: the one of that name that is declared.
    func changedConfiguration(
        of found: VolumeSummary, _ volume: Volume, since last: Project? = nil
    ) -> RecreateCause? {
        let old = last?.volumes[volume.key]
        return change(
            found.labels, from: old.map { old in { (ConfigHash.volume(old), old.canonical) } },
            to: ConfigHash.volume(volume), volume.canonical)
    }

    /// What is computed only where it is needed: mostly nothing has changed.
    private func change(
        _ labels: [String: String], from old: (() -> (hash: String, value: CanonicalValue))?,
        to newHash: @autoclosure () -> String, _ newValue: @autoclosure () -> CanonicalValue
    ) -> RecreateCause? {
        guard labels[ComposeLabels.project] == name, let hash = labels[ComposeLabels.configHash], !hash.isEmpty
        else { return nil }
        let newHash = newHash()
        if hash == newHash { return nil }
        if let old = old?(), old.hash == hash {
            let changes = FieldChange.all("", old: old.value, new: newValue())
            if !changes.isEmpty { return RecreateCause(changes) }
        }
        return RecreateCause("configuration changed (\(short(hash)) -> \(short(newHash)))")
    }

    /// Whether it was made for a key of this project, under a name that no network has any more.
    func isUndeclared(_ found: NetworkSummary) -> Bool {
        found.labels[ComposeLabels.project] == name && found.labels[ComposeLabels.network] != nil
            && !networks.values.contains { $0.name == found.name }
    }
}
