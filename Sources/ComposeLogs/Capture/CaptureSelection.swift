package import EngineAPI
import LogProcessing
package import SinkAPI

/// Which containers are captured, and what records say of them.
package struct CaptureSelection: Sendable, Equatable {
    /// A container with this label and the value `off` is never captured, and one with `forward` sends its output itself.
    package static let optOut = "io.gantry.logs"
    private static let uncaptured = ["off", "forward"]

    // Docker Compose's labels.
    private static let project = "com.docker.compose.project"
    private static let service = "com.docker.compose.service"
    private static let number = "com.docker.compose.container-number"

    /// Labels that they carry, each `name` or `name=value`.
    package var labels: [String]
    /// Services of which they are; nil is all, and containers of none.
    package var services: Set<String>?
    /// Patterns with `*` and `?`, one of which the name meets; none means all.
    package var names: [String]
    /// The same for the reference of the image.
    package var images: [String]
    /// Patterns of the labels that records carry.
    package var keptLabels: [String]
    /// How the output of services is captured; ``CaptureMode/logs`` where nothing is said.
    package var modes: [String: CaptureMode] = [:]

    /// A selection with these conditions; without arguments all containers of the engine.
    package init(
        labels: [String] = [], services: Set<String>? = nil, names: [String] = [], images: [String] = [],
        keptLabels: [String] = []
    ) {
        self.labels = labels
        self.services = services
        self.names = names
        self.images = images
        self.keptLabels = keptLabels
    }

    /// The containers of a project.
    package static func project(_ name: String, services: Set<String>? = nil) -> CaptureSelection {
        CaptureSelection(labels: ["\(project)=\(name)"], services: services)
    }

    var events: EventFilter { EventFilter(types: ["container"], labels: labels) }
    var filter: ObjectFilter { ObjectFilter(labels: labels) }

    /// The source that a container is; nil where it is not wanted.
    package func source(
        _ container: ContainerID, name: String, image: String, labels: [String: String]
    ) -> LogSource? {
        let name = LogSelection.lastingName(of: name)
        guard !CaptureSelection.uncaptured.contains(labels[CaptureSelection.optOut] ?? ""), meets(names, name),
            meets(images, image)
        else { return nil }
        let service = labels[CaptureSelection.service]
        if let services, service.map(services.contains) != true { return nil }
        return LogSource(
            container: container, name: name, project: labels[CaptureSelection.project], service: service ?? name,
            number: labels[CaptureSelection.number].flatMap { Int($0) } ?? 1, image: image,
            labels: kept(of: labels))
    }

    /// Those of a container's labels that records carry.
    package func kept(of labels: [String: String]) -> [String: String] {
        let patterns = keptLabels.map(GlobPattern.init)
        return labels.filter { label in patterns.contains { $0.matches(label.key) } }
    }

    func source(of event: EngineEvent) -> LogSource? {
        var labels = event.attributes
        // These two are no labels, though an engine mixes them.
        let name = labels.removeValue(forKey: "name") ?? ""
        let image = labels.removeValue(forKey: "image") ?? ""
        return source(ContainerID(event.actorID), name: name, image: image, labels: labels)
    }

    /// How a container is captured.
    func mode(of source: LogSource) -> CaptureMode { modes[source.service] ?? .logs }

    private func meets(_ patterns: [String], _ text: String) -> Bool {
        patterns.isEmpty || patterns.contains { GlobPattern($0).matches(text) }
    }
}
