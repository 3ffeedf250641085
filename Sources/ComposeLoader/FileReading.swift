import Glibc

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
package struct SystemFiles: FileReading {
    /// More than any file a project reads: the YAML limit is 16 MiB, and a device or a pipe may never end.
    private static let limit = 32 * 1024 * 1024
    /// Milliseconds in which a pipe has to get a writer. A shell opens its `<(...)` before it starts the command.
    private static let writerWait: Int32 = 1000

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
        let isKnown = fstat(descriptor, &status) == 0
        let size = isKnown ? max(0, Int(status.st_size)) : 0
        let isPipe = isKnown && status.st_mode & S_IFMT == S_IFIFO
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(size + 1, SystemFiles.limit))
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // Somebody has it open to write, and takes their time.
                _ = Self.events(on: descriptor, within: -1)
                continue
            }
            guard count >= 0 else { throw FileProblem(Self.reason(errno)) }
            if count == 0 {
                guard isPipe, bytes.isEmpty else { return bytes }
                let events = Self.events(on: descriptor, within: SystemFiles.writerWait)
                if events == 0 { throw FileProblem("it is a pipe that nobody writes to") }
                if events & Int32(POLLIN) == 0 { return bytes }
                continue
            }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= SystemFiles.limit else {
                throw FileProblem("it is larger than \(SystemFiles.limit / 1024 / 1024) MiB")
            }
        }
    }

    /// What has happened to the descriptor, 0 where nothing did; -1 milliseconds is without end.
    private static func events(on descriptor: Int32, within milliseconds: Int32) -> Int32 {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, milliseconds) > 0 ? Int32(request.revents) : 0
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
