import ComposePlanner

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension HostFile {
    /// Reads a file, as far as it is one and not larger than ``largest``. Returns at once: what would make it wait, such
    /// as a pipe, is not read.
    static func found(at path: String) -> HostFile {
        var status = stat()
        // Before it is opened, which is an act where it is a device.
        guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            return .unusable(status.st_mode & S_IFMT == S_IFDIR ? "is a directory" : "is no file")
        }
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            return .unusable(
                errno == ENOENT || errno == ENOTDIR
                    ? "does not exist" : "cannot be read (\(String(cString: strerror(errno))))")
        }
        defer { close(descriptor) }
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .unusable(status.st_mode & S_IFMT == S_IFDIR ? "is a directory" : "is no file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= largest {
            let count = read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { return .unusable("cannot be read (\(String(cString: strerror(errno))))") }
            guard count > 0 else { return .content(bytes) }
            bytes += chunk[..<count]
        }
        return .unusable("is larger than \(largest >> 10) KiB")
    }
}
