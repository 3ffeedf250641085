/// An image's name in Docker's normal form, with registry and tag: `busybox` is `docker.io/library/busybox:latest`.
///
/// The rules are those of the distribution reference grammar: the part before the first slash is a registry only where
/// it has a dot or a colon or is `localhost`, and `docker.io` names of one part belong to `library`.
struct ImageReference: Hashable {
    /// The registry and path: `docker.io/library/busybox`.
    let name: String
    /// `:tag` or `@digest`.
    let suffix: String

    init(_ text: String) {
        var rest = Substring(text)
        var digest: Substring?
        if let at = rest.firstIndex(of: "@") {
            digest = rest[at...]
            rest = rest[..<at]
        }
        var tag: Substring?
        let path = rest.lastIndex(of: "/").map { rest.index(after: $0) } ?? rest.startIndex
        if let colon = rest[path...].lastIndex(of: ":") {
            tag = rest[colon...]
            rest = rest[..<colon]
        }
        name = ImageReference.withRegistry(rest)
        suffix = String(digest ?? tag ?? ":latest")
    }

    private static func withRegistry(_ name: Substring) -> String {
        if let slash = name.firstIndex(of: "/") {
            let first = name[..<slash]
            if first == "docker.io" || first == "index.docker.io" {
                return dockerHub(name[name.index(after: slash)...])
            }
            if first.contains(".") || first.contains(":") || first == "localhost" { return String(name) }
        }
        return dockerHub(name)
    }

    private static func dockerHub(_ path: Substring) -> String {
        path.contains("/") ? "docker.io/\(path)" : "docker.io/library/\(path)"
    }

    /// The form that the engine shows, without what it would add: `busybox:latest`.
    var familiar: String { familiarName + suffix }

    /// The name in the form that the engine shows: `busybox`.
    var familiarName: String {
        for prefix in ["docker.io/library/", "docker.io/"] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }
}
