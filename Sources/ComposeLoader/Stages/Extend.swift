import YAML

/// Lays services over the ones they extend.
struct Extender {
    let reader: ModelReader
    let file: Sources.File
    let resets: Resets

    /// The document with `extends` carried out and removed.
    func extend(_ document: Node, interpolator: inout Interpolator, _ reporter: inout Reporter) -> Node {
        guard var mapping = document.mapping, var services = mapping.entry("services"),
            let all = services.value.mapping, all.entries.contains(where: { $0.value.field("extends") != nil })
        else { return document }
        var book = ServiceBook(services: all, source: file, directory: reader.directory, resets: [resets])
        for entry in all.entries {
            var trail: [String] = []
            _ = resolve(entry.key.name, in: &book, &trail, &interpolator, &reporter)
        }
        services.value = Node(.mapping(book.services), mark: services.value.mark)
        mapping.set(services)
        return Node(.mapping(mapping), mark: document.mark)
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

    /// The service without `extends`, nil after a reported mistake.
    private func resolve(
        _ name: String, in book: inout ServiceBook, _ trail: inout [String], _ interpolator: inout Interpolator,
        _ reporter: inout Reporter
    ) -> Node? {
        guard var entry = book.services.entry(name) else { return nil }
        guard !book.finished.contains(name), let extends = entry.value.field("extends"),
            let target = extends.field("service")?.text
        else { return entry.value }
        let step = "\(book.source.path):\(name)"
        guard !trail.contains(step), trail.count < ModelReader.depth * 4 else {
            let circle = (trail.drop { $0 != step } + [step]).map {
                $0.split(separator: ":").last.map(String.init) ?? $0
            }
            reporter.at(["services", name, "extends"]) {
                $0.error("services extend each other: \(circle.joined(separator: " -> "))", at: extends.mark)
            }
            return nil
        }
        trail.append(step)
        defer { trail.removeLast() }
        var base: Node?
        if let path = extends.field("file")?.text {
            let source = reader.source(path, in: book.directory)
            var other = reporter.at(["services", name, "extends"]) {
                services(from: target, in: source, asked: extends.mark, &interpolator, &$0)
            }
            base = resolve(target, in: &other, &trail, &interpolator, &reporter)
        } else if let known = book.services.entry(target) {
            base = known.value.isNull ? nil : resolve(target, in: &book, &trail, &interpolator, &reporter)
        } else {
            reporter.at(["services", name, "extends"]) {
                $0.error(
                    "\"\(target)\" is not defined in \(book.source.shown)", at: extends.field("service")?.mark,
                    hint: Suggestion.hint(for: target, among: book.services.entries.map(\.key.name)))
            }
        }
        entry.value = merged(entry.value, over: base, name, book.resets)
        book.services.set(entry)
        book.finished.insert(name)
        return entry.value
    }

    private func merged(_ service: Node, over base: Node?, _ name: String, _ resets: [Resets]) -> Node {
        guard var mapping = service.mapping else { return service }
        mapping.remove("extends")
        let own = Node(.mapping(mapping), mark: service.mark)
        let kept = base.map { base in
            resets.reduce(base) { $1.apply(to: $0, at: ["services", name]) }
        }
        return Merger().merge(kept, own, ComposeSchema.service)
    }

    /// The service and those it extends from another file, with paths that start from that file's folder.
    private func services(
        from first: String, in source: Sources.File, asked mark: Mark, _ interpolator: inout Interpolator,
        _ reporter: inout Reporter
    ) -> ServiceBook {
        let folder = FilePath.parent(source.path)
        var book = ServiceBook(services: Mapping(), source: source, directory: folder)
        var names: Set<String> = []
        let documents = reader.parse(source, asked: mark, &reporter).documents
        for document in documents {
            var resets = Resets()
            let stripped = resets.strip(document)
            book.resets.append(resets)
            guard let all = stripped?.field("services")?.mapping else { continue }
            names.formUnion(all.entries.map(\.key.name))
            var pending = [first]
            var seen: Set<String> = []
            while let name = pending.popLast() {
                guard seen.insert(name).inserted, let entry = all.entry(name), !entry.value.isNull else { continue }
                let service = reporter.at(["services", name]) { reporter -> Node? in
                    let options = reader.options
                    let node =
                        options.interpolates ? interpolator.interpolate(entry.value, &reporter) : entry.value
                    return reader.conform(node, ComposeSchema.service, folder, &reporter)
                }
                guard let service else { continue }
                if let more = service.field("extends"), more.field("file") == nil,
                    let target = more.field("service")?.text
                {
                    pending.append(target)
                }
                let base = book.services[name].map { resets.apply(to: $0, at: ["services", name]) }
                let value = Merger().merge(base, service, ComposeSchema.service)
                book.services.set(Mapping.Entry(key: entry.key, value: value))
            }
        }
        if !documents.isEmpty, !names.contains(first) {
            reporter.error(
                "\"\(first)\" is not defined in \(source.shown)", at: mark,
                hint: Suggestion.hint(for: first, among: names.sorted()))
        }
        return book
    }
}
