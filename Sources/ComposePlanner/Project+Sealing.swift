package import ComposeModel

extension Project {
    /// The canonical form with seals for secrets, and without what makes no container.
    func sealed(salt: String) -> CanonicalValue {
        var project = self
        project.extensions = [:]
        guard case .object(let fields) = project.canonical.readable else { return .null }
        return .object(
            fields.map { field in
                guard field.name == "configs" || field.name == "secrets", case .object(let resources) = field.value
                else {
                    return .init(field.name, field.value.replacingSecrets { Seal.make($0, salt: salt) })
                }
                let sealed = resources.map { resource -> CanonicalValue.Field in
                    guard case .object(var parts) = resource.value else { return resource }
                    for index in parts.indices where parts[index].name == "content" {
                        if case .string(let text) = parts[index].value {
                            parts[index].value = .string(Seal.make(text, salt: salt))
                        }
                    }
                    return .init(resource.name, .object(parts))
                }
                return .init(field.name, .object(sealed))
            })
    }

    /// Seals of the values of configs and secrets that come from a variable.
    ///
    /// - Parameter previous: those of the release that services were taken over from.
    func sealedContents(salt: String, previous: [String: String]) -> [String: String] {
        var contents: [String: String] = [:]
        for (name, text) in variableContents {
            // A release's own model has no values, so that what it had is what holds.
            contents[name] = text.map { Seal.make($0, salt: salt) } ?? previous[name]
        }
        return contents
    }

    /// The values of configs and secrets that come from a variable, by `config NAME` and `secret NAME`.
    package var variableContents: [String: String?] {
        var contents: [String: String?] = [:]
        for (kind, resources) in [("config", configs), ("secret", secrets)] {
            for (name, resource) in resources {
                if case .environment(_, let value) = resource.source { contents["\(kind) \(name)"] = .some(value) }
            }
        }
        return contents
    }
}

extension CanonicalValue {
    /// The names of the fields of `blkio_config` as they are read: printed they are Go's.
    fileprivate var readable: CanonicalValue {
        switch self {
        case .list(let items): .list(items.map(\.readable))
        case .object(let fields):
            .object(
                fields.map { field in
                    let isBlockIO = field.name == "blkio_config"
                    return Field(field.name, isBlockIO ? field.value.lowercasingFields : field.value.readable)
                })
        case .null, .bool, .int, .double, .string: self
        }
    }

    private var lowercasingFields: CanonicalValue {
        switch self {
        case .list(let items): .list(items.map(\.lowercasingFields))
        case .object(let fields): .object(fields.map { Field($0.name.lowercased(), $0.value.lowercasingFields) })
        case .null, .bool, .int, .double, .string: self
        }
    }
}
