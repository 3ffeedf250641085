extension Project {
    /// The project as `config --format json` prints it, apart from the doubled dollars: its name, services and
    /// resources, then its extensions, sorted by key.
    package var canonical: CanonicalValue {
        var fields: [String: CanonicalValue] = extensions
        fields["name"] = .string(name)
        fields["services"] = object(services, \.canonical)
        if !networks.isEmpty { fields["networks"] = object(networks, \.canonical) }
        if !volumes.isEmpty { fields["volumes"] = object(volumes, \.canonical) }
        if !secrets.isEmpty { fields["secrets"] = object(secrets, \.canonical) }
        if !configs.isEmpty { fields["configs"] = object(configs, \.canonical) }
        return object(fields) { $0 }
    }

    private func object<Value>(_ values: [String: Value], _ canonical: (Value) -> CanonicalValue) -> CanonicalValue {
        .object(values.sorted { $0.key < $1.key }.map { CanonicalValue.Field($0.key, canonical($0.value)) })
    }
}
