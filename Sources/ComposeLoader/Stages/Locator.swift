import YAML

/// Finds where something of the project was written.
struct Locator {
    let root: Node

    /// The mark of the value at the path, or of the last part of it that is there.
    func value(_ path: String...) -> Mark { place(path, value: true) }

    /// The mark of the key at the path's end, or of the last key that is there.
    func key(_ path: String...) -> Mark { place(path) }

    /// The node at the path, nil where there is none.
    func node(_ path: [String]) -> Node? {
        path.reduce(Optional(root)) { node, part in node.flatMap { step(from: $0, to: part)?.value } }
    }

    /// The mark of the key, or of the value, of the last part of the path that is there.
    func place(_ path: [String], value: Bool = false) -> Mark {
        var node = root
        var key = root.mark
        for part in path {
            guard let next = step(from: node, to: part) else { break }
            (key, node) = (next.key, next.value)
        }
        return value ? node.mark : key
    }

    private func step(from node: Node, to part: String) -> (key: Mark, value: Node)? {
        if let entry = node.mapping?.entry(part) { return (entry.key.mark, entry.value) }
        guard let index = Int(part), let items = node.items, items.indices.contains(index) else { return nil }
        return (items[index].mark, items[index])
    }
}
