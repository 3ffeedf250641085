import YAML

/// Turns the files of a project, or of what it includes, into one conformed tree.
///
/// The stages of a document are in the order that gives them their meaning: variables are replaced before anything is
/// judged, included files are below the document, `!reset` takes from what came before, `extends` sees all of it.
struct ModelReader {
    let options: LoadOptions
    let files: any FileReading
    /// The absolute folder of relative paths.
    let directory: String
    /// The absolute folder of the project that includes all others.
    let root: String
    var environment: [String: String]
    /// The absolute paths of the files that lead here, to find a circle.
    var trail: [String] = []
    /// Keeps what each document contributes, where that is asked for.
    var recording: Recording?

    /// Files that include files that include files. Nobody nests them by hand so deep.
    static let depth = 32

    /// A file that has been parsed.
    struct ParsedFile {
        var file: Sources.File
        /// The file's text, nil where it cannot be read.
        var source: SourceFile?
        var documents: [Node]
    }

    /// The files laid over each other, nil where none could be read.
    func read(_ parsed: [ParsedFile], _ reporter: inout Reporter) -> Node? {
        var model: Node?
        var interpolator = Interpolator(environment: environment)
        for (number, source) in parsed.enumerated() {
            for (index, document) in source.documents.enumerated() {
                let origin = Layer.Origin(
                    file: source.file, number: number + 1, fileCount: parsed.count, document: index + 1)
                model = layer(document, from: origin, over: model, &interpolator, &reporter)
            }
        }
        return model
    }

    func parse(_ file: Sources.File, asked mark: Mark? = nil, _ reporter: inout Reporter) -> ParsedFile {
        Parser(files: files, standardInput: options.standardInput).parse(file, asked: mark, &reporter)
    }

    private func layer(
        _ document: Node, from origin: Layer.Origin, over model: Node?, _ interpolator: inout Interpolator,
        _ reporter: inout Reporter
    ) -> Node? {
        var resets = Resets()
        guard let stripped = resets.strip(document) else { return nil }
        let interpolated = options.interpolates ? interpolator.interpolate(stripped, &reporter) : stripped
        guard var node = conform(interpolated, ComposeSchema.project, directory, &reporter) else { return model }
        let start = recording?.recorder.count ?? 0
        let own = node
        node = Includer(reader: self, file: origin.file).include(into: node, resets, &reporter)
        recording?.add(document, own, from: origin)
        let base = model.map { resets.apply(to: $0) }
        node = Extender.extend(node, of: origin.file, resets, self, layersFrom: start, &interpolator, &reporter)
        return merger.merge(base, node, ComposeSchema.project)
    }

    /// The node in its long form, with paths that start from `folder`.
    func conform(_ node: Node, _ shape: Shape, _ folder: String, _ reporter: inout Reporter) -> Node? {
        var conformer = Conformer(
            reporter: reporter, paths: pathResolver(of: folder), asWritten: !options.interpolates)
        let result = conformer.conform(node, to: shape)
        reporter = conformer.reporter
        return result
    }

    /// What a file's paths become. A file that is included, or lies in another folder, has its paths changed even where
    /// none is to be absolute: they start from the project's folder then.
    private func pathResolver(of folder: String) -> PathResolver? {
        let home = options.environment["HOME"]
        if options.resolvesPaths { return PathResolver(base: folder, home: home) }
        if folder == directory, trail.isEmpty { return nil }
        return PathResolver(base: folder == root ? "." : FilePath.shown(folder, from: root), home: home)
    }

    var merger: Merger { Merger(asWritten: !options.interpolates) }

    /// A file named in a file of `folder`: shown relative to the working directory where that is shorter.
    func source(_ path: String, in folder: String) -> Sources.File {
        let absolute = FilePath.clean(PathResolver(base: folder, home: options.environment["HOME"]).absolute(path))
        let remote = RemoteResource(path)
        let shown = remote == nil ? FilePath.shown(absolute, from: options.workingDirectory) : path
        return Sources.File(shown: shown, path: absolute, remote: remote)
    }
}
