#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The right to change one project on one engine, held by one process at a time.
///
/// It is a `flock` on a file, so the system frees it when its holder dies, however that happens.
package struct ProjectLock: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Who holds a lock: a line such as `gantry up (process 123) since 2026-01-31T10:00:00Z`.
    package struct Holder: Sendable, Equatable {
        package let description: String
    }

    /// The result of one attempt.
    package enum Attempt: ~Copyable {
        case locked(ProjectLock)
        case held(by: Holder)
    }

    /// Tries once, without waiting.
    ///
    /// - Parameters:
    ///   - path: the lock's file, in a folder that exists; it stays after the lock is freed.
    ///   - holder: what others are told while the lock is held.
    package static func attempt(path: String, holder: String) throws(LockError) -> Attempt {
        var descriptor: Int32 = -1
        // A lock on a file that was removed meanwhile keeps nobody out. Removed again and again, it is given up.
        for _ in 0..<openingAttempts {
            descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw LockError(path: path, errorNumber: errno) }
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                let number = errno
                defer { close(descriptor) }
                guard number == EWOULDBLOCK else { throw LockError(path: path, errorNumber: number) }
                return .held(by: Holder(description: read(descriptor)))
            }
            if isAt(path, descriptor) { break }
            close(descriptor)
            descriptor = -1
        }
        guard descriptor >= 0 else { throw LockError(path: path, errorNumber: ENOENT) }
        let bytes = Array(holder.utf8)
        if ftruncate(descriptor, 0) != 0 || pwrite(descriptor, bytes, bytes.count, 0) != bytes.count {
            let number = errno
            close(descriptor)
            throw LockError(path: path, errorNumber: number)
        }
        return .locked(ProjectLock(descriptor: descriptor))
    }

    /// How often a file that somebody removes is opened anew.
    private static let openingAttempts = 10

    /// Whether an open file is the one that others find at `path`.
    private static func isAt(_ path: String, _ descriptor: Int32) -> Bool {
        var (ours, theirs) = (stat(), stat())
        return fstat(descriptor, &ours) == 0 && lstat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino
            && ours.st_dev == theirs.st_dev
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Frees the lock now rather than when its last use is over.
    package consuming func release() {}

    deinit { close(descriptor) }

    private static func read(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : "another process"
    }
}

/// Why a lock's file cannot be used.
package struct LockError: Error, CustomStringConvertible {
    let path: String
    let errorNumber: Int32

    package var description: String {
        "The lock file \(path) cannot be used: \(String(cString: strerror(errorNumber))). "
            + "Check the folder's permissions, or choose another one with GANTRY_STATE_DIR."
    }
}
