package import ComposeModel

/// An attribute of a service, network or volume that is another one than what is there was made with.
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

    /// What differs between two values: the value itself, or where both have fields, each of these that does, by its own
    /// path.
    static func all(_ path: String, old: CanonicalValue, new: CanonicalValue) -> [FieldChange] {
        guard case .object(let before) = old, case .object(let after) = new else {
            if old == new { return [] }
            if case .string(let seal) = old, case .string(let text) = new, Seal.matches(seal, text) { return [] }
            return [FieldChange(path, .changed, old: old, new: new)]
        }
        return Set(before.map(\.name)).union(after.map(\.name)).sorted().flatMap { name -> [FieldChange] in
            let place = path.isEmpty ? name : "\(path).\(name)"
            return switch (old[name], new[name]) {
            case (let old?, let new?): all(place, old: old, new: new)
            case (let old, nil): [FieldChange(place, .removed, old: old)]
            case (nil, .object(let fields)?) where !fields.isEmpty: all(place, old: .object([]), new: .object(fields))
            case (nil, let new): [FieldChange(place, .added, new: new)]
            }
        }
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
            let (gone, come) = (before.filter { !after.contains($0) }, after.filter { !before.contains($0) })
            let short = { (item: CanonicalValue) in FieldChange.shortForm(of: item, in: path) ?? item }
            // What differs may be just what the short form leaves out.
            let isTold = Set(gone.map { short($0).json() }).isDisjoint(with: come.map { short($0).json() })
            let text = { (item: CanonicalValue) in FieldChange.text(isTold ? short(item) : item) }
            let phrases = gone.map { "removed \(text($0))" } + come.map { "added \(text($0))" }
            if !phrases.isEmpty { return "\(path): " + phrases.joined(separator: ", ") }
        }
        return "\(path): \(FieldChange.text(old)) -> \(FieldChange.text(new))"
    }

    /// Lists whose items mean something only together.
    private static let ordered: Set<String> = ["command", "entrypoint", "healthcheck.test"]
    /// Characters of a value that a cause shows: two of them fit on a line beside the operation.
    private static let longest = 60

    /// A port or a mount as people write it, `127.0.0.1:8080:80/udp` or `data:/data:ro`; nil for anything else.
    private static func shortForm(of item: CanonicalValue, in path: String) -> CanonicalValue? {
        func text(_ name: String) -> String? {
            switch item[name] {
            case .string(let text)?: text
            case .int(let number)?: String(number)
            default: nil
            }
        }
        guard let target = text("target") else { return nil }
        var parts: [String]
        switch path {
        case "ports":
            parts = [text("host_ip"), text("published"), target].compactMap(\.self)
            if let transport = text("protocol"), transport != "tcp" { parts[parts.count - 1] += "/" + transport }
        case "volumes":
            parts = [text("source"), target].compactMap(\.self)
            if item["read_only"] == .bool(true) { parts.append("ro") }
        default: return nil
        }
        return .string(parts.joined(separator: ":"))
    }

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
