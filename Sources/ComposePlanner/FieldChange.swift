package import ComposeModel

/// An attribute of a service that is another one than its container was made with.
package struct FieldChange: Sendable, Equatable {
    /// `environment.LOG`, `ports`.
    package let path: String
    /// What it was; nil where it was not there, or is not known. Secrets are hidden.
    package let old: CanonicalValue?
    /// What it is; nil where it is not there any more, or is not shown. Secrets are hidden.
    package let new: CanonicalValue?
    /// What happened to it, as far as digests tell.
    package let kind: Kind

    package enum Kind: Sendable { case added, removed, changed }

    init(_ path: String, _ kind: Kind, old: CanonicalValue? = nil, new: CanonicalValue? = nil) {
        let name = path.split(separator: ".", maxSplits: 1).last.map(String.init) ?? path
        func shown(_ value: CanonicalValue?) -> CanonicalValue? {
            value?.replacingSecrets(in: path.contains(".") ? name : "") { _ in Secrecy.hidden }
        }
        self.path = path
        self.kind = kind
        self.old = shown(old)
        self.new = shown(new)
    }

    /// `environment.LOG: "info" -> "debug"`; without the old value `environment.LOG changed`.
    var phrase: String {
        switch kind {
        case .added: return "\(path) added"
        case .removed: return old.map { "\(path) removed (was \(FieldChange.text($0)))" } ?? "\(path) removed"
        case .changed: break
        }
        guard let old, let new else { return "\(path) changed" }
        if !FieldChange.ordered.contains(path), case .list(let before) = old, case .list(let after) = new {
            let gone = before.filter { !after.contains($0) }.map { "removed \(FieldChange.text($0))" }
            let come = after.filter { !before.contains($0) }.map { "added \(FieldChange.text($0))" }
            if !gone.isEmpty || !come.isEmpty { return "\(path): " + (gone + come).joined(separator: ", ") }
        }
        return "\(path): \(FieldChange.text(old)) -> \(FieldChange.text(new))"
    }

    /// Lists whose items mean something only together.
    private static let ordered: Set<String> = ["command", "entrypoint", "healthcheck.test"]
    /// Characters of a value that a cause shows: two of them fit on a line beside the operation.
    private static let longest = 60

    /// JSON on one line, cut where it is long.
    private static func text(_ value: CanonicalValue) -> String {
        if value == .string(Secrecy.hidden) { return Secrecy.hidden }
        // JSON leaves the control characters beyond ASCII as they are, and a terminal obeys some of them.
        let text = String(decoding: value.json(), as: UTF8.self).unicodeScalars.map { scalar in
            (0x7F...0x9F).contains(scalar.value) ? "\\u00" + String(scalar.value, radix: 16) : String(scalar)
        }.joined()
        return text.count > longest ? text.prefix(longest - 1) + "…" : text
    }
}
