/// A sequence or mapping that is still being read.
struct Frame {
    let isMapping: Bool
    let anchor: String?
    let tag: String?
    let mark: Mark
    var extent = Extent(nodes: 1, text: 0, height: 1)

    private(set) var items: [Node] = []
    private(set) var mapping = Mapping()
    private var key: PendingKey?
    private var mergeKey: Mark?
    private var merged: [Mapping] = []

    private enum PendingKey {
        case name(Mapping.Key)
        case merge(Mark)
    }

    init(_ event: Event, isMapping: Bool) {
        self.isMapping = isMapping
        anchor = event.anchor
        tag = event.tag
        mark = event.mark
    }

    /// Whether the next node is a mapping's key.
    var expectsKey: Bool { isMapping && key == nil }

    /// Takes the next item, key or value.
    mutating func add(_ node: Node, at place: Mark) throws(YAMLError) {
        guard isMapping else {
            items.append(node)
            return
        }
        switch key {
        case nil:
            key = try pendingKey(node, at: place)
        case .name(let name):
            key = nil
            if let first = mapping.insert(Mapping.Entry(key: name, value: node)) {
                throw Self.duplicate(name.name, at: name.mark, first: first.key.mark)
            }
        case .merge(let mark):
            key = nil
            if let mergeKey { throw Self.duplicate("<<", at: mark, first: mergeKey) }
            mergeKey = mark
            merged = try mappings(in: node, at: place)
        }
    }

    /// Adds what merge keys name (https://yaml.org/type/merge.html): written keys win, then the first mapping listed.
    mutating func applyMerges() {
        for entry in merged.lazy.flatMap(\.entries) { _ = mapping.insert(entry) }
    }

    private func pendingKey(_ node: Node, at place: Mark) throws(YAMLError) -> PendingKey {
        guard case .scalar(let scalar) = node.content else { throw Composer.complexKey(at: place) }
        if scalar.style == .plain, node.tag == nil, scalar.text == "<<" { return .merge(place) }
        let isString = if case .string = scalar.resolved(tag: node.tag) { true } else { false }
        return .name(Mapping.Key(scalar.text, mark: place, isString: isString))
    }

    private func mappings(in node: Node, at place: Mark) throws(YAMLError) -> [Mapping] {
        let nodes: [Node] = if case .sequence(let items) = node.content { items } else { [node] }
        var mappings: [Mapping] = []
        for item in nodes {
            guard case .mapping(let mapping) = item.content else {
                let message = "\"<<\" merges a mapping or a list of mappings, found \(item.content.noun)"
                throw YAMLError(.invalidMerge, message, at: place, related: item.mark)
            }
            mappings.append(mapping)
        }
        return mappings
    }

    private static func duplicate(_ name: String, at mark: Mark, first: Mark) -> YAMLError {
        let hint = name == "<<" ? "; to merge several mappings write <<: [*a, *b]" : ""
        let message = "mapping key \(YAMLError.quoted(name)) already defined at line \(first.line)\(hint)"
        return YAMLError(.duplicateKey, message, at: mark, related: first)
    }
}

extension Node.Content {
    /// What it is, as a message says it.
    fileprivate var noun: String {
        switch self {
        case .scalar: "a scalar"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
