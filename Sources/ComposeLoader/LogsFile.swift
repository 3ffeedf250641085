package import ComposeModel
import YAML

/// What is shipped where, in a file of its own: the mapping under `logs:`, as under `x-gantry:` in a Compose file.
package enum LogsFile {
    private static let shape = Shape.object(
        [ComposeSchema.logs, Attribute("x-gantry", ComposeSchema.gantry)], allowsExtensions: true)

    /// The mapping; variables in it are replaced by those of the environment, and relative paths are made absolute from
    /// the file's folder.
    ///
    /// - Parameter path: absolute.
    /// - Throws: every mistake in the file's form, with its place.
    package static func read(
        _ path: String, environment: [String: String], files: any FileReading = SystemFiles()
    ) throws(LoadFailure) -> CanonicalValue {
        var reporter = Reporter()
        let file = Sources.File(shown: path, path: path, remote: nil)
        let parsed = Parser(files: files, standardInput: nil).parse(file, &reporter)
        var interpolator = Interpolator(environment: environment)
        let nodes = parsed.documents.compactMap { document -> Node? in
            let paths = PathResolver(base: FilePath.parent(path), home: environment["HOME"])
            var conformer = Conformer(reporter: reporter, paths: paths)
            let node = interpolator.interpolate(document, &conformer.reporter)
            defer { reporter = conformer.reporter }
            return conformer.conform(node, to: shape)
        }
        if !reporter.hasErrors {
            if let logs = nodes.lazy.compactMap({ $0.field("logs") ?? $0.field("x-gantry")?.field("logs") }).first {
                return CanonicalValue(logs)
            }
            reporter.error("\(path) has no \"logs:\"", at: nil, hint: "its sinks stand under \"logs: {sinks: ...}\"")
        }
        throw LoadFailure(diagnostics: reporter.sorted)
    }

    // MARK: A route on the command line

    /// Keys whose values are divided at commas; patterns may have commas in them.
    private static let lists: Set<String> = [
        "services", "labels", "streams", "levels", "to", "redact_keys", "redact_builtin",
    ]

    /// Reads `services=web,worker;streams=stdout;to=loki`: the keys of a route, those of `multiline` behind a point. A
    /// key that is repeated has all its values.
    ///
    /// - Throws: what is wrong with its form, with the place in the option.
    package static func route(option: String) throws(LoadFailure) -> CanonicalValue {
        let source = SourceFile(path: "--route", text: option)
        var reporter = Reporter()
        reporter.announce(source)
        var mapping = Mapping()
        for part in option.split(separator: ";", omittingEmptySubsequences: false) {
            let column = option.unicodeScalars.distance(from: option.startIndex, to: part.startIndex) + 1
            let mark = Mark(file: source, line: 1, column: column)
            guard let equals = part.firstIndex(of: "=") else {
                reporter.error("\"\(part)\" is not of the form KEY=VALUE", at: mark)
                continue
            }
            let key = String(part[..<equals])
            let text = part[part.index(after: equals)...]
            let values = (lists.contains(key) ? text.split(separator: ",") : [text]).map { value in
                Node(.scalar(Scalar(String(value), style: .singleQuoted)), mark: mark)
            }
            add(values, under: key.split(separator: ".", maxSplits: 1).map { String($0) }[...], mark, to: &mapping)
        }
        var conformer = Conformer(reporter: reporter, paths: nil)
        let node = conformer.conform(
            Node(.mapping(mapping), mark: Mark(file: source, line: 1, column: 1)), to: ComposeSchema.route)
        guard let node, !conformer.reporter.hasErrors else {
            throw LoadFailure(diagnostics: conformer.reporter.sorted)
        }
        return CanonicalValue(node)
    }

    private static func add(_ values: [Node], under path: ArraySlice<String>, _ mark: Mark, to mapping: inout Mapping) {
        guard let key = path.first else { return }
        let before = mapping[key]
        let value: Node
        if path.count > 1 {
            var inner = before?.mapping ?? Mapping()
            add(values, under: path.dropFirst(), mark, to: &inner)
            value = Node(.mapping(inner), mark: mark)
        } else if let before {
            value = Node(.sequence((before.items ?? [before]) + values), mark: mark)
        } else {
            value = values.count == 1 ? values[0] : Node(.sequence(values), mark: mark)
        }
        mapping.set(Mapping.Entry(key: Mapping.Key(key, mark: mark), value: value))
    }
}
