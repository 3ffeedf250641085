/// An address that Docker Compose would fetch a file from, where a path is expected.
enum RemoteResource {
    case repository
    case artifact
    case download

    /// nil for a path. An address that also is a file here is a path: ask for the file first.
    init?(_ text: String) {
        let lower = text.lowercased()
        let path = lower.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        if lower.hasPrefix("oci://") {
            self = .artifact
        } else if lower.hasPrefix("git@") || lower.hasPrefix("github.com/") || lower.hasPrefix("git://")
            || lower.hasPrefix("ssh://") || (lower.contains("://") && path.hasSuffix(".git"))
        {
            self = .repository
        } else if lower.hasPrefix("http://") || lower.hasPrefix("https://") {
            self = .download
        } else {
            return nil
        }
    }

    /// What it is, as the end of a sentence.
    var reason: String {
        switch self {
        case .repository: "git repositories are not supported here, only files on this machine"
        case .artifact: "artifacts in a registry are not supported here, only files on this machine"
        case .download: "addresses are not supported here, only files on this machine"
        }
    }

    /// What to do instead.
    var advice: String {
        switch self {
        case .repository: "clone the repository, check out the version, and name the path of its compose file here"
        case .artifact:
            "have Docker Compose write it down with \"docker compose -f ADDRESS config\", and name that file here"
        case .download: "download it, and name the path of the local file here"
        }
    }
}
