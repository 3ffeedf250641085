import YAML

/// Loads the files under `include`, each as a project of its own, and lays the document over them.
struct Includer {
    let reader: ModelReader
    let file: Sources.File

    /// What an included project gives.
    static let kinds = ["services", "volumes", "networks", "secrets", "configs", "models"]

    func include(into document: Node, _ resets: Resets, _ reporter: inout Reporter) -> Node {
        guard var mapping = document.mapping, let entries = mapping["include"]?.items else { return document }
        mapping.remove("include")
        var model: Node?
        for (index, entry) in entries.enumerated() {
            let included = reporter.at(["include", String(index)]) { load(entry, &$0) }
            guard let kept = included?.mapping?.entries.filter({ Includer.kinds.contains($0.key.name) }) else {
                continue
            }
            let part = Node(.mapping(Mapping(kept)), mark: document.mark)
            model = reader.merger.merge(model, part, ComposeSchema.project)
        }
        let base = model.map { resets.apply(to: $0) }
        return reader.merger.merge(base, Node(.mapping(mapping), mark: document.mark), ComposeSchema.project)
    }

    private func load(_ entry: Node, _ reporter: inout Reporter) -> Node? {
        let paths = entry.field("path")?.items?.compactMap(\.text) ?? []
        let sources = paths.map { reader.source($0, in: reader.directory) }
        guard let first = sources.first else { return nil }
        guard let trail = trail(adding: first, entry.mark, &reporter) else { return nil }
        let directory =
            entry.field("project_directory")?.text.map { reader.source($0, in: reader.directory).path }
            ?? FilePath.parent(first.path)
        guard let environment = environment(entry, in: directory, &reporter) else { return nil }
        var inner = ModelReader(
            options: reader.options, files: reader.files, directory: directory, root: reader.root,
            environment: environment.variables, trail: trail)
        if let recording = reader.recording {
            var places = recording.environment
            places.values = environment.variables
            places.add(environment.files, shownFrom: reader.options.workingDirectory, reader.files)
            inner.recording = recording.including(entry.mark, places)
        }
        let parsed = sources.map { inner.parse($0, asked: entry.mark, &reporter) }
        return reporter.at([]) { inner.read(parsed, &$0) }
    }

    private func trail(adding next: Sources.File, _ mark: Mark, _ reporter: inout Reporter) -> [String]? {
        let trail = reader.trail + [file.path]
        if let start = trail.firstIndex(of: next.path) {
            let circle = (trail[start...] + [next.path]).map(FilePath.name).joined(separator: " -> ")
            reporter.error("files include each other: \(circle)", at: mark)
            return nil
        }
        guard trail.count <= ModelReader.depth else {
            reporter.error("files include files more than \(ModelReader.depth) levels deep", at: mark)
            return nil
        }
        return trail
    }

    /// The includer's variables, then those of the entry's files or of `.env` beside the included file; with the files.
    private func environment(
        _ entry: Node, in directory: String, _ reporter: inout Reporter
    ) -> (variables: [String: String], files: [String])? {
        var paths: [String] = []
        if let named = entry.field("env_file")?.items?.compactMap(\.text), !named.isEmpty {
            paths = named.filter { $0 != "/dev/null" }.map { reader.source($0, in: reader.directory).path }
            for path in paths {
                let reason: String
                switch reader.files.kind(of: path) {
                case .file: continue
                case .folder: reason = "it is a folder"
                case .missing: reason = "there is no such file"
                }
                reporter.error("the env file \(path) cannot be read: \(reason)", at: entry.mark)
                return nil
            }
        } else {
            let path = FilePath.join(directory, ".env")
            if reader.files.kind(of: path) == .file { paths = [path] }
        }
        let added = EnvironmentReader(files: reader.files, workingDirectory: reader.options.workingDirectory).read(
            paths, asked: entry.mark, over: reader.environment, &reporter)
        return (reader.environment.merging(added) { first, _ in first }, paths)
    }
}
