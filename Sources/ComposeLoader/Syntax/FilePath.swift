/// Paths as text: no file is looked at.
enum FilePath {
    static func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }

    /// The path without `.`, `..` and doubled slashes where the text alone allows it; `.` for nothing.
    static func clean(_ path: String) -> String {
        if !needsCleaning(path) { return path }
        let absolute = isAbsolute(path)
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(part)
            } else if let last = parts.last, last != ".." {
                parts.removeLast()
            } else if !absolute {
                parts.append(part)
            }
        }
        let joined = parts.joined(separator: "/")
        return absolute ? "/" + joined : joined.isEmpty ? "." : joined
    }

    private static func needsCleaning(_ path: String) -> Bool {
        var previous = UInt8(ascii: "/")
        let bytes = path.utf8
        guard let last = bytes.last, bytes.count > 1 else { return path != "/" }
        if last == UInt8(ascii: "/") { return true }
        for (index, byte) in bytes.enumerated() {
            if previous == UInt8(ascii: "/"), byte == UInt8(ascii: ".") || (byte == UInt8(ascii: "/") && index > 0) {
                return true
            }
            previous = byte
        }
        return false
    }

    /// `path` as seen from `folder`, cleaned.
    static func join(_ folder: String, _ path: String) -> String {
        isAbsolute(path) ? clean(path) : clean(folder + "/" + path)
    }

    /// The path as a person in `folder` would name it: relative where it lies below, absolute elsewhere.
    static func shown(_ path: String, from folder: String) -> String {
        let prefix = folder == "/" ? "/" : folder + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }

    /// The folder that holds the path.
    static func parent(_ path: String) -> String {
        let cleaned = clean(path)
        guard let slash = cleaned.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        let parent = cleaned[..<slash]
        return parent.isEmpty ? "/" : String(parent)
    }

    /// The last component, `/` for the root.
    static func name(_ path: String) -> String {
        clean(path).split(separator: "/").last.map(String.init) ?? "/"
    }
}
