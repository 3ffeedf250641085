package import EngineAPI
package import SinkAPI

/// Which containers are read, and what they are called.
package struct LogSelection: Sendable {
    /// The labels that every one of them carries: `com.docker.compose.project=shop`.
    package let labels: [String]
    private let name: @Sendable (ContainerID, String, [String: String]) -> LogSource?

    /// - Parameter source: the source that a container with this name and these labels is; nil where it is not wanted.
    package init(
        labels: [String], source: @escaping @Sendable (ContainerID, _ name: String, [String: String]) -> LogSource?
    ) {
        self.labels = labels
        name = source
    }

    package func source(_ id: ContainerID, name: String, labels: [String: String]) -> LogSource? {
        self.name(id, name, labels)
    }

    /// What happens to these containers, and to others that carry the labels.
    package var events: EventFilter { EventFilter(types: ["container"], labels: labels) }

    /// The source that an event is about.
    package func source(of event: EngineEvent) -> LogSource? {
        name(ContainerID(event.actorID), event.attributes["name"] ?? "", event.attributes)
    }

    /// The selected containers that there are, in the order in which they are listed.
    package func list(on engine: any ContainerEngine) async throws -> [(source: LogSource, state: ContainerState)] {
        try await engine.containers(matching: ObjectFilter(labels: labels))
            .compactMap { summary in
                name(summary.id, summary.name, summary.labels).map { ($0, summary.state) }
            }
            .sorted { LogSource.precedes($0.source, $1.source) }
    }

    /// The name that a container is going to keep.
    ///
    /// A replacement is called `0123456789ab_shop-web-1`, after the container whose place it takes, until that one has
    /// gone; this is Docker Compose's rule too.
    package static func lastingName(of name: String) -> String {
        let parts = name.split(separator: "_", maxSplits: 1)
        let isTemporary = parts.count == 2 && parts[0].count == 12 && parts[0].allSatisfy(\.isHexDigit)
        return isTemporary ? String(parts[1]) : name
    }
}
