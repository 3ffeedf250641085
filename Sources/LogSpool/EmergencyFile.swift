import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Room on the disk that is set aside while there is enough, and given up when the disk is full, so that cursors can
/// still be written.
final class EmergencyFile: Sendable {
    private let path: String
    private let folder: String
    private let size: Int
    private let files: any SpoolFiles
    private let isHeld: Mutex<Bool>

    init(folder: SpoolFolder, size: Int, files: any SpoolFiles) {
        path = folder.emergency
        self.folder = folder.path
        self.size = size
        self.files = files
        // What an earlier process set aside is ours.
        var status = stat()
        isHeld = Mutex(lstat(path, &status) == 0 && Int(status.st_size) >= size)
    }

    /// What must be free for ``hold()``: its size, and as much again, so that the next record does not fill the disk.
    var needed: Int { 2 * size }

    /// Sets the room aside where there is enough; whether it is set aside.
    func hold() -> Bool {
        isHeld.withLock { isHeld in
            if isHeld { return true }
            guard files.freeSpace(folder) >= needed, (try? files.reserve(path, size: size)) != nil else { return false }
            isHeld = true
            return true
        }
    }

    func release() {
        isHeld.withLock { isHeld in
            try? files.remove(path)
            isHeld = false
        }
    }
}
