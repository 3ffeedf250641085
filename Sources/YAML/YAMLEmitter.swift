/// Writes values as YAML that reads back as the same values.
///
/// The style is the one `docker compose config` prints: blocks indented by two spaces, `null` spelled out, quotes only
/// where the text would mean something else without them, texts of several lines as literal blocks where they can be.
public struct YAMLEmitter: Sendable {
    /// An emitter; it has no options.
    public init() {}

    /// The value as a YAML document, ending with a line break.
    ///
    /// Deep values cost stack: a level takes one call.
    public func text(of value: YAMLValue) -> String {
        var output = ""
        if value.isBlock {
            writeBlock(value, indent: 0, to: &output)
        } else {
            output += inline(value, indent: 0)
            output += "\n"
        }
        return output
    }

    /// Writes a collection; the caller has indented its first line.
    private func writeBlock(_ value: YAMLValue, indent: Int, to output: inout String) {
        switch value {
        case .sequence(let items):
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(spaces: indent) }
                output += "- "
                if item.isBlock {
                    writeBlock(item, indent: indent + Self.step, to: &output)
                } else {
                    output += inline(item, indent: indent)
                    output += "\n"
                }
            }
        case .mapping(let entries):
            for (index, (key, value)) in entries.enumerated() {
                if index > 0 { output.append(spaces: indent) }
                writeKey(key, indent: indent, to: &output)
                if value.isBlock {
                    output += "\n"
                    output.append(spaces: indent + Self.step)
                    writeBlock(value, indent: indent + Self.step, to: &output)
                } else {
                    output += " "
                    output += inline(value, indent: indent)
                    output += "\n"
                }
            }
        case .null, .bool, .int, .double, .string:
            break
        }
    }

    private func writeKey(_ key: String, indent: Int, to output: inout String) {
        let text = ScalarText(key).flow
        if text.utf8.count > Self.longestSimpleKey {
            output += "? \(text)\n"
            output.append(spaces: indent)
        } else {
            output += text
        }
        output += ":"
    }

    private func inline(_ value: YAMLValue, indent: Int) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .double(let value): Self.text(of: value)
        case .string(let text): ScalarText(text).block(indent: indent + Self.step)
        case .sequence: "[]"
        case .mapping: "{}"
        }
    }

    private static func text(of value: Double) -> String {
        if value.isNaN { return ".nan" }
        if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
        return ScalarValue.text(of: value)
    }

    private static let step = 2

    /// A key must have its colon within 1024 characters and on one line (YAML 1.2, section 7.4.2); libyaml and go-yaml
    /// write longer ones than this with `?`.
    private static let longestSimpleKey = 128
}

extension YAMLValue {
    /// Whether it takes lines of its own: a collection with something in it.
    fileprivate var isBlock: Bool {
        switch self {
        case .sequence(let items): !items.isEmpty
        case .mapping(let entries): !entries.isEmpty
        case .null, .bool, .int, .double, .string: false
        }
    }
}

extension String {
    fileprivate mutating func append(spaces count: Int) {
        append(String(repeating: " ", count: count))
    }
}
