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
    /// Is told what a person should know though the command goes on.
    private let notice: (String) -> Void

    /// `GANTRY_STATE_DIR`, else `gantry` in `XDG_STATE_HOME` or in `~/.local/state` (XDG Base Directory Specification).
    init(environment: [String: String], notice: @escaping (String) -> Void = standardError) {
        let chosen = environment["GANTRY_STATE_DIR", default: ""]
        let base = environment["XDG_STATE_HOME", default: ""]
        if !chosen.isEmpty {
            path = chosen
        } else if base.hasPrefix("/") {
            path = base + "/gantry"
        } else {
            path = (environment["HOME"] ?? "/root") + "/.local/state/gantry"
        }
        self.notice = notice
    }

    private var file: String { path + "/state.db" }
    private var locks: String { path + "/locks" }

    /// Opens the journal, making folder and file where they are missing; only the user may read them.
    ///
    /// A state that was lost or is damaged is no reason to refuse: what a transaction made carries its label.
    ///
    /// - Throws: a `StateError`; nothing has been changed then.
    func journal() throws -> Journal {
        do {
            try makeFolder(path)
            try makeFolder(locks)
            let known = try FileManager.default.contentsOfDirectory(atPath: locks)
            let isLost = !known.isEmpty && access(file, F_OK) != 0
            let store = try StateStore(path: file, version: VersionCommand.number)
            if let aside = store.setAside {
                notice("The state file \(file) is damaged. It was put aside as \(aside), and a new one was begun.")
            } else if isLost {
                notice("The state file \(file) is gone, and a new one was begun.")
            }
            if isLost || store.setAside != nil {
                notice(
                    "What runs goes on. If a command was interrupted before, `gantry recover` finds what it left.")
            }
            return Journal(store)
        } catch var error as StateError {
            error.isBeforeChange = true
            throw error
        }
    }

    /// The journal where there is one; nil where nothing was kept yet, or it cannot be used.
    func presentJournal() -> Journal? {
        guard access(file, F_OK) == 0 else { return nil }
        return try? journal()
    }

    /// Makes a folder where there is none. One that is there is refused where others could put files into it; it is not
    /// changed, because a folder that was chosen may serve other ends too, and the files in it are private anyway.
    private func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StateError(condition(ofFailure: error), path: path)
        }
        // A link to a folder is followed: people put their state on another disk.
        var status = stat()
        guard stat(path, &status) == 0 else { throw StateError(.unusable(systemText(errno)), path: path) }
        guard status.st_uid == geteuid() else { throw StateError(.foreign(owner: Int(status.st_uid)), path: path) }
        guard status.st_mode & 0o022 == 0 else { throw StateError(.exposed, path: path) }
    }

    private func condition(ofFailure error: any Error) -> StateError.Condition {
        switch (error as? CocoaError)?.code {
        case .fileWriteOutOfSpace?: .full
        case .fileWriteNoPermission?, .fileWriteVolumeReadOnly?: .unwritable
        case .fileWriteFileExists?: .notAFile
        default: .unusable(String(describing: error))
        }
    }

    private func systemText(_ number: Int32) -> String { String(cString: strerror(number)) }

    /// The lock file of a project on an engine.
    func lockPath(_ scope: JournalScope) -> String {
        "\(locks)/\(StateDirectory.fileName(engine: scope.engine, project: scope.project)).lock"
    }

    /// Where the log spool of a project on an engine is; without a project, of all its containers.
    func spoolPath(engine: String, project: String?) -> String {
        // No project's name is empty.
        "\(path)/spools/\(StateDirectory.fileName(engine: engine, project: project ?? ""))"
    }

    /// Where the last output of a project's removed containers is kept.
    func outputPath(engine: String, project: String) -> String {
        "\(path)/output/\(StateDirectory.fileName(engine: engine, project: project))"
    }

    /// Makes that folder, for its owner alone.
    ///
    /// - Throws: a `StateError`.
    func makeOutputFolder(engine: String, project: String) throws -> String {
        let folder = outputPath(engine: engine, project: project)
        for path in [path, path + "/output", folder] { try makeFolder(path) }
        return folder
    }

    /// Makes the folder of a spool, for its owner alone; ``spoolPath(engine:project:)``.
    ///
    /// - Throws: a `StateError`.
    func makeSpoolFolder(engine: String, project: String?) throws -> String {
        try makeFolder(path)
        try makeFolder(path + "/spools")
        let folder = spoolPath(engine: engine, project: project)
        try makeFolder(folder)
        return folder
    }

    private static func fileName(engine: String, project: String) -> Substring {
        (engine + "/" + project).unicodeScalars.map { scalar -> String in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain || scalar == "." ? String(scalar) : "_\(String(scalar.value, radix: 16))_"
        }.joined().suffix(longestName)
    }

    /// The part of a long name that is kept: file systems take 255 bytes, and its end tells projects apart.
    private static let longestName = 200
}
