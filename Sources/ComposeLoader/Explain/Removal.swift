import YAML

/// What a tag takes away from what came before, with its place.
struct Removal: Sendable {
    /// From the top of the model.
    var path: [String]
    var mark: Mark
    /// `!override` puts something else in its place, `!reset` nothing.
    var isOverride: Bool

    /// The removals that a document asks for.
    static func all(in document: Node) -> [Removal] {
        var found: [Removal] = []
        collect(document, at: [], into: &found)
        return found
    }

    private static func collect(_ node: Node, at path: [String], into found: inout [Removal]) {
        if node.tag == "!reset" || node.tag == "!override" {
            found.append(Removal(path: path, mark: node.mark, isOverride: node.tag == "!override"))
            return
        }
        switch node.content {
        case .scalar: return
        case .sequence(let items):
            for (index, item) in items.enumerated() { collect(item, at: path + [String(index)], into: &found) }
        case .mapping(let mapping):
            for entry in mapping.entries { collect(entry.value, at: path + [entry.key.name], into: &found) }
        }
    }
}
