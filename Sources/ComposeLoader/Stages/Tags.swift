import YAML

/// What the tags `!reset` and `!override` of one document take away from the documents before it.
struct Resets {
    private(set) var paths: [[String]] = []

    /// The document without what is reset, and without the tags.
    mutating func strip(_ node: Node) -> Node? { strip(node, at: []) }

    private mutating func strip(_ node: Node, at path: [String]) -> Node? {
        var result = node
        switch node.tag {
        case "!reset":
            paths.append(path)
            return nil
        case "!override":
            paths.append(path)
            result.tag = nil
            return result
        default: break
        }
        guard Resets.hasTags(node) else { return node }
        switch node.content {
        case .scalar: break
        case .sequence(let items):
            result.content = .sequence(
                items.enumerated().compactMap { strip($0.element, at: path + [String($0.offset)]) })
        case .mapping(let mapping):
            let entries = mapping.entries.compactMap { entry in
                strip(entry.value, at: path + [entry.key.name]).map { Mapping.Entry(key: entry.key, value: $0) }
            }
            result.content = .mapping(Mapping(entries))
        }
        return result
    }

    private static func hasTags(_ node: Node) -> Bool {
        if node.tag == "!reset" || node.tag == "!override" { return true }
        return switch node.content {
        case .scalar: false
        case .sequence(let items): items.contains(where: hasTags)
        case .mapping(let mapping): mapping.entries.contains { hasTags($0.value) }
        }
    }

    /// The tree without what is taken away, at `prefix` of the whole.
    func apply(to node: Node, at prefix: [String] = []) -> Node {
        var result = node
        for path in paths where path.count > prefix.count && path.starts(with: prefix) {
            result = Resets.removing(path[prefix.count...], from: result)
        }
        return result
    }

    private static func removing(_ path: ArraySlice<String>, from node: Node) -> Node {
        guard let key = path.first else { return node }
        let rest = path.dropFirst()
        var result = node
        switch node.content {
        case .scalar: break
        case .sequence(var items):
            guard let index = Int(key), items.indices.contains(index) else { return node }
            if rest.isEmpty {
                items.remove(at: index)
            } else {
                items[index] = removing(rest, from: items[index])
            }
            result.content = .sequence(items)
        case .mapping(var mapping):
            guard var entry = mapping.entry(key) else { return node }
            if rest.isEmpty {
                mapping.remove(key)
            } else {
                entry.value = removing(rest, from: entry.value)
                mapping.set(entry)
            }
            result.content = .mapping(mapping)
        }
        return result
    }
}
