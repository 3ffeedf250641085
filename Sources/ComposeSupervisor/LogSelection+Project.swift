package import ComposeLogs
import ComposePlanner
import EngineAPI
import SinkAPI

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
            return LogSource(
                container: id, name: lastingName(of: name), project: project, service: service, number: number)
        }
    }
}
