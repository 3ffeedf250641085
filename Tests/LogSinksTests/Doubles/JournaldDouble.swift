import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// journald's native socket: a datagram or a file for each entry.
final class JournaldDouble: ReceiverDouble {
    private let folder: FolderDouble
    private let socket: CInt
    private let state = Mutex<(records: [ReceivedRecord], complaints: [String], files: Int)>(([], [], 0))

    init() throws {
        folder = try FolderDouble { _ in [] }
        socket = Glibc.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: Array(JournaldDouble.path(folder.port).utf8))
        }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Complaint(text: "bind: \(errno)") }
        // A thread of its own: it blocks.
        DispatchQueue(label: "journald double").async { [self] in while take() {} }
    }

    static func path(_ number: Int) -> String { FolderDouble.folder(number) + "/socket" }

    var port: Int { folder.port }
    var received: [ReceivedRecord] { state.withLock { $0.records } }
    var complaints: [String] { state.withLock { $0.complaints } }
    /// How many entries came as files.
    var files: Int { state.withLock { $0.files } }
    var connections: Int { 0 }
    var held: Int { 0 }
    func fail(_ faults: ReceiverFault...) {}
    func release() {}
    func start() async throws {}

    func stop() async throws {
        shutdown(socket, CInt(SHUT_RDWR))
        try await folder.stop()
    }

    /// Takes one datagram; false when the socket is shut.
    private func take() -> Bool {
        // More than any system lets a datagram have.
        var entry = [UInt8](repeating: 0, count: 9 << 20)
        var control = [UInt8](repeating: 0, count: 64)
        var flags: CInt = 0
        let count = entry.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    defer { flags = CInt(message.msg_controllen) }
                    return recvmsg(socket, &message, 0)
                }
            }
        }
        if flags > 0 {
            let file = control.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 16, as: CInt.self) }
            defer { close(file) }
            let size = Int(lseek(file, 0, SEEK_END))
            entry = [UInt8](repeating: 0, count: size)
            _ = pread(file, &entry, size, 0)
            state.withLock { $0.files += 1 }
        } else if count <= 0 {
            close(socket)
            return false
        } else {
            entry.removeLast(entry.count - count)
        }
        store(entry)
        return true
    }

    private func store(_ entry: [UInt8]) {
        var rest = entry[...]
        var fields: [String: [UInt8]] = [:]
        while let end = rest.firstIndex(where: { $0 == 0x3D || $0 == 0x0A }) {
            let name = String(decoding: rest[..<end], as: UTF8.self)
            let isText = rest[end] == 0x3D
            rest = rest[(end + 1)...]
            let length =
                isText
                ? rest.firstIndex(of: 0x0A).map { $0 - rest.startIndex } ?? 0
                : Int(rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
            if !isText { rest = rest.dropFirst(8) }
            fields[name] = Array(rest.prefix(length))
            rest = rest.dropFirst(length + 1)
        }
        guard let uid = fields["GANTRY_UID"], let line = fields["MESSAGE"], let priority = fields["PRIORITY"],
            priority.count == 1, fields["CONTAINER_NAME"] != nil
        else { return state.withLock { $0.complaints.append("fields are missing: \(fields.keys.sorted())") } }
        state.withLock { $0.records.append(ReceivedRecord(uid: String(decoding: uid, as: UTF8.self), line: line)) }
    }
}
