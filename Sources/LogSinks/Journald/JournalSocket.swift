import SinkAPI

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A connection to journald's native socket (systemd.io, "Native Journal Protocol"). Its calls block.
struct JournalSocket: ~Copyable {
    private let descriptor: CInt
    private let path: String

    /// How long journald may leave the socket full.
    private static let patience = Duration.seconds(30)
    /// How often a cancelled task is looked for meanwhile.
    private static let glance = timeval(tv_sec: 0, tv_usec: 200_000)
    /// As systemd's own library asks for; the system gives what it allows.
    private static let bufferSize: CInt = 8 << 20
    /// journald takes files of others than root from these folders alone.
    private static let folders = ["/dev/shm", "/tmp", "/var/tmp"]

    init(_ path: String) throws(SinkFailure) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .misconfigured("\(path) is too long for a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .file("open", path) }
        var (size, glance) = (JournalSocket.bufferSize, JournalSocket.glance)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &glance, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw .unavailable("cannot connect to \(path): \(StreamEnding.reason(errno: code))")
        }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Sends one entry; one that is too long for a datagram in a file.
    func send(_ entry: [UInt8]) throws {
        let code = try attempt { entry.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) } }
        switch code {
        case 0: return
        case EMSGSIZE, ENOBUFS: try sendFile(entry)
        default: throw failure(code)
        }
    }

    private var flags: CInt { CInt(MSG_NOSIGNAL) }

    private func failure(_ code: CInt) -> SinkFailure {
        .unavailable("cannot send to \(path): \(StreamEnding.reason(errno: code))")
    }

    /// Calls until there is room; returns what else prevents it, or 0.
    private func attempt(_ call: () -> Int) throws -> CInt {
        let deadline = ContinuousClock.now + JournalSocket.patience
        while call() < 0 {
            guard errno == EAGAIN || errno == EINTR else { return errno }
            try Task.checkCancellation()
            guard ContinuousClock.now < deadline else {
                throw SinkFailure.unavailable("\(path) took nothing for \(JournalSocket.patience)")
            }
        }
        return 0
    }

    /// Sends an entry in a file that has no name any more.
    private func sendFile(_ entry: [UInt8]) throws {
        let file = try JournalSocket.file()
        defer { close(file) }
        var written = 0
        while written < entry.count {
            let count = entry.withUnsafeBytes {
                write(file, $0.baseAddress.map { $0 + written }, entry.count - written)
            }
            guard count > 0 else { throw SinkFailure.file("write", "an entry for \(path)") }
            written += count
        }
        // A cmsghdr of one descriptor (cmsg(3)): length, level, type, and the descriptor.
        let headerSize = MemoryLayout<Int>.size + 2 * MemoryLayout<CInt>.size
        let code = try withUnsafeTemporaryAllocation(
            byteCount: headerSize + MemoryLayout<Int>.size, alignment: MemoryLayout<Int>.alignment
        ) { control in
            control.initializeMemory(as: UInt8.self, repeating: 0)
            control.storeBytes(of: headerSize + MemoryLayout<CInt>.size, as: Int.self)
            control.storeBytes(of: SOL_SOCKET, toByteOffset: MemoryLayout<Int>.size, as: CInt.self)
            control.storeBytes(
                of: CInt(SCM_RIGHTS), toByteOffset: MemoryLayout<Int>.size + MemoryLayout<CInt>.size, as: CInt.self)
            control.storeBytes(of: file, toByteOffset: headerSize, as: CInt.self)
            var message = msghdr()
            message.msg_control = control.baseAddress
            message.msg_controllen = control.count
            return try attempt { sendmsg(descriptor, &message, flags) }
        }
        guard code == 0 else { throw failure(code) }
    }

    private static func file() throws(SinkFailure) -> CInt {
        for folder in folders {
            var template = Array("\(folder)/gantry-XXXXXX".utf8CString)
            let file = mkstemp(&template)
            guard file >= 0 else { continue }
            unlink(template)
            _ = fcntl(file, F_SETFD, FD_CLOEXEC)
            return file
        }
        throw .file("make a file in", folders.joined(separator: ", "))
    }
}
