import YAML

/// Finds the text that a node was made of, by the place they share.
struct QuoteIndex {
    private struct Key: Hashable {
        var file: ObjectIdentifier
        var line: Int
        var column: Int

        init(_ mark: Mark) {
            file = ObjectIdentifier(mark.file)
            line = mark.line
            column = mark.column
        }
    }

    private var texts: [Key: String] = [:]
    /// What short forms are made of that turn keys into values.
    private var pairs: [Key: String] = [:]

    init(_ layers: [Layer]) {
        for layer in layers { add(layer.written) }
    }

    /// The scalar written at a place, or the key there with its value; nil where there is none.
    func text(at mark: Mark, ofKey isKey: Bool) -> String? { texts[Key(mark)] ?? (isKey ? pairs[Key(mark)] : nil) }

    private mutating func add(_ node: Node) {
        switch node.content {
        case .scalar(let scalar): texts[Key(node.mark)] = scalar.text
        case .sequence(let items): for item in items { add(item) }
        case .mapping(let mapping):
            for entry in mapping.entries {
                if let text = entry.value.text { pairs[Key(entry.key.mark)] = "\(entry.key.name): \(text)" }
                add(entry.value)
            }
        }
    }
}
