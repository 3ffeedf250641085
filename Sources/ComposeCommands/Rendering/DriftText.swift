import ComposePlanner
import FoundationEssentials

/// Drift for people and for programs.
enum DriftText {
    static func text(_ drift: [Drift], since release: Release, of project: String) -> String {
        let since = "release \(release.number) (\(release.command), \(release.time))"
        guard release.containers.contains(where: \.isWanted) || !drift.isEmpty else {
            return "Project \(project) has been stopped with Gantry since \(since), so there is nothing to compare."
        }
        guard !drift.isEmpty else { return "Project \(project) is as \(since) left it." }
        return (["Project \(project) differs from \(since):"] + drift.map { "  \($0.object) \($0.text)" })
            .joined(separator: "\n")
    }

    /// `version` grows when a field goes or changes its meaning.
    static func json(_ drift: [Drift], since release: Release, of project: String) throws -> String {
        struct Line: Encodable {
            let kind: Drift.Kind
            let service: String?
            let object: String
            let text: String
            let isInformation: Bool
        }
        struct Document: Encodable {
            let version = 1
            let project: String
            let release: Int
            let drift: [Line]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let lines = drift.map {
            Line(
                kind: $0.kind, service: $0.service, object: $0.object, text: $0.text, isInformation: $0.isInformation)
        }
        let document = Document(project: project, release: release.number, drift: lines)
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
