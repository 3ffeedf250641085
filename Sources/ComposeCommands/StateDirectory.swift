import ComposePlanner
import ComposeState
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The private folder of the journal and the locks.
struct StateDirectory {
    let path: String

    /// `GANTRY_STATE_DIR`, else `gantry` in `XDG_STATE_HOME` or in `~/.local/state` (XDG Base Directory Specification).
    init(environment: [String: String]) {
        let chosen = environment["GANTRY_STATE_DIR", default: ""]
        let base = environment["XDG_STATE_HOME", default: ""]
        if !chosen.isEmpty {
            path = chosen
        } else if base.hasPrefix("/") {
            path = base + "/gantry"
        } else {
            path = (environment["HOME"] ?? "/root") + "/.local/state/gantry"
        }
    }

    /// Opens the journal, making folder and file where they are missing; only the user may read them.
    func journal() throws -> Journal {
        do {
            try FileManager.default.createDirectory(
                atPath: path + "/locks", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            chmod(path, 0o700)
            return Journal(try StateStore(path: path + "/state.db"))
        } catch {
            throw StateUnusable(path: path, reason: String(describing: error))
        }
    }

    /// The lock file of a project on an engine.
    func lockPath(_ scope: JournalScope) -> String {
        let name = (scope.engine + "/" + scope.project).unicodeScalars.map { scalar -> String in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain || scalar == "." ? String(scalar) : "_\(String(scalar.value, radix: 16))_"
        }.joined()
        return "\(path)/locks/\(name.suffix(StateDirectory.longestName)).lock"
    }

    /// The part of a long name that is kept: file systems take 255 bytes, and its end tells projects apart.
    private static let longestName = 200
}

/// The state folder cannot be used.
struct StateUnusable: Error, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String {
        "The state in \(path) cannot be used: \(reason). Nothing was changed. Check the folder's permissions and space, "
            + "or choose another one with GANTRY_STATE_DIR."
    }
}
