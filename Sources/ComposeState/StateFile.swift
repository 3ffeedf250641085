#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The state file as the file system has it, looked at before SQLite opens it.
struct StateFile {
    let path: String

    /// SQLite's companion files, by what their names end in.
    private static let companions = ["", "-wal", "-shm"]
    /// More damaged files than anybody keeps; beyond it something damages them all, and more of the same help nobody.
    private static let mostSetAside = 1000

    /// Makes the file where it is missing, for its owner alone, and takes others' permissions from one that is there.
    ///
    /// An existing file is never opened here: closing it would free the locks that SQLite has on it in this process.
    func prepare() throws {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw failure(errno) }
            let created = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            // Another process may have been quicker.
            guard created >= 0 || errno == EEXIST else { throw failure(errno) }
            if created >= 0 { close(created) }
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFLNK: throw StateError(.link, path: path)
        default: throw StateError(.notAFile, path: path)
        }
        guard status.st_uid == geteuid() else { throw StateError(.foreign(owner: Int(status.st_uid)), path: path) }
        // SQLite gives its companion files the permissions of this one.
        if status.st_mode & 0o077 != 0 { for end in StateFile.companions { chmod(path + end, 0o600) } }
    }

    /// Renames the file and its companions, so that a new one can be begun and this one looked at.
    ///
    /// - Returns: its new path.
    func setAside() throws -> String {
        for number in 1...StateFile.mostSetAside {
            let aside = "\(path).corrupt-\(number)"
            var status = stat()
            guard lstat(aside, &status) != 0 else { continue }
            guard rename(path, aside) == 0 else { throw failure(errno) }
            for end in StateFile.companions.dropFirst() { rename(path + end, aside + end) }
            return aside
        }
        throw StateError(.damaged, path: path)
    }

    private func failure(_ number: Int32) -> StateError {
        let condition: StateError.Condition =
            switch number {
            case ENOSPC, EDQUOT: .full
            case EACCES, EPERM, EROFS: .unwritable
            case ENOTDIR: .notAFile
            default: .unusable(String(cString: strerror(number)))
            }
        return StateError(condition, path: path)
    }
}
