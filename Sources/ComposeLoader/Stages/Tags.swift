import YAML

/// What the tags `!reset` and `!override` of one document take away from the documents before it.
struct Resets {
    /// What is taken away, by the keys that lead to it.
    private var taken = Branch()

    /// A place in the tree, and whether it is taken away whole.
    private struct Branch {
        var isTaken = false
        var branches: [String: Branch] = [:]

        mutating func take(_ path: ArraySlice<String>) {
            guard let key = path.first else { return isTaken = true }
            branches[key, default: Branch()].take(path.dropFirst())
        }
    }

    /// The document without what is reset, and without the tags.
    mutating func strip(_ node: Node) -> Node? { strip(node, at: []) }

    private mutating func strip(_ node: Node, at path: [String]) -> Node? {
        var result = node
        switch node.tag {
        case "!reset":
            taken.take(path[...])
            return nil
        case "!override":
            taken.take(path[...])
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
        let branch = prefix.reduce(Optional(taken)) { $0?.branches[$1] }
        return branch.map { Resets.removing($0, from: node) } ?? node
    }

    private static func removing(_ branch: Branch, from node: Node) -> Node {
        guard !branch.branches.isEmpty else { return node }
        var result = node
        switch node.content {
        case .scalar: break
        case .sequence(var items):
            // One after the other: what follows a removed item moves up.
            for index in branch.branches.keys.compactMap({ Int($0) }).sorted() where items.indices.contains(index) {
                guard let inner = branch.branches[String(index)] else { continue }
                if inner.isTaken {
                    items.remove(at: index)
                } else {
                    items[index] = removing(inner, from: items[index])
                }
            }
            result.content = .sequence(items)
        case .mapping(let mapping):
            let entries = mapping.entries.compactMap { entry -> Mapping.Entry? in
                guard let inner = branch.branches[entry.key.name] else { return entry }
                return inner.isTaken ? nil : Mapping.Entry(key: entry.key, value: removing(inner, from: entry.value))
            }
            result.content = .mapping(Mapping(entries))
        }
        return result
    }
}
