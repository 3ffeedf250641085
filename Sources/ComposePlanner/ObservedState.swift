package import EngineAPI

/// What the engine holds of a project, as far as a plan needs it.
package struct ObservedState: Sendable, Equatable {
    /// The project's containers, one-off ones included.
    package var containers: [ObservedContainer]
    /// The containers that were made for hooks of the project rather than as replicas.
    package var hookContainers: [ContainerSummary]
    /// The project's networks, and others that carry a name which the project uses.
    package var networks: [NetworkSummary]
    /// The project's volumes, and others that carry a name which the project uses.
    package var volumes: [VolumeSummary]
    /// Who is attached to the networks that may have to go.
    package var networkUsers: [NetworkID: [ResourceUser]] = [:]
    /// Who mounts the volumes whose configuration has changed, by the volume's name.
    package var volumeUsers: [String: [ResourceUser]] = [:]
    /// The images present, by the reference that the project uses.
    package var images: [String: ImageDetails]
    /// The API agreed on with the engine; nil where nobody asked, and then every feature counts as there.
    package var engine: EnginePing?
    /// The user's Docker client.
    package var client = ClientSettings()
    /// What was found of ``ComposeModel/Project/hostFilesToRead``, by path.
    package var hostFiles: [String: HostFile] = [:]
    /// When the engine starts containers again; none where nobody asked.
    package var restartPolicies: [ContainerID: RestartPolicySpec] = [:]
    /// Which services are up only because others depend on them; none where nobody asked the state.
    package var holds = HoldSet()

    package init(
        containers: [ObservedContainer] = [], hookContainers: [ContainerSummary] = [],
        networks: [NetworkSummary] = [], volumes: [VolumeSummary] = [], images: [String: ImageDetails] = [:]
    ) {
        self.containers = containers
        self.hookContainers = hookContainers
        self.networks = networks
        self.volumes = volumes
        self.images = images
    }

    /// The services of which a container runs.
    package var runningServices: Set<String> {
        Set(containers.filter { !$0.isOneOff && $0.summary.state.isRunning }.map(\.service))
    }

    /// The replicas of `service`, by number; a one-off container is none.
    package func replicas(of service: String) -> [ObservedContainer] {
        containers.filter { $0.service == service && !$0.isOneOff }
            .sorted { ($0.number, $0.name) < ($1.number, $1.name) }
    }
}

/// A container that carries a project's labels.
package struct ObservedContainer: Sendable, Equatable {
    package let summary: ContainerSummary
    package let service: String
    /// The replica's number; 0 where the label is missing or no number.
    package let number: Int
    package let isOneOff: Bool

    /// nil for a container that no Compose tool made: one without a service or a `config-hash`.
    package init?(_ summary: ContainerSummary) {
        guard let service = summary.labels[ComposeLabels.service], summary.labels[ComposeLabels.configHash] != nil
        else { return nil }
        self.summary = summary
        self.service = service
        self.number = summary.labels[ComposeLabels.number].flatMap(Int.init) ?? 0
        self.isOneOff = summary.labels[ComposeLabels.oneOff]?.lowercased() == "true"
    }

    package var id: ContainerID { summary.id }
    package var name: String { summary.name }
    package var labels: [String: String] { summary.labels }
    package var handle: ContainerHandle { .existing(id, name: name) }

    /// The services that this container's service needs, as its label tells.
    package var dependencies: [String] {
        (labels[ComposeLabels.dependsOn] ?? "").split(separator: ",")
            .compactMap { $0.split(separator: ":").first.map(String.init) }
    }
}

extension ContainerSummary {
    /// Whether it has run to its end without an error.
    var hasSucceeded: Bool { state == .exited && exitCode == 0 }
}
