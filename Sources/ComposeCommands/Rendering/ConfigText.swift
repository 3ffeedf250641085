import ComposeModel
import YAML

/// A project as a Compose file: every `$` is doubled, so that reading it again gives the same project.
enum ConfigText {
    static func text(_ project: Project, _ format: ConfigFormat) -> String {
        let value = project.canonical.mapStrings { text in
            text.contains("$")
                ? text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$") : text
        }
        switch format {
        case .json: return String(decoding: value.json(.indented), as: UTF8.self) + "\n"
        case .yaml: return YAMLEmitter().text(of: yaml(value))
        }
    }

    private static func yaml(_ value: CanonicalValue) -> YAMLValue {
        switch value {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .int(Int(value))
        case .double(let value): .double(value)
        case .string(let text): .string(text)
        case .list(let items): .sequence(items.map(yaml))
        case .object(let fields): .mapping(fields.map { ($0.name, yaml($0.value)) })
        }
    }
}
