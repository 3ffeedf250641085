import YAML

/// Checks what only the merged whole can show: what is required and missing, empty where it must not be, or repeated
/// where Docker Compose allows each item once.
struct Completer {
    var reporter: Reporter
    /// Whether variables are not replaced, so that values cannot be judged.
    var asWritten = false

    mutating func check(_ node: Node, _ shape: Shape, key: Mark? = nil) {
        switch shape {
        case .anything: return
        case .nullable(let inner):
            if !node.isNull { check(node, inner, key: key) }
        case .short(_, let long): check(node, long, key: key)
        case .either(let shapes):
            if node.isNull { return missing(node, shape, key) }
            for inner in shapes {
                if case .object = inner, node.mapping != nil { check(node, inner, key: key) }
            }
        case .scalar(let scalar):
            if node.isNull, !scalar.types.contains(.null) { missing(node, shape, key) }
            if !asWritten, case .bytes = scalar.meaning { checkSize(node, shape) }
        case .list(let list):
            guard let items = node.items else { return missing(node, shape, key) }
            check(items, list)
        case .map(let map):
            guard let mapping = node.mapping else { return missing(node, shape, key) }
            for entry in mapping.entries {
                reporter.enter(entry.key.name)
                check(entry.value, map.value, key: entry.key.mark)
                reporter.leave()
            }
        case .object(let object):
            guard let mapping = node.mapping else { return missing(node, shape, key) }
            check(mapping, object, at: key ?? node.mark)
        }
    }

    private mutating func checkSize(_ node: Node, _ shape: Shape) {
        guard !node.isNull, let text = node.text, ByteCount.parse(text) == nil else {
            return
        }
        reporter.error("\"\(text)\" is not \(shape.expectation)", at: node.mark)
    }

    private mutating func check(_ items: [Node], _ list: ListShape) {
        var seen: Set<String> = []
        for (index, item) in items.enumerated() {
            reporter.enter(String(index))
            if case .refused = list.repeats, let text = item.text, !seen.insert(text).inserted {
                reporter.error("\"\(text)\" is listed twice", at: item.mark)
            }
            check(item, list.item)
            reporter.leave()
        }
    }

    private mutating func check(_ mapping: Mapping, _ object: ObjectShape, at mark: Mark) {
        for entry in mapping.entries {
            guard let attribute = object.attributes[entry.key.name] else { continue }
            reporter.enter(entry.key.name)
            check(entry.value, attribute.shape, key: entry.key.mark)
            reporter.leave()
        }
        for name in object.required where mapping[name] == nil && !reporter.isDamaged(name) {
            reporter.error("\"\(name)\" is missing", at: mark)
        }
    }

    private mutating func missing(_ node: Node, _ shape: Shape, _ key: Mark?) {
        guard node.isNull, !reporter.isDamaged() else { return }
        reporter.error("expected \(shape.expectation), found nothing", at: key ?? node.mark)
    }
}
