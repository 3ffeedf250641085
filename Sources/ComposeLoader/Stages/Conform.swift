import YAML

/// Checks one document against the schema and rewrites what is short as what it stands for.
///
/// Afterwards every list is a list, every mapping a mapping, numbers and booleans are plain decimals and `true` or
/// `false`, texts are quoted, paths absolute. What is missing or empty is left for the merged whole to be judged.
struct Conformer {
    var reporter: Reporter
    /// Makes paths absolute, nil keeps them as written.
    let paths: PathResolver?
    /// Whether values stay as they are written, because they may hold variables that nobody replaced.
    let asWritten: Bool
    /// How many ports ranges have been read as.
    private var portCount = 0

    /// Ports of one document. A range of a few letters can stand for 65536, and an alias can repeat it.
    private static let portLimit = 200_000

    init(reporter: Reporter, paths: PathResolver?, asWritten: Bool = false) {
        self.reporter = reporter
        self.paths = paths
        self.asWritten = asWritten
    }

    /// The document in its long form; what is wrong is reported and left out.
    mutating func conform(_ node: Node, to shape: Shape) -> Node? { all(node, shape).first }

    /// What a node becomes: an item of a list may stand for several.
    private mutating func all(_ node: Node, _ shape: Shape) -> [Node] {
        switch shape {
        case .anything:
            return [node]
        case .nullable(let shape):
            return node.isNull ? [node] : all(node, shape)
        case .short(let short, let long):
            guard short.accepts(node) else { return all(node, long) }
            if short.isLate { return late(node, short, long) }
            let expanded = short.expand(node, &self)
            if asWritten, expanded.first?.text != nil { return [node] }
            let result = expanded.flatMap { all($0, long) }
            return asWritten && short.staysShort ? [node] : result
        case .either(let shapes):
            if node.isNull { return [node] }
            if let fitting = shapes.first(where: { $0.accepts(node) }) { return all(node, fitting) }
            expected(shape.expectation, found: node)
            return []
        case .scalar(let scalar):
            return self.scalar(node, scalar).map { [$0] } ?? []
        case .list(let list):
            return self.list(node, list).map { [$0] } ?? []
        case .map(let map):
            return self.map(node, map).map { [$0] } ?? []
        case .object(let object):
            return self.object(node, object).map { [$0] } ?? []
        }
    }

    /// A short form that stays one until files are laid over each other; only what is wrong with it is said.
    private mutating func late(_ node: Node, _ short: ShortForm, _ long: Shape) -> [Node] {
        let expanded = short.expand(node, &self).flatMap { all($0, long) }
        guard let item = expanded.first?.items?.first else { return [] }
        if item.text != nil { return [item] }
        return asWritten ? expanded : [node]
    }

