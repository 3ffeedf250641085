import ComposeLoader
import ComposeModel
import YAML

/// A project as Docker Compose prints it in YAML, which differs from its JSON: the top level in the order people write
/// it, models and all extensions are there, and what says nothing is not.
enum ConfigYAML {
    private static let order = ["name", "services", "networks", "volumes", "secrets", "configs", "models"]

    static func model(_ canonical: CanonicalValue, _ loaded: LoadedProject) -> CanonicalValue {
        guard case .object(var fields) = loaded.addingExtensions(to: canonical.asFile) else { return canonical }
        let models = loaded.project.models.sorted { $0.key < $1.key }.map { CanonicalValue.Field($0.key, $0.value) }
        if !models.isEmpty { fields.append(CanonicalValue.Field("models", .object(models))) }
        let known = order.compactMap { name in fields.first { $0.name == name } }
        return .object(known + fields.filter { !order.contains($0.name) })
    }
}

extension CanonicalValue {
    /// A project without the fields that are there whether they say something or not, and with every field called as a
    /// file calls it.
    fileprivate var asFile: CanonicalValue {
        changing("services") { services in
            services.mapValues { service in
                service.dropping("command", .null).dropping("entrypoint", .null)
                    .changing("blkio_config") { $0.withLowercaseFields }
                    .changing("deploy") {
                        $0.dropping("resources", .object([])).dropping("placement", .object([]))
                    }
                    .changing("develop") { develop in
                        develop.changing("watch") { watch in
                            guard case .list(let rules) = watch else { return watch }
                            return .list(rules.map { $0.dropping("exec", .object([Field("command", .null)])) })
                        }
                    }
            }
        }
        .changing("networks") { networks in networks.mapValues { $0.dropping("ipam", .object([])) } }
    }

    /// The object without the field, where it has that value.
    private func dropping(_ name: String, _ value: CanonicalValue) -> CanonicalValue {
        guard case .object(let fields) = self else { return self }
        return .object(fields.filter { $0.name != name || $0.value != value })
    }

    private func changing(_ name: String, _ change: (CanonicalValue) -> CanonicalValue) -> CanonicalValue {
        guard case .object(let fields) = self else { return self }
        return .object(fields.map { $0.name == name ? Field(name, change($0.value)) : $0 })
    }

    private var withLowercaseFields: CanonicalValue {
        switch self {
        case .object(let fields): .object(fields.map { Field($0.name.lowercased(), $0.value.withLowercaseFields) })
        case .list(let items): .list(items.map(\.withLowercaseFields))
        case .null, .bool, .int, .double, .string: self
        }
    }

    private func mapValues(_ change: (CanonicalValue) -> CanonicalValue) -> CanonicalValue {
        guard case .object(let fields) = self else { return self }
        return .object(fields.map { Field($0.name, change($0.value)) })
    }
}

extension YAMLValue {
    init(_ value: CanonicalValue) {
        self =
            switch value {
            case .null: .null
            case .bool(let value): .bool(value)
            case .int(let value): .int(Int(value))
            case .double(let value): .double(value)
            case .string(let text): .string(text)
            case .list(let items): .sequence(items.map { YAMLValue($0) })
            case .object(let fields): .mapping(fields.map { ($0.name, YAMLValue($0.value)) })
            }
    }
}
