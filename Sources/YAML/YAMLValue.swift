/// A value to be written as YAML.
public enum YAMLValue: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case sequence([YAMLValue])
    /// Written in this order; the caller keeps keys unique.
    case mapping([(String, YAMLValue)])
}
