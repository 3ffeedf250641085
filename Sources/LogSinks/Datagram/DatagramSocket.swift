import SinkAPI

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A socket for datagrams to one receiver. Its calls may block, as resolving a name does.
struct DatagramSocket: ~Copyable {
    private let descriptor: CInt
    private let name: String

    /// The most that a UDP datagram over IPv4 carries.
    static let largest = 65_507

    /// A socket to a host's port; `name` is for messages.
    init(host: String, port: Int, name: String) throws(SinkFailure) {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_DGRAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, String(port), &hints, &first)
        guard result == 0 else {
            throw .unavailable("the host of \(name) is not known: \(String(cString: gai_strerror(result)))")
        }
        defer { freeaddrinfo(first) }
        var failure = ENOENT
        var next = first
        while let address = next?.pointee {
            let descriptor = socket(address.ai_family, address.ai_socktype | CInt(SOCK_CLOEXEC.rawValue), 0)
            if descriptor >= 0, connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 {
                self.descriptor = descriptor
                self.name = name
                return
            }
            failure = errno
            if descriptor >= 0 { close(descriptor) }
            next = address.ai_next
        }
        throw .unavailable("cannot send to \(name): \(StreamEnding.reason(errno: failure))")
    }

    deinit { close(descriptor) }

    /// Sends one datagram. Where an earlier one was answered with "nothing listens there", that is thrown now.
    func send(_ bytes: UnsafeRawBufferPointer) throws(SinkFailure) {
        while Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL)) < 0 {
            switch errno {
            case EINTR: continue
            case let code: throw .unavailable("cannot send to \(name): \(StreamEnding.reason(errno: code))")
            }
        }
    }

    /// Throws what has become of the datagrams so far, where the receiver's system has said it.
    func probe() throws(SinkFailure) {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
        guard code == 0 else { throw .unavailable("cannot send to \(name): \(StreamEnding.reason(errno: code))") }
    }
}
