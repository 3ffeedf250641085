import ComposePlanner
import FoundationEssentials

/// Releases for people and for programs.
enum ReleaseText {
    static func table(_ releases: [Release]) -> String {
        var table = TextTable(header: ["RELEASE", "TIME", "COMMAND", "CHANGED", "IMAGES"])
        for release in releases {
            let images = release.images.sorted { $0.key < $1.key }.map { "\($0.key)=\(short($0.value))" }
            table.add([
                String(release.number), release.time, release.command,
                release.changed.isEmpty ? "-" : release.changed.joined(separator: ","), images.joined(separator: " "),
            ])
        }
        return table.text
    }

    /// `version` grows when a field goes or changes its meaning.
    static func json(_ releases: [Release], project: String) throws -> String {
        struct Line: Encodable {
            let number: Int
            let time: String
            let command: String
            let covered: [String]
            let changed: [String]
            let images: [String: String]
        }
        struct Document: Encodable {
            let version = 1
            let project: String
            let releases: [Line]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let lines = releases.map {
            Line(
                number: $0.number, time: $0.time, command: $0.command, covered: $0.covered, changed: $0.changed,
                images: $0.images)
        }
        return String(decoding: try encoder.encode(Document(project: project, releases: lines)), as: UTF8.self)
    }
}
