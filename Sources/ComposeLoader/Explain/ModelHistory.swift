import YAML

/// What a project was made of, kept to be explained.
package struct ModelHistory: Sendable {
    /// Where the project's name comes from, where no file says it.
    enum NameSource: Sendable {
        case option, variable, folder
    }

    /// A file of variables or labels that a service names.
    struct LineFile: Sendable {
        /// As a person would name it.
        var shown: String
        var lines: [String: Int]
        var text: [Substring]
    }

    /// Lowest first.
    var layers: [Layer]
    /// The merged tree.
    var model: Node
    /// The files that services name, by absolute path.
    var lineFiles: [String: LineFile] = [:]
    /// nil where a file says it.
    var nameSource: NameSource?
    var places: VariablePlaces

    init(
        _ recording: Recording, model: Node, nameSource: NameSource?, files: any FileReading, workingDirectory: String
    ) {
        layers = recording.recorder.layers
        self.model = model
        self.nameSource = nameSource
        places = recording.environment
        for service in model.field("services")?.mapping?.entries ?? [] {
            for item in service.value.field("env_file")?.items ?? [] {
                read(item.field("path")?.text, isRaw: item.field("format")?.text == "raw", files, workingDirectory)
            }
            for item in service.value.field("label_file")?.items ?? [] {
                read(item.text, isRaw: false, files, workingDirectory)
            }
        }
    }

    private mutating func read(_ path: String?, isRaw: Bool, _ files: any FileReading, _ folder: String) {
        guard let path, lineFiles[path] == nil, let bytes = try? files.read(path) else { return }
        lineFiles[path] = LineFile(
            shown: FilePath.shown(path, from: folder),
            lines: VariablePlaces.lines(of: path, isRaw: isRaw, files),
            text: String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false))
    }
}
