import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Ends of sockets that do not wait for who else has them open: a program that is being started elsewhere in this process
/// has copies of all descriptors for a moment, in which closing ours ends nothing.
extension Channel {
    /// Returns when nothing can connect any more and the port can be taken again.
    func stopListening() async throws {
        try await eventLoop.flatSubmit {
            try? self.withSocket { _ = shutdown($0, CInt(SHUT_RDWR)) }
            return self.close()
        }.get()
    }

    /// Resets the connection, whatever is unread. On its event loop.
    func reset() {
        try? withSocket(dissolve)
        close(promise: nil)
    }

    private func withSocket(_ body: (CInt) -> Void) throws {
        try pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) { body($0) }
    }
}

/// Who dissolves the association of a stream (connect(2)) resets it.
private func dissolve(_ socket: CInt) {
    var nobody = sockaddr()
    nobody.sa_family = sa_family_t(AF_UNSPEC)
    _ = connect(socket, &nobody, socklen_t(MemoryLayout<sockaddr>.size))
}
