public import EngineAPI

/// A container as a source of log lines.
///
/// A class, so that a record names its source for the price of one reference. Two are equal when they are the same
/// container.
public final class LogSource: Sendable, Hashable {
    /// The container's identifier, which no other container ever has.
    public let container: ContainerID
    /// The container's name, without a leading slash.
    public let name: String
    /// The project it belongs to, nil for a container that no project made.
    public let project: String?
    /// Its service; its name where it belongs to no project.
    public let service: String
    /// The replica's number within its service, from 1.
    public let number: Int
    /// The reference of the image it was made from.
    public let image: String
    /// Those of its labels that records are to carry.
    public let labels: [String: String]
    /// What people see: its name without its project's, such as `web-1`.
    public let label: String

    /// A source with these facts; ``label`` follows from them.
    public init(
        container: ContainerID, name: String, project: String? = nil, service: String, number: Int = 1,
        image: String = "", labels: [String: String] = [:]
    ) {
        self.container = container
        self.name = name
        self.project = project
        self.service = service
        self.number = number
        self.image = image
        self.labels = labels
        // Docker Compose joined names with underscores before version 2.
        let isPrefixed = project.map { name.hasPrefix($0 + "-") || name.hasPrefix($0 + "_") } ?? false
        label = isPrefixed ? String(name.dropFirst((project ?? "").count + 1)) : name
    }

    /// Whether both are the same container.
    public static func == (left: LogSource, right: LogSource) -> Bool { left.container == right.container }
    /// By the container.
    public func hash(into hasher: inout Hasher) { hasher.combine(container) }
}