    private mutating func list(_ node: Node, _ shape: ListShape) -> Node? {
        guard let items = node.items else { return mismatch(node, .list(shape)) }
        var result: [Node] = []
        result.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            reporter.enter(String(index))
            result.append(contentsOf: all(item, shape.item))
            reporter.leave()
        }
        // Docker Compose leaves a list alone that has an item it cannot read.
        if asWritten, case .object = shape.item.long, result.contains(where: { $0.text != nil }) { return node }
        if case .replaced(let key) = shape.repeats { result = Merger.deduplicated(result, by: key) }
        return Node(.sequence(result), mark: node.mark)
    }

    private mutating func map(_ node: Node, _ shape: MapShape) -> Node? {
        guard let mapping = node.mapping else { return mismatch(node, .map(shape)) }
        var entries: [Mapping.Entry] = []
        entries.reserveCapacity(mapping.entries.count)
        for entry in mapping.entries {
            if let rule = shape.name, !rule.isAllowed(entry.key.name) {
                reporter.error("the name \"\(entry.key.name)\" \(rule.sentence)", at: entry.key.mark)
                continue
            }
            reporter.enter(entry.key.name)
            if let value = all(entry.value, shape.value).first {
                entries.append(Mapping.Entry(key: entry.key, value: value))
            }
            reporter.leave()
        }
        return Node(.mapping(Mapping(entries)), mark: node.mark)
    }

    private mutating func object(_ node: Node, _ shape: ObjectShape) -> Node? {
        guard let mapping = node.mapping else { return mismatch(node, .object(shape)) }
        var entries: [Mapping.Entry] = []
        entries.reserveCapacity(mapping.entries.count)
        for entry in mapping.entries {
            let name = entry.key.name
            guard let attribute = shape.attributes[name] else {
                if name.hasPrefix("x-"), shape.allowsExtensions {
                    entries.append(entry)
                } else {
                    unknown(entry.key, in: shape)
                }
                continue
            }
            reporter.enter(name)
            if let value = all(entry.value, attribute.shape).first {
                entries.append(Mapping.Entry(key: entry.key, value: value))
            }
            reporter.leave()
        }
        var result = Mapping(entries)
        shape.finish?(&result, node.mark, &self)
        return Node(.mapping(result), mark: node.mark)
    }

    private mutating func unknown(_ key: Mapping.Key, in shape: ObjectShape) {
        let hint = Suggestion.hint(for: key.name, among: shape.attributes.keys)
        if shape.ignoresUnknown {
            reporter.warn(.unknownOption, "\"\(key.name)\" is not known here and is ignored", at: key.mark, hint: hint)
            return
        }
        reporter.error("\"\(key.name)\" is not known here", at: key.mark, hint: hint)
    }

    /// Null is kept, because an override may leave a value as it is; the merged whole must not have it.
    private mutating func mismatch(_ node: Node, _ shape: Shape) -> Node? {
        if node.isNull { return node }
        expected(shape.expectation, found: node)
        return nil
    }

    /// Reads the short form of a port; nothing after a reported mistake, or once there are too many.
    mutating func ports(_ text: String, at mark: Mark) -> [PortSyntax.Entry] {
        guard portCount <= Conformer.portLimit else { return [] }
        do throws(PortSyntax.Fault) {
            let ports = try PortSyntax.parse(text)
            portCount += ports.count
            if portCount <= Conformer.portLimit { return ports }
            reporter.error("the file has more than \(Conformer.portLimit) ports", at: mark)
        } catch {
            reporter.error(error.message, at: mark, hint: "ports are written [ADDRESS:][HOST:]CONTAINER[/PROTOCOL]")
        }
        return []
    }

    /// Reports a node of another type than the one expected.
    mutating func expected(_ expectation: String, found node: Node) {
        let found = node.kindDescription
        var hint: String?
        if expectation.hasPrefix("a string"), case .scalar(let scalar) = node.content {
            hint = "put it in quotes: \"\(scalar.text)\""
        }
        reporter.error("expected \(expectation), found \(found)", at: node.mark, hint: hint)
    }
}

extension ShortForm {
    /// Whether the node is of the kind that the short form is written as.
    func accepts(_ node: Node) -> Bool {
        switch (kind, node.content) {
        case (.scalar, .scalar): node.scalarValue.map { types.contains(ScalarShape.Types($0)) } ?? false
        case (.list, .sequence), (.mapping, .mapping): true
        default: false
        }
    }
}

extension Shape {
    /// Whether the node is of the right kind, whatever it holds.
    fileprivate func accepts(_ node: Node) -> Bool {
        switch (self, node.content) {
        case (.anything, _), (.scalar, .scalar), (.list, .sequence), (.map, .mapping), (.object, .mapping): true
        case (.nullable(let shape), _): node.isNull || shape.accepts(node)
        case (.short(let short, let long), _): short.accepts(node) || long.accepts(node)
        case (.either(let shapes), _): shapes.contains { $0.accepts(node) }
        default: false
        }
    }
}

extension Node {
    /// What a person would call it: `a list`, `the number 5`.
    var kindDescription: String {
        switch content {
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .scalar:
            switch scalarValue {
            case nil, .null: "nothing"
            case .bool(let value): String(value)
            case .int(let value): "the number \(value)"
            case .float: "the number \(text ?? "")"
            case .string(let text): text.utf8.count > 40 ? "a string" : "the string \"\(text)\""
            case .timestamp(let text): "the date \(text)"
            }
        }
    }
}
