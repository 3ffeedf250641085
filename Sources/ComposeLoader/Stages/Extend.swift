import YAML

/// Lays services over the ones they extend.
struct Extender {
    private let reader: ModelReader
    private var interpolator: Interpolator
    private var reporter: Reporter
    /// The services being resolved, outermost first, to find a circle.
    private var trail: [Step] = []
    /// The documents of the files extended from.
    private var parsed: [String: [Node]] = [:]

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
    }

    private init(reader: ModelReader, interpolator: Interpolator, reporter: Reporter) {
        self.reader = reader
        self.interpolator = interpolator
        self.reporter = reporter
    }

    /// The document of `file` with `extends` carried out and removed.
    static func extend(
        _ document: Node, of file: Sources.File, _ resets: Resets, _ reader: ModelReader,
        _ interpolator: inout Interpolator, _ reporter: inout Reporter
    ) -> Node {
        guard var mapping = document.mapping, var services = mapping.entry("services"),
            let all = services.value.mapping, all.entries.contains(where: { $0.value.field("extends") != nil })
        else { return document }
        var extender = Extender(reader: reader, interpolator: interpolator, reporter: reporter)
        var book = ServiceBook(services: all, source: file, directory: reader.directory, resets: [resets])
        for entry in all.entries { _ = extender.resolve(entry.key.name, in: &book) }
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
        let base = base(target, of: name, extends, in: &book)
        trail.removeLast()
        entry.value = merged(entry.value, over: base, name, book.resets)
        book.services.set(entry)
        book.finished.insert(name)
        return entry.value
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
        _ target: String, of name: String, _ extends: Node, in book: inout ServiceBook
    ) -> Node? {
        if let path = extends.field("file")?.text {
            let source = reader.source(path, in: book.directory)
            var other = services(from: target, in: source, asked: extends.mark, by: name)
            return resolve(target, in: &other)
        }
        if let known = book.services.entry(target) {
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
        var names: Set<String> = []
        for document in documents {
            var resets = Resets()
            let stripped = resets.strip(document)
            guard let all = stripped?.field("services")?.mapping else { continue }
            names.formUnion(all.entries.map(\.key.name))
            add(all, from: first, to: &book, resets)
        }
        if !documents.isEmpty, !names.contains(first) {
            reporter.at(["services", name, "extends"]) {
                $0.error(
                    "the service \"\(first)\" is not defined in \(source.shown)", at: mark,
                    hint: Suggestion.hint(for: first, among: names.sorted()))
            }
        }
        return book
    }

    private mutating func documents(of source: Sources.File, asked mark: Mark, by name: String) -> [Node] {
        if let known = parsed[source.path] { return known }
        let reader = reader
        let documents = reporter.at(["services", name, "extends"]) {
            reader.parse(source, asked: mark, &$0).documents
        }
        parsed[source.path] = documents
        return documents
    }

    /// Lays one document's service, and those it extends there, over what the book has of them.
    private mutating func add(_ all: Mapping, from first: String, to book: inout ServiceBook, _ resets: Resets) {
        book.resets.append(resets)
        var pending = [first]
        var seen: Set<String> = []
        while let name = pending.popLast() {
            guard seen.insert(name).inserted, let entry = all.entry(name), !entry.value.isNull,
                let service = conformed(entry, in: book.directory)
            else { continue }
            if let more = service.field("extends"), more.field("file") == nil,
                let target = more.field("service")?.text
            {
                pending.append(target)
            }
            let base = book.services[name].map { resets.apply(to: $0, at: ["services", name]) }
            let value = reader.merger.merge(base, service, ComposeSchema.service)
            book.services.set(Mapping.Entry(key: entry.key, value: value))
        }
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
