import ComposeModel

/// A value of a declaration and where it stands, for what has to be said of it.
struct DeclaredValue {
    let value: CanonicalValue
    /// The keys that lead to it in the project's files, indices as decimals; nil where it stands elsewhere.
    let keys: [String]?
    /// The same as people write it: `x-gantry.logs.routes[0].to`.
    let shown: String

    init(_ value: CanonicalValue, keys: [String]? = nil, shown: String) {
        self.value = value
        self.keys = keys
        self.shown = shown
    }

    /// The value of a key; nil where there is none, or nothing in it.
    subscript(key: String) -> DeclaredValue? {
        guard let field = value[key], field != .null else { return nil }
        return DeclaredValue(field, keys: keys.map { $0 + [key] }, shown: "\(shown).\(key)")
    }

    /// The entries of a mapping, in its order.
    var entries: [(name: String, value: DeclaredValue)] {
        guard case .object(let fields) = value else { return [] }
        return fields.map { field in
            (
                field.name,
                DeclaredValue(field.value, keys: keys.map { $0 + [field.name] }, shown: "\(shown).\(field.name)")
            )
        }
    }

    /// The items of a list; a value alone is its own only item.
    var items: [DeclaredValue] {
        guard case .list(let values) = value else { return value == .null ? [] : [self] }
        return values.enumerated().map { index, value in
            DeclaredValue(value, keys: keys.map { $0 + ["\(index)"] }, shown: "\(shown)[\(index)]")
        }
    }

    /// A scalar as it would be written.
    var text: String? {
        switch value {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .bool(let isTrue): String(isTrue)
        case .null, .list, .object: nil
        }
    }

    var number: Double? {
        switch value {
        case .int(let number): Double(number)
        case .double(let number): number
        case .string(let text): Double(text)
        case .null, .bool, .list, .object: nil
        }
    }

    /// The scalars below it, by their keys with points between them: `rotate.size`, `args.0`.
    func flattened(_ prefix: String = "") -> [String: String] {
        if let text { return [prefix: text] }
        var result: [String: String] = [:]
        let children =
            if case .list(let values) = value {
                values.enumerated().map { ("\($0)", DeclaredValue($1, keys: keys, shown: shown)) }
            } else { entries.map { ($0.name, $0.value) } }
        for (name, child) in children {
            result.merge(child.flattened(prefix.isEmpty ? name : "\(prefix).\(name)")) { $1 }
        }
        return result
    }
}

/// What is wrong with what is declared, all of it.
struct DeclarationMistakes: Error, CustomStringConvertible {
    struct Mistake: Equatable {
        let keys: [String]?
        let shown: String
        let message: String
    }

    private(set) var mistakes: [Mistake] = []

    mutating func add(_ message: String, at place: DeclaredValue) {
        mistakes.append(Mistake(keys: place.keys, shown: place.shown, message: message))
    }

    /// What `body` gives; nil, and a mistake more, where it throws.
    mutating func catching<Result>(at place: DeclaredValue, _ body: () throws -> Result) -> Result? {
        do {
            return try body()
        } catch {
            add("\(error)", at: place)
            return nil
        }
    }

    var description: String { mistakes.map { "\($0.shown): \($0.message)" }.joined(separator: "\n") }
}
