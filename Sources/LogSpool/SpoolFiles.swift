#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the spool does to its files; another one stands in for it where a test wants a full disk or a power cut.
package protocol SpoolFiles: Sendable {
    /// Makes a file that is not there, for its owner alone, open for writing.
    func create(_ path: String) throws(FileFailure) -> Int32
    func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) throws(FileFailure)
    /// Returns when what was written outlasts a power cut.
    func synchronize(_ descriptor: Int32) throws(FileFailure)
    /// The same for the names in a folder.
    func synchronizeFolder(_ path: String) throws(FileFailure)
    func truncate(_ path: String, to size: Int) throws(FileFailure)
    func close(_ descriptor: Int32)
    /// Removes a file and frees its room at once, though somebody may have it open.
    func remove(_ path: String) throws(FileFailure)
    /// Makes a file of `size` bytes that takes up the room on the disk.
    func reserve(_ path: String, size: Int) throws(FileFailure)
    /// How much the user may write to the disk.
    func freeSpace(_ folder: String) -> Int
}

/// The files as the system has them.
package struct SystemFiles: SpoolFiles {
    package init() {}

    package func create(_ path: String) throws(FileFailure) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileFailure("make \(path)", errno) }
        return descriptor
    }

    package func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int
    ) throws(FileFailure) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            if count > 0 {
                done += count
            } else if count == 0 || errno != EINTR {
                throw FileFailure("write a segment", count == 0 ? EIO : errno)
            }
        }
    }

    package func synchronize(_ descriptor: Int32) throws(FileFailure) {
        guard fdatasync(descriptor) == 0 else { throw FileFailure("sync a segment", errno) }
    }

    package func synchronizeFolder(_ path: String) throws(FileFailure) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open \(path)", errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure("sync \(path)", errno) }
    }

    package func truncate(_ path: String, to size: Int) throws(FileFailure) {
        #if canImport(Glibc)
            let result = Glibc.truncate(path, off_t(size))
        #else
            let result = Musl.truncate(path, off_t(size))
        #endif
        guard result == 0 else { throw FileFailure("cut \(path)", errno) }
    }

    package func close(_ descriptor: Int32) {
        #if canImport(Glibc)
            _ = Glibc.close(descriptor)
        #else
            _ = Musl.close(descriptor)
        #endif
    }

    package func remove(_ path: String) throws(FileFailure) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard unlink(path) == 0 || errno == ENOENT else { throw FileFailure("remove \(path)", errno) }
        // A reader that has it open would keep its room on the disk.
        if descriptor >= 0 { ftruncate(descriptor, 0) }
    }

    package func reserve(_ path: String, size: Int) throws(FileFailure) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileFailure("make \(path)", errno) }
        defer { close(descriptor) }
        let number = posix_fallocate(descriptor, 0, off_t(size))
        guard number == 0 else {
            // What was reserved in part is no reserve.
            unlink(path)
            throw FileFailure("reserve \(path)", number)
        }
    }

    package func freeSpace(_ folder: String) -> Int {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return 0 }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }
}
