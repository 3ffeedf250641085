import YAML

/// Lays services over the ones they extend.
struct Extender {
    private let reader: ModelReader
    private var interpolator: Interpolator
    private var reporter: Reporter
    /// The services being resolved, outermost first, to find a circle.
    private var trail: [Step] = []
    /// The documents of the files extended from.
    private var parsed: [String: [Document]] = [:]

    /// A document of another file, read once for all who extend from it.
    private struct Document {
        var node: Node
        var services: Mapping
        var resets: Resets
    }

    private struct Step: Hashable {
        var path: String
        var service: String
    }

    /// The services of one file, and which of them are finished.
    private struct ServiceBook {
        var services: Mapping
        var source: Sources.File
        var directory: String
        /// What the file's documents reset.
        var resets: [Resets] = []
        var finished: Set<String> = []
        /// What each service is made of, and of that, what it extends; where it is recorded.
        var layers: [String: [Layer]] = [:]
        var extended: [Layer] = []
        /// The readings that the file is a part of.
        var scopes: [Int] = []
    }

    private init(reader: ModelReader, interpolator: Interpolator, reporter: Reporter) {
        self.reader = reader
        self.interpolator = interpolator
        self.reporter = reporter
    }

    /// The document of `file` with `extends` carried out and removed.
    static func extend(
        _ document: Node, of file: Sources.File, _ resets: Resets, _ reader: ModelReader, layersFrom start: Int,
        _ interpolator: inout Interpolator, _ reporter: inout Reporter
    ) -> Node {
        guard var mapping = document.mapping, var services = mapping.entry("services"),
            let all = services.value.mapping, all.entries.contains(where: { $0.value.field("extends") != nil })
        else { return document }
        var extender = Extender(reader: reader, interpolator: interpolator, reporter: reporter)
        var book = ServiceBook(services: all, source: file, directory: reader.directory, resets: [resets])
        if let recording = reader.recording {
            book.scopes = recording.scopes
            for entry in all.entries {
                book.layers[entry.key.name] = recording.recorder.layers(of: entry.key.name, from: start)
            }
        }
        for entry in all.entries { _ = extender.resolve(entry.key.name, in: &book) }
        reader.recording?.recorder.insert(book.extended, at: start)
        interpolator = extender.interpolator
        reporter = extender.reporter
        services.value = Node(.mapping(book.services), mark: services.value.mark)
        mapping.set(services)
        return Node(.mapping(mapping), mark: document.mark)
    }

    /// The service without `extends`, nil after a reported mistake.
    private mutating func resolve(_ name: String, in book: inout ServiceBook) -> Node? {
        guard var entry = book.services.entry(name) else { return nil }
        guard !book.finished.contains(name), let extends = entry.value.field("extends"),
            let target = extends.field("service")?.text
        else { return entry.value }
        guard enter(Step(path: book.source.path, service: name), extends.mark) else { return nil }
        var layers: [Layer] = []
        let base = base(target, of: name, extends, in: &book, &layers)
        trail.removeLast()
        record(layers, of: target, for: name, extends.mark, in: &book)
        entry.value = merged(entry.value, over: base, name, book.resets)
        book.services.set(entry)
        book.finished.insert(name)
        return entry.value
    }

    /// Notes what a service gets from the one it extends.
    private func record(
        _ layers: [Layer], of target: String, for name: String, _ mark: Mark, in book: inout ServiceBook
    ) {
        guard let recorder = reader.recording?.recorder else { return }
        let moved = recorder.moved(
            layers, to: name, for: Layer.Extension(service: target, mark: mark), in: book.scopes)
        book.layers[name] = moved + book.layers[name, default: []]
        book.extended += moved
    }

    /// Notes that the service is being resolved; false where it already is.
    private mutating func enter(_ step: Step, _ mark: Mark) -> Bool {
        if let start = trail.firstIndex(of: step) {
            let circle = (trail[start...] + [step]).map(\.service).joined(separator: " -> ")
            reporter.at(["services", step.service, "extends"]) {
                $0.error("services extend each other: \(circle)", at: mark)
            }
            return false
        }
        guard trail.count < ModelReader.depth else {
            reporter.at(["services", step.service, "extends"]) {
                $0.error("services extend each other more than \(ModelReader.depth) levels deep", at: mark)
            }
            return false
        }
        trail.append(step)
        return true
    }

