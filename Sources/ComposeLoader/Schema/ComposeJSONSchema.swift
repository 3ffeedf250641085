import ComposeModel

/// The schema as JSON Schema, draft 7, which is what editors' YAML language servers know best.
///
/// It is made from the tables that the loader reads, so that it takes what the loader takes. What only a whole project
/// shows (references, what an override completes) it cannot know, and it takes any text with a variable in it for what
/// is wanted there.
package enum ComposeJSONSchema {
    /// The schema as text.
    package static var text: String { String(decoding: value.json(.indented), as: UTF8.self) + "\n" }

    static var value: CanonicalValue {
        var fields: [CanonicalValue.Field] = [
            .init("$schema", .string("http://json-schema.org/draft-07/schema#")),
            .init("title", .string("A Compose file as Gantry reads it")),
        ]
        if case .object(let more) = schema(of: ComposeSchema.project) { fields += more }
        return .object(fields)
    }

    private static func schema(of shape: Shape) -> CanonicalValue {
        switch shape {
        case .scalar(let scalar): any(of: schemas(of: scalar))
        case .list(let list): schema(of: list)
        case .map(let map): schema(of: map)
        case .object(let object): schema(of: object)
        case .either(let shapes): any(of: shapes.map(schema))
        case .short(let short, let long): any(of: schemas(of: short) + [schema(of: long)])
        case .nullable(let shape): any(of: [schema(of: shape), type("null")])
        case .anything: .object([])
        }
    }

    /// One of several; a single one is itself.
    private static func any(of schemas: [CanonicalValue]) -> CanonicalValue {
        var all: [CanonicalValue] = []
        for schema in schemas {
            // What is itself one of several makes more of them.
            if case .object(let fields) = schema, fields.count == 1, fields[0].name == "anyOf",
                case .list(let inner) = fields[0].value
            {
                all += inner.filter { !all.contains($0) }
            } else if !all.contains(schema) {
                all.append(schema)
            }
        }
        return all.count == 1 ? all[0] : .object([.init("anyOf", .list(all))])
    }

    private static func type(_ name: String, _ more: CanonicalValue.Field...) -> CanonicalValue {
        .object([.init("type", .string(name))] + more)
    }

    // MARK: Collections

    private static func schema(of list: ListShape) -> CanonicalValue {
        let items = CanonicalValue.Field("items", schema(of: list.item))
        if case .refused = list.repeats { return type("array", items, .init("uniqueItems", .bool(true))) }
        return type("array", items)
    }

    private static func schema(of map: MapShape) -> CanonicalValue {
        let value = CanonicalValue.Field("additionalProperties", schema(of: map.value))
        guard let rule = map.name else { return type("object", value) }
        return type("object", .init("propertyNames", .object([.init("pattern", .string(rule.pattern))])), value)
    }

    private static func schema(of object: ObjectShape) -> CanonicalValue {
        var fields: [CanonicalValue.Field] = [.init("type", .string("object"))]
        fields.append(
            .init(
                "properties",
                .object(
                    object.order.compactMap { name in
                        object.attributes[name].map { .init(name, schema(of: $0)) }
                    })))
        if object.allowsExtensions { fields.append(.init("patternProperties", .object([.init("^x-", .object([]))]))) }
        fields.append(.init("additionalProperties", .bool(false)))
        if !object.required.isEmpty { fields.append(.init("required", .strings(object.required))) }
        return .object(fields)
    }

    private static func schema(of attribute: Attribute) -> CanonicalValue {
        var schema = schema(of: attribute.shape)
        if !attribute.knownValues.isEmpty {
            let item = any(of: [values(attribute.knownValues), variable])
            schema = any(of: [item, type("array", .init("items", item))])
        }
        guard let summary = attribute.summary, case .object(let fields) = schema else { return schema }
        return .object([.init("description", .string(summary))] + fields)
    }

    private static func schemas(of short: ShortForm) -> [CanonicalValue] {
        switch short.kind {
        case .scalar: schemas(of: ScalarShape(types: short.types, meaning: .text))
        case .list: [type("array", .init("items", type("string")))]
        case .mapping: [type("object")]
        }
    }

    // MARK: Scalars

    /// A text with a variable in it, which may stand for anything.
    private static let variable = type("string", .init("pattern", .string("\\$")))

    private static func values(_ values: [String]) -> CanonicalValue { .object([.init("enum", .strings(values))]) }

    /// One schema for each type that the value may have.
    private static func schemas(of scalar: ScalarShape) -> [CanonicalValue] {
        var all: [CanonicalValue] = []
        if scalar.types.contains(.string) { all += strings(of: scalar) }
        if scalar.types.contains(.float) {
            all.append(number("number", scalar))
        } else if scalar.types.contains(.integer) {
            all.append(number("integer", scalar))
        }
        if scalar.types.contains(.boolean) { all.append(type("boolean")) }
        if scalar.types.contains(.null) { all.append(type("null")) }
        return all
    }

    private static func number(_ name: String, _ scalar: ScalarShape) -> CanonicalValue {
        guard case .integer(let range) = scalar.meaning else { return type(name) }
        var fields: [CanonicalValue.Field] = [.init("type", .string("integer"))]
        if range.lowerBound != Int.min { fields.append(.init("minimum", .int(Int64(range.lowerBound)))) }
        if range.upperBound != Int.max { fields.append(.init("maximum", .int(Int64(range.upperBound)))) }
        return .object(fields)
    }

    private static func strings(of scalar: ScalarShape) -> [CanonicalValue] {
        func matching(_ pattern: String) -> [CanonicalValue] {
            [
                type(
                    "string", .init("description", .string("Expected: \(Shape.scalar(scalar).expectation).")),
                    .init("pattern", .string("\\$|\(pattern)")))
            ]
        }
        switch scalar.meaning {
        case .text, .path, .hostPath, .buildContext: return [type("string")]
        case .checked(_, let sentence):
            return [type("string", .init("description", .string("Expected: \(sentence).")))]
        case .choice(let values): return [self.values(values), variable]
        case .boolean:
            return matching("^([tT][rR][uU][eE]|[fF][aA][lL][sS][eE]|[yY]([eE][sS])?|[nN][oO]?|[oO][nN]|[oO][fF][fF])$")
        case .integer: return matching("^[-+]?[0-9]+$")
        case .number: return matching("^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$")
        case .duration: return matching("^[-+]?(0|([0-9.]+(ns|us|\u{B5}s|\u{3BC}s|ms|s|m|h|d|w))+)$")
        case .bytes: return matching("^(-?[0-9]+|[0-9.]+ ?([kKmMgGtTpP]([iI]?[bB])?|[bB])?)$")
        case .fileMode: return matching("^[0-7]+$")
        }
    }
}
