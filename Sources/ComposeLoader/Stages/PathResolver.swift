/// Makes the paths in a file absolute.
struct PathResolver: Sendable {
    /// The absolute folder that relative paths start from.
    let base: String
    /// What `~` stands for, nil where nobody knows.
    let home: String?

    func absolute(_ path: String) -> String {
        if path.isEmpty { return path }
        let expanded = expandingHome(path)
        // An absolute path is kept to the letter, as Docker Compose keeps it.
        return FilePath.isAbsolute(expanded) ? expanded : FilePath.join(base, expanded)
    }

    /// A path on the host of a container; Windows' own absolute paths are left alone, and nothing is the folder itself.
    func mountSource(_ path: String) -> String {
        if path.isEmpty { return base }
        let bytes = Array(path.utf8.prefix(3))
        let hasDrive =
            bytes.count == 3 && bytes[1] == UInt8(ascii: ":")
            && [UInt8(ascii: "/"), UInt8(ascii: "\\")].contains(bytes[2])
        if (hasDrive && bytes[0] != UInt8(ascii: "~")) || path.hasPrefix("\\\\") { return path }
        return absolute(path)
    }

    func buildContext(_ text: String) -> String {
        let isRemote =
            text.contains("://") || text.hasPrefix("service:") || text.hasPrefix("github.com/")
            || text.hasPrefix("git@")
        return isRemote ? text : absolute(text)
    }

    private func expandingHome(_ path: String) -> String {
        guard path.hasPrefix("~"), let home else { return path }
        return FilePath.clean(home + "/" + path.dropFirst())
    }
}
