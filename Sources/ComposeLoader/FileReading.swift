import Glibc
import Synchronization

/// Where files come from, so that a project can be loaded from memory.
package protocol FileReading: Sendable {
    /// What is at an absolute path.
    func kind(of path: String) -> FileKind

    /// The bytes of the file at an absolute path.
    func read(_ path: String) throws(FileProblem) -> [UInt8]
}

package enum FileKind: Sendable {
    case missing
    case file
    case folder
}

/// Why a file cannot be read.
package struct FileProblem: Error, Sendable {
    /// A sentence part such as `no such file`.
    package var reason: String

    package init(_ reason: String) { self.reason = reason }
}

/// The files of this machine.
///
/// What is no ordinary file, such as a pipe or a device, is read too; for those of one value together, ``Patience``
/// bounds the wait.
package struct SystemFiles: FileReading {
    /// More than any file a project reads: the YAML limit is 16 MiB, and a device or a pipe may never end.
    private static let limit = 32 * 1024 * 1024
    private let patience = Patience()

    package init() {}

    package func kind(of path: String) -> FileKind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .missing }
        return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file
    }

    package func read(_ path: String) throws(FileProblem) -> [UInt8] {
        // Opening a pipe that nobody writes to would wait for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileProblem(Self.reason(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileProblem(Self.reason(errno)) }
        let isOrdinary = status.st_mode & S_IFMT == S_IFREG
        let size = isOrdinary ? max(0, Int(status.st_size)) : 0
        guard size <= SystemFiles.limit else { throw SystemFiles.tooLarge }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            if !isOrdinary { try patience.wait(for: descriptor) }
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // Some files of /proc wait for news although they seem ordinary.
                try patience.wait(for: descriptor)
                continue
            }
            guard count >= 0 else { throw FileProblem(Self.reason(errno)) }
            if count == 0 { return bytes }
            // Before they are added, because an array that is full doubles.
            guard bytes.count + count <= SystemFiles.limit else { throw SystemFiles.tooLarge }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    private static var tooLarge: FileProblem {
        FileProblem("it is larger than \(SystemFiles.limit / 1024 / 1024) MiB")
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENXIO: "it is a socket"
        case ENOENT: "there is no such file"
        case EISDIR: "it is a folder"
        case EACCES: "permission denied"
        default: String(cString: strerror(code))
        }
    }
}

/// How long pipes and devices may say nothing, all that are read with it taken together.
private final class Patience: Sendable {
    /// A shell opens its `<(...)` before it starts the command, and programs that print a file do so at once. Several
    /// silent pipes in one project must not add up.
    private static let limit: Duration = .seconds(1)
    private let remaining = Mutex(Patience.limit)

    /// Returns once a read of the descriptor would not wait.
    func wait(for descriptor: Int32) throws(FileProblem) {
        while true {
            let left = remaining.withLock { max($0, .zero) }
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let began = ContinuousClock.now
            // What is there already needs no patience, so that even without any left it is asked.
            let count = poll(&request, 1, Int32(left / .milliseconds(1)))
            let code = errno
            let waited = ContinuousClock.now - began
            remaining.withLock { $0 -= waited }
            if count > 0 { return }
            guard count < 0, code == EINTR else {
                throw FileProblem(
                    "it is a pipe or a device that nobody writes to within \(Patience.limit.components.seconds) s; "
                        + "write what takes longer into a file first")
            }
        }
    }
}

/// Files in memory, by absolute path; folders are what their paths imply.
package struct MemoryFiles: FileReading {
    private let files: [String: [UInt8]]

    package init(_ files: [String: String]) {
        self.files = files.mapValues { Array($0.utf8) }
    }

    package init(bytes files: [String: [UInt8]]) { self.files = files }

    package func kind(of path: String) -> FileKind {
        if files[path] != nil { return .file }
        let prefix = path == "/" ? path : path + "/"
        return files.keys.contains { $0.hasPrefix(prefix) } ? .folder : .missing
    }

    package func read(_ path: String) throws(FileProblem) -> [UInt8] {
        guard let bytes = files[path] else {
            throw FileProblem(kind(of: path) == .folder ? "it is a folder" : "there is no such file")
        }
        return bytes
    }
}
