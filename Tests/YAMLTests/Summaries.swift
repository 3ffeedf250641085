import YAML

func parse(_ text: String, limits: YAMLLimits = YAMLLimits()) throws(YAMLError) -> [Node] {
    try YAMLParser(limits: limits).documents(in: SourceFile(path: "compose.yaml", text: text))
}

func failure(_ text: String, limits: YAMLLimits = YAMLLimits()) -> YAMLError? {
    do throws(YAMLError) {
        _ = try parse(text, limits: limits)
        return nil
    } catch {
        return error
    }
}

extension Mark {
    var place: String { "\(line):\(column)" }
}

extension Node {
    var mapping: Mapping? {
        if case .mapping(let mapping) = content { mapping } else { nil }
    }

    /// The node in a flow notation where quotes mark every scalar that is not plain, and `~` a null.
    var summary: String {
        let prefix = tag.map { $0.replacing("tag:yaml.org,2002:", with: "!!") + " " } ?? ""
        switch content {
        case .sequence(let items):
            return prefix + "[" + items.map(\.summary).joined(separator: ", ") + "]"
        case .mapping(let mapping):
            let entries = mapping.entries.map { "\($0.key.name): \($0.value.summary)" }
            return prefix + "{" + entries.joined(separator: ", ") + "}"
        case .scalar(let scalar):
            guard scalar.style == .plain else { return prefix + scalar.text.debugDescription }
            return prefix + (scalar.resolved(tag: nil) == .null ? "~" : scalar.text)
        }
    }
}
