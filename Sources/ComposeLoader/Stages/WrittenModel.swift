import ComposeModel
import YAML

/// The model as `config --no-interpolate` prints it: values as they are written, with variables in them, and what
/// convention adds filled in where it depends on none.
struct WrittenModel {
    let name: String
    /// Where a service is built that does not say it.
    let buildFolder: String
    /// Whether defaults, names and implicit dependencies are filled in.
    let normalizes: Bool
    /// Where variables that are named without a value get theirs.
    let environment: [String: String]

    func canonical(_ model: Node) -> CanonicalValue {
        var root = Object(written: model)
        if normalizes { root["name"] = .string(name) }
        root["version"] = nil
        root.change("services") { services in services.changeAll { _, service in complete(&service) } }
        guard normalizes else { return root.value }
        let usesDefault = root.object("services").fields.values.contains {
            Object($0).object("networks").fields["default"] != nil
        }
        if usesDefault {
            var networks = root.object("networks")
            networks["default"] = networks["default"] ?? .null
            root["networks"] = networks.value
        }
        for kind in ["networks", "volumes", "configs", "secrets"] {
            root.change(kind) { resources in
                resources.changeAll { key, resource in
                    guard resource["name"] == nil else { return }
                    resource["name"] = .string(resource["external"] == .bool(true) ? key : "\(name)_\(key)")
                }
            }
        }
        return root.value
    }

    private func complete(_ service: inout Object) {
        if case .list(let secrets)? = service["secrets"] {
            service["secrets"] = .list(
                secrets.map { secret in
                    var secret = Object(secret)
                    if secret["target"] == nil { secret["target"] = .string("/run/secrets/" + secret.text("source")) }
                    return secret.value
                })
        }
        if case .list(let files)? = service["env_file"] {
            service["env_file"] = .list(files.map { Object($0).requiring().value })
        }
        service.change("depends_on") { all in all.changeAll { _, dependency in dependency = dependency.requiring() } }
        service.change("build") { build in
            if build["context"] == nil { build["context"] = .string(buildFolder) }
        }
        guard normalizes else { return }
        service["environment"] = service["environment"].map { resolved($0, keepsUnset: true) }
        service.change("build") { build in
            build["args"] = build["args"].map { resolved($0, keepsUnset: false) }
            if build["dockerfile"] == nil, build["dockerfile_inline"] == nil {
                build["dockerfile"] = .string("Dockerfile")
            }
        }
        if service["pull_policy"] == .string("if_not_present") { service["pull_policy"] = .string("missing") }
        if service.object("networks").fields.isEmpty, service["network_mode"] == nil, service["provider"] == nil {
            service["networks"] = .object([CanonicalValue.Field("default", .null)])
        }
        addDependencies(to: &service)
    }

    /// `KEY=VALUE` lines, or a mapping, where a key without a value has the environment's.
    private func resolved(_ variables: CanonicalValue, keepsUnset: Bool) -> CanonicalValue {
        switch variables {
        case .list(let lines):
            .list(
                lines.compactMap { line in
                    guard case .string(let name) = line, !name.utf8.contains(UInt8(ascii: "=")) else { return line }
                    return environment[name].map { .string("\(name)=\($0)") } ?? (keepsUnset ? line : nil)
                })
        case .object(let fields):
            .object(
                fields.compactMap { field in
                    guard field.value == .null else { return field }
                    return environment[field.name].map { .init(field.name, .string($0)) } ?? (keepsUnset ? field : nil)
                })
        case .null, .bool, .int, .double, .string: variables
        }
    }

    private func addDependencies(to service: inout Object) {
        var dependencies = service.object("depends_on")
        func add(_ target: some StringProtocol, restart: Bool) {
            let target = String(target)
            guard dependencies[target] == nil else { return }
            var dependency = Object()
            dependency["condition"] = .string(Dependency.Condition.started.rawValue)
            dependency["required"] = .bool(true)
            dependency["restart"] = .bool(restart)
            dependencies[target] = dependency.value
        }
        for link in service.texts("links") { add(link.prefix { $0 != ":" }, restart: true) }
        for attribute in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
            if let target = service.text(attribute).serviceReference { add(target, restart: true) }
        }
        for entry in service.texts("volumes_from") where !entry.hasPrefix("container:") {
            add(entry.prefix { $0 != ":" }, restart: false)
        }
        if !dependencies.fields.isEmpty { service["depends_on"] = dependencies.value }
    }
}

/// An object of the model while it is being completed.
private struct Object {
    var fields: [String: CanonicalValue] = [:]

    init() {}

    init(_ value: CanonicalValue) {
        guard case .object(let all) = value else { return }
        for field in all { fields[field.name] = field.value }
    }

    init(written node: Node) {
        for entry in node.mapping?.entries ?? [] { fields[entry.key.name] = CanonicalValue(written: entry) }
    }

    var value: CanonicalValue {
        .object(fields.sorted { $0.key < $1.key }.map { CanonicalValue.Field($0.key, $0.value) })
    }

    /// A field; null and absent are the same.
    subscript(name: String) -> CanonicalValue? {
        get { fields[name].flatMap { $0 == .null ? nil : $0 } }
        set { fields[name] = newValue }
    }

    /// The object, required unless it says otherwise.
    func requiring() -> Object {
        var result = self
        if result["required"] == nil { result["required"] = .bool(true) }
        return result
    }

    func object(_ name: String) -> Object { Object(fields[name] ?? .null) }

    func text(_ name: String) -> String {
        if case .string(let text)? = fields[name] { text } else { "" }
    }

    func texts(_ name: String) -> [String] {
        guard case .list(let items)? = fields[name] else { return [] }
        return items.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }

    /// Changes the object that a field holds, where it holds one.
    mutating func change(_ name: String, _ change: (inout Object) -> Void) {
        guard case .object? = fields[name] else { return }
        var object = object(name)
        change(&object)
        fields[name] = object.value
    }

    /// Changes all values; null counts as an empty object.
    mutating func changeAll(_ change: (String, inout Object) -> Void) {
        for (name, value) in fields {
            var object = Object(value)
            change(name, &object)
            fields[name] = object.value
        }
    }
}

extension CanonicalValue {
    /// A mapping's value; what extensions hold is printed alike in every mode.
    fileprivate init(written entry: Mapping.Entry) {
        self = entry.key.name.hasPrefix("x-") ? CanonicalValue(entry.value) : CanonicalValue(written: entry.value)
    }

    /// Any node, as it is written; keys sorted.
    fileprivate init(written node: Node) {
        switch node.content {
        case .sequence(let items): self = .list(items.map { CanonicalValue(written: $0) })
        case .mapping(let mapping):
            self = .object(
                mapping.entries.sorted { $0.key.name < $1.key.name }
                    .map { Field($0.key.name, CanonicalValue(written: $0)) })
        case .scalar: self = CanonicalValue(node)
        }
    }
}
