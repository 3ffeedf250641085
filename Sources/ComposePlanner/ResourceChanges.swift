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
        found.filter { changedConfiguration(of: $0) != nil }
    }

    /// How the configuration differs from the one declared: `configuration changed (123456789abc -> def012345678)`; nil
    /// where it does not.
    func changedConfiguration(of found: NetworkSummary) -> String? {
        guard let network = networks.values.first(where: { $0.name == found.name && !$0.isExternal }) else {
            return nil
        }
        return change(found.labels, to: ConfigHash.network(network))
    }

    func changedConfiguration(of found: VolumeSummary) -> String? {
        guard let volume = volumes.values.first(where: { $0.name == found.name && !$0.isExternal }) else { return nil }
        return change(found.labels, to: ConfigHash.volume(volume))
    }

    private func change(_ labels: [String: String], to hash: String) -> String? {
        guard labels[ComposeLabels.project] == name, let old = labels[ComposeLabels.configHash], !old.isEmpty,
            old != hash
        else { return nil }
        return "configuration changed (\(short(old)) -> \(short(hash)))"
    }

    /// Whether it was made for a key of this project, under a name that no network has any more.
    func isUndeclared(_ found: NetworkSummary) -> Bool {
        found.labels[ComposeLabels.project] == name && found.labels[ComposeLabels.network] != nil
            && !networks.values.contains { $0.name == found.name }
    }
}
