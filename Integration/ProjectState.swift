import EngineAPI
import EngineTesting

/// A project's objects with everything about them that can change: identity, name, activity, labels, networks with aliases
/// and fixed addresses, mounts, restart policies.
struct ProjectState: Sendable, Equatable, CustomStringConvertible {
    /// The lines of each object, by kind and name.
    let facts: [String: [String]]

    var isEmpty: Bool { facts.isEmpty }

    /// - Parameter replaced: the networks, by name, that may be made again under another identifier.
    static func observe(_ scenario: Scenario, replaced: Set<String> = []) async throws -> ProjectState {
        let snapshot = try await scenario.state()
        var facts: [String: [String]] = [:]
        for container in snapshot.containers {
            let details = try await scenario.engine.container(container.id)
            let policy = details.restartPolicy.map { "\($0.name) \($0.maximumRetries)" } ?? "none"
            facts["container \(container.name)"] =
                ["id \(container.id)", "image \(container.image)", container.activity, "restart \(policy)"]
                + container.mounts.map { "mount \($0)" } + lines(container.labels)
                + container.networks.sorted { $0.key < $1.key }.flatMap { name, id in
                    [replaced.contains(name) ? "on \(name)" : "on \(name) \(id)"]
                        + lines(details.attachments[name], in: name)
                }
        }
        for network in snapshot.networks {
            facts["network \(network.name)"] =
                (replaced.contains(network.name) ? [] : ["id \(network.id)"])
                + ["\(network.driver) \(network.driverOptions) internal: \(network.isInternal)"]
                + network.addressPools.map { "pool \($0.subnet ?? "") \($0.gateway ?? "")" }
                + lines(network.labels)
        }
        for volume in snapshot.volumes {
            facts["volume \(volume.name)"] = ["\(volume.driver) \(volume.mountPoint)"] + lines(volume.labels)
        }
        return ProjectState(facts: facts)
    }

    /// The same without what differs between any two ways to it: identifiers, names and addresses that the engine may have
    /// chosen, and labels that tell of the way.
    var declared: ProjectState {
        ProjectState(
            facts: facts.mapValues { lines in
                lines.filter { line in !ProjectState.ofTheWay.contains(where: line.hasPrefix) }.map { line in
                    let words = line.split(separator: " ")
                    return words.map { $0.count == ProjectState.identifierLength ? "<chosen>" : $0 }
                        .joined(separator: " ")
                }
            })
    }

    /// The same without what runs: containers end with their engine.
    var resting: ProjectState {
        ProjectState(facts: facts.mapValues { lines in lines.filter { $0 != "running" && $0 != "stopped" } })
    }

    /// The identifiers of a service's containers.
    func identities(of service: String) -> Set<String> {
        let label = "label com.docker.compose.service=\(service)"
        return Set(facts.values.filter { $0.contains(label) }.flatMap { $0.filter { $0.hasPrefix("id ") } })
    }

    /// The lines that differ: `-` only here, `+` only in `later`.
    func difference(to later: ProjectState) -> String {
        let (ours, theirs) = (placedLines, later.placedLines)
        return
            (ours.subtracting(theirs).sorted().map { "- " + $0 }
            + theirs.subtracting(ours).sorted().map { "+ " + $0 }).joined(separator: "\n")
    }

    var description: String { placedLines.sorted().joined(separator: "\n") }

    private var placedLines: Set<String> {
        Set(facts.flatMap { subject, lines in [subject] + lines.map { "\(subject): \($0)" } })
    }

    private static func lines(_ labels: [String: String]) -> [String] {
        labels.sorted { $0.key < $1.key }.map { "label \($0.key)=\($0.value)" }
    }

    private static func lines(_ attachment: NetworkAttachment?, in network: String) -> [String] {
        guard let attachment else { return [] }
        return [
            "in \(network) as \(attachment.aliases.sorted())", "in \(network) at \(attachment.ipv4Address ?? "any")",
        ]
    }

    /// How long identifiers are, and the names of volumes that have none.
    private static let identifierLength = 64
    private static let ofTheWay = [
        "id ", "pool ", "label io.gantry.transaction=", "label io.gantry.operation=",
        "label com.docker.compose.replace=", "label io.gantry.rollback-order=",
    ]
}
