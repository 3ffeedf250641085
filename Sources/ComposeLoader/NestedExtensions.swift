package import ComposeModel
import YAML

extension LoadedProject {
    /// A canonical form of the project with the `x-` attributes that are inside services and resources, where Docker
    /// Compose prints them: behind the other attributes of the same object, sorted.
    package func addingExtensions(to canonical: CanonicalValue) -> CanonicalValue {
        guard let model, case .object(let fields) = canonical else { return canonical }
        return .object(
            fields.map { field in
                // The top level's own are in the canonical form.
                guard let node = model.field(field.name) else { return field }
                let shape = SchemaPlace.root.below(.key(field.name)).shape
                return CanonicalValue.Field(field.name, field.value.adding(node, shape))
            })
    }
}

extension CanonicalValue {
    fileprivate func adding(_ node: Node, _ shape: Shape) -> CanonicalValue {
        switch (self, shape.long) {
        case (.object(let fields), .map(let map)):
            return .object(
                fields.map { field in
                    node.field(field.name).map { Field(field.name, field.value.adding($0, map.value)) } ?? field
                })
        case (.list(let items), .list(let list)):
            // Where the project has other items than the file, nobody knows which is which.
            guard let nodes = node.items, nodes.count == items.count else { return self }
            return .list(zip(items, nodes).map { $0.adding($1, list.item) })
        case (.object(let fields), .object(let object)):
            return .object(Self.added(to: fields, node, object))
        case (.null, .object(let object)):
            let added = Self.added(to: [], node, object)
            return added.isEmpty ? self : .object(added)
        default: return self
        }
    }

    private static func added(to fields: [Field], _ node: Node, _ object: ObjectShape) -> [Field] {
        guard let mapping = node.mapping else { return fields }
        let known = fields.map { field in
            guard let attribute = object.attributes[field.name], let inner = mapping[field.name] else { return field }
            // Docker Compose does not print those of address pools.
            if case .matching = attribute.merge { return field }
            return Field(field.name, field.value.adding(inner, attribute.shape))
        }
        let names = Set(fields.map(\.name))
        let more = mapping.entries.filter { $0.key.name.hasPrefix("x-") && !names.contains($0.key.name) }
        return known
            + more.sorted { $0.key.name < $1.key.name }.map { Field($0.key.name, CanonicalValue($0.value)) }
    }
}
