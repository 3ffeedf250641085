import YAML

/// A step from a node of the model to one below it.
enum ModelStep: Equatable, Sendable {
    case key(String)
    case item(ItemIdentity, number: Int?)

    /// The name that paths of tags have for it.
    var text: String {
        switch self {
        case .key(let name): name
        case .item(_, let number): number.map(String.init) ?? "-"
        }
    }
}

/// What makes an item of one layer's list the same as one of another's.
enum ItemIdentity: Equatable, Sendable {
    /// What the schema tells items apart by.
    case name(String)
    /// Where it was written, for lists that keep every item.
    case place(file: String, line: Int, column: Int, text: String)

    init(_ node: Node, _ shape: Shape, _ rule: Attribute.MergeRule) {
        if case .matching(let key) = rule, let name = node.field(key)?.text {
            self = .name(name)
        } else if case .list(let list) = shape.long, case .replaced(let key) = list.repeats {
            self = .name(key(node))
        } else {
            self = .place(
                file: node.mark.file.path, line: node.mark.line, column: node.mark.column, text: node.text ?? "")
        }
    }
}

/// A place in the schema: how what is there looks, and how it merges.
struct SchemaPlace {
    var shape: Shape
    var rule: Attribute.MergeRule = .natural

    static let root = SchemaPlace(shape: ComposeSchema.project)

    /// The place below.
    func below(_ step: ModelStep) -> SchemaPlace {
        switch step {
        case .key(let name):
            let (shape, rule) = self.shape.long.inner(name)
            return SchemaPlace(shape: shape, rule: rule)
        case .item:
            guard case .list(let list) = shape.long else { return SchemaPlace(shape: .anything) }
            return SchemaPlace(shape: list.item)
        }
    }

    /// Whether a list there is one value: a command is not put together from several files.
    var isWhole: Bool {
        if case .replace = rule { true } else { false }
    }
}

extension Node {
    /// The node at the end of the steps, nil where there is none.
    func at(_ steps: some Sequence<ModelStep>, from place: SchemaPlace) -> Node? {
        var place = place
        var node = self
        for step in steps {
            guard let next = node.below(step, place) else { return nil }
            node = next
            place = place.below(step)
        }
        return node
    }

    private func below(_ step: ModelStep, _ place: SchemaPlace) -> Node? {
        switch step {
        case .key(let name): field(name)
        // Of equal items in one list the last counts.
        case .item(let identity, _):
            items?.last { ItemIdentity($0, place.shape, place.rule) == identity }
        }
    }

    /// Whether a person calls the item so: its text, what comes before `=` or `:` in it, or an attribute that tells it
    /// from others.
    func isCalled(_ name: String) -> Bool {
        if let text {
            return text == name || text.hasPrefix(name + "=") || text.hasPrefix(name + ":")
        }
        if let published = field("published")?.text, let target = field("target")?.text,
            "\(published):\(target)" == name
        {
            return true
        }
        return ["target", "path", "subnet", "published", "source", "name"].contains { field($0)?.text == name }
    }
}
