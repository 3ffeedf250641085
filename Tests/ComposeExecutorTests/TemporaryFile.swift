import FoundationEssentials

/// A path for a state file, whose folder goes with the value.
final class TemporaryFile: Sendable {
    private let folder: URL
    let path: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appending(path: "state.sqlite").path
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The bytes of all files in the folder, as far as they are text.
    func contents() throws -> String {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .map { String(decoding: try Data(contentsOf: folder.appending(path: $0)), as: UTF8.self) }.joined()
    }
}
