import YAML

/// Lays one conformed document over another.
struct Merger {
    /// Whether the documents still have short forms, because values stay as they are written.
    var asWritten = false

    /// The overlay on the base; an overlay's null keeps what is there.
    func merge(_ base: Node?, _ overlay: Node, _ shape: Shape, _ rule: Attribute.MergeRule = .natural) -> Node {
        guard let base, !base.isNull else { return overlay }
        switch rule {
        case .replace: return overlay
        case .sameDriver:
            guard !overlay.isNull else { return base }
            if let first = base.field("driver")?.text, let second = overlay.field("driver")?.text, first != second {
                return overlay
            }
        case .natural, .matching: break
        }
        if overlay.isNull { return shape.allowsNull ? overlay : base }
        if asWritten, case .short(let short, let long) = shape, short.staysShort {
            return short.shortened(merge(short.lengthened(base), short.lengthened(overlay), long, rule))
        }
        switch (base.content, overlay.content) {
        case (.mapping(let old), .mapping(let new)):
            return Node(.mapping(merge(old, new, shape)), mark: overlay.mark)
        case (.sequence(let old), .sequence(let new)):
            return Node(.sequence(merge(old, new, shape, rule)), mark: overlay.mark)
        default: return overlay
        }
    }

    private func merge(_ base: Mapping, _ overlay: Mapping, _ shape: Shape) -> Mapping {
        var result = base
        let long = shape.long
        for entry in overlay.entries {
            let (inner, rule) = long.inner(entry.key.name)
            let value = merge(result[entry.key.name], entry.value, inner, rule)
            // The key that is kept is the one a person would change to change the value.
            result.set(Mapping.Entry(key: entry.key, value: value))
        }
        return result
    }

    private func merge(_ base: [Node], _ overlay: [Node], _ shape: Shape, _ rule: Attribute.MergeRule) -> [Node] {
        guard case .list(let list) = shape.long else { return base + overlay }
        if case .matching(let key) = rule { return matching(base, overlay, list.item, key) }
        if case .replaced(let key) = list.repeats { return Merger.deduplicated(base + overlay, by: key) }
        return base + overlay
    }

    private func matching(_ base: [Node], _ overlay: [Node], _ shape: Shape, _ key: String) -> [Node] {
        var result = base
        for item in overlay {
            let name = item.field(key)?.text
            if let name, let index = result.firstIndex(where: { $0.field(key)?.text == name }) {
                result[index] = merge(result[index], item, shape)
            } else {
                result.append(item)
            }
        }
        return result
    }

    /// The items with the last of equal ones in the place of the first.
    static func deduplicated(_ items: [Node], by key: (Node) -> String) -> [Node] {
        var positions: [String: Int] = [:]
        var result: [Node] = []
        result.reserveCapacity(items.count)
        for item in items {
            let name = key(item)
            if let position = positions[name] {
                result[position] = item
            } else {
                positions[name] = result.count
                result.append(item)
            }
        }
        return result
    }
}

extension ShortForm {
    /// The long form of one that stayed short. Lines made of a mapping are sorted, as Docker Compose has them.
    fileprivate func lengthened(_ node: Node) -> Node {
        guard accepts(node) else {
            guard kind == .list, let entries = node.mapping?.entries else { return node }
            return Node(.mapping(Mapping(entries.sorted { $0.key.name < $1.key.name })), mark: node.mark)
        }
        // Mistakes in it have been reported.
        var silent = Conformer(reporter: Reporter(), paths: nil, asWritten: true)
        return expand(node, &silent).first ?? node
    }

    /// What Docker Compose prints of two that were merged: `KEY=VALUE` lines where either was a list or a mapping.
    fileprivate func shortened(_ node: Node) -> Node {
        guard kind == .list, let entries = node.mapping?.entries else { return node }
        return node.list(
            entries.map { entry in
                entry.value.isNull
                    ? entry.value.string(entry.key.name)
                    : entry.value.string("\(entry.key.name)=\(entry.value.scalarValue?.text ?? "")")
            })
    }
}

extension Shape {
    /// The shape without its short forms.
    var long: Shape {
        switch self {
        case .short(_, let shape), .nullable(let shape): shape.long
        case .scalar, .list, .map, .object, .either, .anything: self
        }
    }

    /// Whether null is a value, as for a variable to be taken from the environment.
    var allowsNull: Bool {
        guard case .scalar(let scalar) = self else { return false }
        return scalar.types.contains(.null)
    }

    /// The shape of a mapping's value, and how it merges.
    func inner(_ name: String) -> (Shape, Attribute.MergeRule) {
        switch self {
        case .map(let map):
            // What may be one number or a mapping is one value: half of it would not do.
            if case .either = map.value.long { return (map.value, .replace) }
            return (map.value, .natural)
        case .object(let object):
            guard let attribute = object.attributes[name] else { return (.anything, .natural) }
            return (attribute.shape, attribute.merge)
        case .scalar, .list, .either, .short, .nullable, .anything: return (.anything, .natural)
        }
    }
}
