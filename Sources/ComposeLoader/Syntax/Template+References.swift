/// A variable that a model refers to.
package struct VariableReference: Sendable, Equatable {
    package var name: String
    /// Whether it must be set: `${NAME:?}`.
    package var isRequired: Bool
    /// What stands for it where it is not set: `${NAME:-default}`.
    package var fallback: String
    /// What stands for it where it is set: `${NAME:+alternate}`.
    package var alternate: String

    package init(name: String, isRequired: Bool = false, fallback: String = "", alternate: String = "") {
        self.name = name
        self.isRequired = isRequired
        self.fallback = fallback
        self.alternate = alternate
    }

    /// The variables in a text, those in defaults too. What is no reference is passed over.
    package static func references(in text: String) -> [VariableReference] {
        var found: [VariableReference] = []
        Template.collect(Array(text.utf8)[...], into: &found, depth: 0)
        return found
    }
}

extension Template {
    fileprivate static func collect(_ text: ArraySlice<UInt8>, into found: inout [VariableReference], depth: Int) {
        guard depth <= Template.depth else { return }
        var rest = text
        while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
            rest = rest[(dollar + 1)...]
            if rest.first == UInt8(ascii: "$") {
                rest.removeFirst()
            } else if rest.first == UInt8(ascii: "{") {
                let inner = rest.dropFirst()
                guard let close = closingBrace(of: inner) else { return }
                collect(reference: inner[..<close], into: &found, depth: depth)
                rest = inner[(close + 1)...]
            } else if let first = rest.first, startsName(first) {
                let name = rest.prefix(while: continuesName)
                found.append(VariableReference(name: String(decoding: name, as: UTF8.self)))
                rest = rest[name.endIndex...]
            }
        }
    }

    private static func collect(
        reference: ArraySlice<UInt8>, into found: inout [VariableReference], depth: Int
    ) {
        let name = reference.prefix(while: continuesName)
        guard let first = name.first, startsName(first) else { return }
        var variable = VariableReference(name: String(decoding: name, as: UTF8.self))
        var rest = reference[name.endIndex...]
        if rest.first == UInt8(ascii: ":") { rest.removeFirst() }
        let operation = rest.popFirst()
        let text = String(decoding: rest, as: UTF8.self)
        switch operation {
        case UInt8(ascii: "-"): variable.fallback = text
        case UInt8(ascii: "+"): variable.alternate = text
        case UInt8(ascii: "?"): variable.isRequired = true
        default: break
        }
        found.append(variable)
        collect(rest, into: &found, depth: depth + 1)
    }
}
