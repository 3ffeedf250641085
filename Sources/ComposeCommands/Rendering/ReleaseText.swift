import ComposePlanner
import FoundationEssentials

/// Releases for people and for programs.
enum ReleaseText {
    /// - Parameter missing: the images that the engine has no more.
    static func table(_ releases: [Release], missing: Set<String>) -> String {
        var table = TextTable(header: ["RELEASE", "TIME", "COMMAND", "CHANGED", "IMAGES"])
        for release in releases {
            let images = release.images.sorted { $0.key < $1.key }.map {
                "\($0.key)=\(short($0.value))" + (missing.contains($0.value) ? " (gone)" : "")
            }
            table.add([
                String(release.number), release.time, release.command,
                release.changed.isEmpty ? "-" : release.changed.joined(separator: ","), images.joined(separator: " "),
            ])
        }
        return table.text
    }

    /// `version` grows when a field goes or changes its meaning.
    ///
    /// - Parameter missing: the images that the engine has no more, nil where it could not be asked; then no release tells
    ///   of them.
    static func json(_ releases: [Release], missing: Set<String>?, project: String) throws -> String {
        struct Line: Encodable {
            let number: Int
            let time: String
            let command: String
            let covered: [String]
            let changed: [String]
            let images: [String: String]
            let missingImages: [String]?
        }
        struct Document: Encodable {
            let version = 1
            let project: String
            let releases: [Line]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let lines = releases.map { release in
            Line(
                number: release.number, time: release.time, command: release.command, covered: release.covered,
                changed: release.changed, images: release.images,
                missingImages: missing.map { Set(release.images.values).intersection($0).sorted() })
        }
        return String(decoding: try encoder.encode(Document(project: project, releases: lines)), as: UTF8.self)
    }
}
