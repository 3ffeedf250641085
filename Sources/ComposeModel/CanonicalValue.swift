/// A value of a project's canonical form: JSON whose objects keep the order of their fields.
package indirect enum CanonicalValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case list([CanonicalValue])
    case object([Field])

    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: CanonicalValue

        package init(_ name: String, _ value: CanonicalValue) {
            self.name = name
            self.value = value
        }
    }

    /// An object of strings, sorted by key.
    package static func strings(_ values: [String: String]) -> CanonicalValue {
        .object(values.sorted { $0.key < $1.key }.map { Field($0.key, .string($0.value)) })
    }

    /// A list of strings.
    package static func strings(_ values: [String]) -> CanonicalValue { .list(values.map(CanonicalValue.string)) }

    /// The field of an object, nil where there is none.
    package subscript(name: String) -> CanonicalValue? {
        guard case .object(let fields) = self else { return nil }
        return fields.first { $0.name == name }?.value
    }

    /// Whether it is an object or a list with nothing in it.
    package var isEmptyCollection: Bool {
        switch self {
        case .list(let items): items.isEmpty
        case .object(let fields): fields.isEmpty
        case .null, .bool, .int, .double, .string: false
        }
    }

    /// The value with every string changed, keys included.
    package func mapStrings(_ change: (String) -> String) -> CanonicalValue {
        switch self {
        case .string(let text): .string(change(text))
        case .list(let items): .list(items.map { $0.mapStrings(change) })
        case .object(let fields): .object(fields.map { Field(change($0.name), $0.value.mapStrings(change)) })
        case .null, .bool, .int, .double: self
        }
    }
}

/// Builds an object in the order of its calls, leaving out what says nothing: nil, zero, false and empty.
package struct CanonicalFields: Sendable {
    package private(set) var fields: [CanonicalValue.Field] = []

    package init() {}

    package var object: CanonicalValue { .object(fields) }

    /// Adds the field whatever its value; nil leaves it out.
    package mutating func set(_ name: String, _ value: CanonicalValue?) {
        if let value { fields.append(CanonicalValue.Field(name, value)) }
    }

    package mutating func add(_ name: String, _ value: String?) {
        if let value, !value.isEmpty { set(name, .string(value)) }
    }

    package mutating func add(_ name: String, _ value: Bool?) {
        if value == true { set(name, .bool(true)) }
    }

    package mutating func add(_ name: String, _ value: Int?) {
        if let value, value != 0 { set(name, .int(Int64(value))) }
    }

    package mutating func add(_ name: String, _ value: Double?) {
        if let value, value != 0 { set(name, .double(value)) }
    }

    /// A number of bytes, which Compose prints as a string of digits.
    package mutating func addBytes(_ name: String, _ value: Int64?) {
        if let value, value != 0 { set(name, .string(String(value))) }
    }

    /// Any length of time that is given, zero too.
    package mutating func add(_ name: String, _ value: ComposeDuration?) {
        if let value { set(name, .string(value.description)) }
    }

    package mutating func add(_ name: String, _ values: [String]) {
        if !values.isEmpty { set(name, .strings(values)) }
    }

    package mutating func add(_ name: String, _ values: [String: String]) {
        if !values.isEmpty { set(name, .strings(values)) }
    }

    package mutating func add(_ name: String, _ values: [CanonicalValue]) {
        if !values.isEmpty { set(name, .list(values)) }
    }

    /// A map by the user's keys, sorted.
    package mutating func add<Value>(
        _ name: String, _ values: [String: Value], _ canonical: (Value) -> CanonicalValue
    ) {
        guard !values.isEmpty else { return }
        set(
            name,
            .object(
                values.sorted { $0.key < $1.key }.map { CanonicalValue.Field($0.key, canonical($0.value)) }
            ))
    }
}
