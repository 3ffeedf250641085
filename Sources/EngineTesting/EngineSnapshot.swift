public import EngineAPI

/// The state of an engine's objects, made comparable: two snapshots are equal exactly where a person would say that
/// nothing changed.
///
/// It holds which containers, networks and volumes there are by identity, and which containers run; it leaves out what
/// changes by itself: times, health, exit codes, addresses and ports that the engine chose. A container that never ran
/// and one that stopped count alike. Images are not in it.
public struct EngineSnapshot: Sendable, Equatable, CustomStringConvertible {
    /// A container.
    public struct Container: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Its identifier: a container that was made anew is another.
        public var id: ContainerID
        /// Its image.
        public var image: ImageID
        /// `running`, `paused` or `stopped`.
        public var activity: String
        /// Labels by name.
        public var labels: [String: String]
        /// The networks it is attached to, by name.
        public var networks: [String: NetworkID]
        /// Its names in networks, by network, sorted; empty where the engine's list does not tell.
        public var aliases: [String: [String]]
        /// What is mounted, each `type source target`, sorted.
        public var mounts: [String]
    }

    /// Containers by name.
    public var containers: [Container]
    /// Networks by name.
    public var networks: [NetworkSummary]
    /// Volumes by name.
    public var volumes: [VolumeSummary]

    /// Observes an engine by three list calls. `project` narrows it to the objects of that Compose project. Labels that
    /// begin with one of `prefixes` are left out.
    public init(
        observing engine: some ContainerEngine, project: String?, ignoringLabels prefixes: Set<String> = []
    ) async throws {
        let filter = ObjectFilter(labels: project.map { ["com.docker.compose.project=\($0)"] } ?? [])
        self.init(
            containers: try await engine.containers(matching: filter),
            networks: try await engine.networks(matching: filter),
            volumes: try await engine.volumes(matching: filter), aliases: [:], ignoringLabels: prefixes)
    }

    init(
        containers: [ContainerSummary], networks: [NetworkSummary], volumes: [VolumeSummary],
        aliases: [ContainerID: [String: [String]]], ignoringLabels prefixes: Set<String>
    ) {
        let relevant = { (labels: [String: String]) in
            labels.filter { label in !prefixes.contains { label.key.hasPrefix($0) } }
        }
        self.containers = containers.map { container in
            Container(
                name: container.name, id: container.id, image: container.imageID,
                activity: container.state == .paused ? "paused" : container.state.isRunning ? "running" : "stopped",
                labels: relevant(container.labels), networks: container.networks,
                aliases: (aliases[container.id] ?? [:]).filter { !$0.value.isEmpty }.mapValues { $0.sorted() },
                mounts: container.mounts.map {
                    "\($0.type) \($0.name ?? $0.source) \($0.target)\($0.writable ? "" : " ro")"
                }
                .sorted())
        }
        .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        self.networks = networks.map { network in
            var network = network
            network.labels = relevant(network.labels)
            return network
        }
        .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        self.volumes = volumes.map { volume in
            var volume = volume
            volume.labels = relevant(volume.labels)
            return volume
        }
        .sorted { $0.name < $1.name }
    }

    /// One line per object and per property of it, sorted, so that two descriptions can be compared line by line.
    public var description: String {
        var lines: [String] = []
        for container in containers {
            lines.append("container \(container.name) \(container.activity) \(container.id.short)")
            lines.append("  image \(container.image)")
            for (name, id) in container.networks.sorted(by: { $0.key < $1.key }) {
                let aliases = container.aliases[name].map { " as " + $0.joined(separator: ", ") } ?? ""
                lines.append("  network \(name) \(id.short)\(aliases)")
            }
            lines += container.mounts.map { "  mount \($0)" } + EngineSnapshot.lines(of: container.labels)
        }
        for network in networks {
            lines.append("network \(network.name) \(network.driver) \(network.id.short)")
            lines += EngineSnapshot.lines(of: network.labels)
        }
        for volume in volumes {
            lines.append("volume \(volume.name) \(volume.driver)")
            lines += EngineSnapshot.lines(of: volume.labels)
        }
        return lines.joined(separator: "\n")
    }

    /// The lines of the two descriptions that differ: `-` only here, `+` only in `later`. Empty where they are equal.
    /// Each is shown under the object it belongs to.
    public func difference(to later: EngineSnapshot) -> String {
        let (before, after) = (placedLines, later.placedLines)
        let removed = Set(before).subtracting(after)
        let added = Set(after).subtracting(before)
        return (before.filter(removed.contains).map { "- " + $0 } + after.filter(added.contains).map { "+ " + $0 })
            .joined(separator: "\n")
    }

    /// The description's lines, those of properties with their object's name in front.
    private var placedLines: [String] {
        var object = ""
        return description.split(separator: "\n").map { line in
            if line.hasPrefix("  ") { return "\(object): \(line.dropFirst(2))" }
            object = line.split(separator: " ").prefix(2).joined(separator: " ")
            return String(line)
        }
    }

    private static func lines(of labels: [String: String]) -> [String] {
        labels.sorted { $0.key < $1.key }.map { "  label \($0.key)=\($0.value)" }
    }
}
