#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A folder with a socket in it, whose path may be longer than a socket's address has room for (108 bytes, unix(7)).
enum SocketFolder {
    /// Runs `body` with a short path of the folder's socket.
    static func opened<Value>(_ folder: String, _ body: (String) async throws -> Value) async throws -> Value {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(number: errno) }
        defer { close(descriptor) }
        return try await body("/proc/self/fd/\(descriptor)/\(TailListener.file)")
    }

    static func remove(_ path: String) { unlink(path) }

    struct Failure: Error { let number: Int32 }
}