    private mutating func base(
        _ target: String, of name: String, _ extends: Node, in book: inout ServiceBook, _ layers: inout [Layer]
    ) -> Node? {
        if let file = extends.field("file"), !file.isNull, let path = file.text {
            let source = reader.source(path, in: book.directory)
            var other = services(from: target, in: source, asked: extends.mark, by: name)
            defer { layers = other.layers[target, default: []] }
            return resolve(target, in: &other)
        }
        if let known = book.services.entry(target) {
            defer { layers = book.layers[target, default: []] }
            return known.value.isNull ? nil : resolve(target, in: &book)
        }
        let names = book.services.entries.map(\.key.name)
        reporter.at(["services", name, "extends"]) {
            $0.error(
                "the service \"\(target)\" is not defined in \(book.source.shown)",
                at: extends.field("service")?.mark, hint: Suggestion.hint(for: target, among: names))
        }
        return nil
    }

    private func merged(_ service: Node, over base: Node?, _ name: String, _ resets: [Resets]) -> Node {
        guard var mapping = service.mapping else { return service }
        mapping.remove("extends")
        let own = Node(.mapping(mapping), mark: service.mark)
        let kept = base.map { base in resets.reduce(base) { $1.apply(to: $0, at: ["services", name]) } }
        return reader.merger.merge(kept, own, ComposeSchema.service)
    }

    /// The service and those it extends from another file, with paths that start from that file's folder.
    private mutating func services(
        from first: String, in source: Sources.File, asked mark: Mark, by name: String
    ) -> ServiceBook {
        var book = ServiceBook(services: Mapping(), source: source, directory: FilePath.parent(source.path))
        let documents = documents(of: source, asked: mark, by: name)
        if let recording = reader.recording { book.scopes = recording.scopes + [recording.recorder.newScope()] }
        for (index, document) in documents.enumerated() {
            let added = add(document.services, from: first, to: &book, document.resets)
            guard let recording = reader.recording else { continue }
            for (entry, node) in added {
                let origin = Layer.Origin(file: source, document: index + 1)
                book.layers[entry.key.name, default: []].append(
                    recording.layer(of: entry, node, document: document.node, from: origin, in: book.scopes))
            }
        }
        if !documents.isEmpty, !documents.contains(where: { $0.services.entry(first) != nil }) {
            let names = Set(documents.flatMap { $0.services.entries.map(\.key.name) })
            reporter.at(["services", name, "extends"]) {
                $0.error(
                    "the service \"\(first)\" is not defined in \(source.shown)", at: mark,
                    hint: Suggestion.hint(for: first, among: names.sorted()))
            }
        }
        return book
    }

    private mutating func documents(of source: Sources.File, asked mark: Mark, by name: String) -> [Document] {
        if let known = parsed[source.path] { return known }
        let reader = reader
        let nodes = reporter.at(["services", name, "extends"]) {
            reader.parse(source, asked: mark, &$0).documents
        }
        let documents = nodes.map { node in
            var resets = Resets()
            let services = resets.strip(node)?.field("services")?.mapping
            return Document(node: node, services: services ?? Mapping(), resets: resets)
        }
        parsed[source.path] = documents
        return documents
    }

    /// Lays one document's service, and those it extends there, over what the book has of them. Returns them.
    private mutating func add(
        _ all: Mapping, from first: String, to book: inout ServiceBook, _ resets: Resets
    ) -> [(Mapping.Entry, Node)] {
        var added: [(Mapping.Entry, Node)] = []
        book.resets.append(resets)
        var pending = [first]
        var seen: Set<String> = []
        while let name = pending.popLast() {
            guard seen.insert(name).inserted, let entry = all.entry(name), !entry.value.isNull,
                let service = conformed(entry, in: book.directory)
            else { continue }
            if let more = service.field("extends"), more.field("file")?.isNull ?? true,
                let target = more.field("service")?.text
            {
                pending.append(target)
            }
            let base = book.services[name].map { resets.apply(to: $0, at: ["services", name]) }
            let value = reader.merger.merge(base, service, ComposeSchema.service)
            book.services.set(Mapping.Entry(key: entry.key, value: value))
            added.append((entry, service))
        }
        return added
    }

    private mutating func conformed(_ entry: Mapping.Entry, in folder: String) -> Node? {
        let reader = reader
        var interpolator = interpolator
        defer { self.interpolator = interpolator }
        return reporter.at(["services", entry.key.name]) { reporter in
            let node =
                reader.options.interpolates ? interpolator.interpolate(entry.value, &reporter) : entry.value
            return reader.conform(node, ComposeSchema.service, folder, &reporter)
        }
    }
}
