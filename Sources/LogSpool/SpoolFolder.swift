#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The private folder of one spool, locked for this process until the value is freed.
final class SpoolFolder: Sendable {
    let path: String
    private let lock: Int32

    /// Makes the folder where it is missing, for its owner alone, and locks it; the folder above it must exist.
    ///
    /// - Throws: ``SpoolError``: `inUse` while another process has it.
    init(_ path: String) throws {
        self.path = path
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileFailure("make \(path)", errno).error }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw FileFailure("look at \(path)", errno).error }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
            throw SpoolError.unusable(action: "use \(path)", reason: "it is no folder of this user's")
        }
        // Lines may hold what others must not see.
        if status.st_mode & 0o077 != 0 { chmod(path, 0o700) }
        lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw FileFailure("open \(path)/lock", errno).error }
        while flock(lock, LOCK_EX | LOCK_NB) != 0 {
            let number = errno
            if number == EINTR { continue }
            close(lock)
            throw number == EWOULDBLOCK ? SpoolError.inUse(folder: path) : FileFailure("lock \(path)", number).error
        }
    }

    deinit { close(lock) }

    /// Lets another process have the folder; nothing in it may be used any more.
    func unlock() { flock(lock, LOCK_UN) }

    var index: String { path + "/index.sqlite" }
    var emergency: String { path + "/emergency" }
    var quarantine: String { path + "/quarantine" }

    func path(of segment: SegmentName) -> String { path + "/" + segment.text }

    /// The segments that are there, oldest first.
    func segments() throws -> [SegmentName] { try SpoolFolder.names(in: path).compactMap(SegmentName.init).sorted() }

    /// The names in a folder, in no order.
    static func names(in path: String) throws -> [String] {
        guard let folder = opendir(path) else { throw FileFailure("list \(path)", errno).error }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
