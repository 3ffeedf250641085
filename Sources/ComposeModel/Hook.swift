/// A command that belongs to the life of a service's containers.
package struct Hook: Sendable, Equatable, Codable {
    /// When it runs.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// In a container of its own, to its end, before the service's containers start.
        case preStart = "pre_start"
        /// In the service's container, after its start.
        case postStart = "post_start"
        /// In the service's container, before it is stopped.
        case preStop = "pre_stop"
    }

    /// nil, for `pre_start` alone, runs what the image does by itself.
    package var command: [String]?
    /// nil is the container's user.
    package var user: String?
    package var privileged: Bool?
    /// nil is the container's folder.
    package var workingDirectory: String?
    /// Variables beside the service's own; nil removes one.
    package var environment: [String: String?]?
    /// For `pre_start` alone; nil is the service's image.
    package var image: String?
    /// For `pre_start` alone: whether it is to run for each replica rather than once for all.
    package var perReplica: Bool?

    /// Compose's own names, so that a hook reads and writes as it stands in a file.
    private enum CodingKeys: String, CodingKey {
        case command, user, privileged, environment, image
        case workingDirectory = "working_dir"
        case perReplica = "per_replica"
    }

    package init(command: [String]?) { self.command = command }

    /// Reads a hook in its conformed shape; what is not as the schema has it counts as not given.
    init(_ value: CanonicalValue) {
        command = value["command"]?.texts
        user = value["user"]?.text
        privileged = value["privileged"]?.flag
        workingDirectory = value["working_dir"]?.text
        if case .object(let variables)? = value["environment"] {
            environment = Dictionary(variables.map { ($0.name, $0.value.text) }) { $1 }
        }
        image = value["image"]?.text
        perReplica = value["per_replica"]?.flag
    }
}

extension Service {
    /// The service's hooks of a kind, in the order in which they run.
    package func hooks(_ kind: Hook.Kind) -> [Hook] {
        guard case .list(let hooks)? = uninterpreted[kind.rawValue] else { return [] }
        return hooks.map(Hook.init)
    }
}

extension CanonicalValue {
    fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }
    fileprivate var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    fileprivate var texts: [String]? {
        if case .list(let items) = self { items.compactMap(\.text) } else { nil }
    }
}
