package import ComposeLogs
import ComposePlanner
import EngineAPI

extension LogSelection {
    /// The containers of a project, one-off ones excepted.
    ///
    /// - Parameters:
    ///   - services: those of these services; nil is all.
    ///   - index: the replica with this number; nil is all.
    package static func project(_ project: String, services: Set<String>? = nil, index: Int? = nil) -> LogSelection {
        LogSelection(labels: ["\(ComposeLabels.project)=\(project)", "\(ComposeLabels.oneOff)=False"]) {
            id, name, labels in
            guard let service = labels[ComposeLabels.service], services?.contains(service) ?? true else { return nil }
            let number = labels[ComposeLabels.number].flatMap(Int.init) ?? 0
            guard index == nil || index == number else { return nil }
            return LogSource(container: id, service: service, number: number, label: label(of: name, project: project))
        }
    }

    /// A container's name without its project's, as readers know it: `web-1`.
    ///
    /// A replacement is called `0123456789ab_shop-web-1`, after the container whose place it takes, until that one has
    /// gone; this is Docker Compose's rule too.
    package static func label(of name: String, project: String) -> String {
        let parts = name.split(separator: "_", maxSplits: 1)
        let isTemporary = parts.count == 2 && parts[0].count == 12 && parts[0].allSatisfy(\.isHexDigit)
        let name = isTemporary ? String(parts[1]) : name
        for separator in ["-", "_"] where name.hasPrefix(project + separator) {
            return String(name.dropFirst(project.count + 1))
        }
        return name
    }
}
