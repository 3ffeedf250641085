import EngineAPI
import SinkAPI

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// One file of lines that each have a `uid`, which is continued where it ended: after a crash, what is torn at its end
/// is cut off, and the last line says what need not be written again. All calls block.
final class LogFile {
    let path: String
    private let descriptor: CInt
    private(set) var size: Int
    /// The last record in it, by spool; nil where none of that spool is there.
    private(set) var last: FilePosition?
    /// The first record in it; nil while it is empty.
    private(set) var first: FilePosition?
    /// The engine's time of its first record, by which it grows old.
    private(set) var firstTime: EngineTime?

    /// The file's end is read in pieces of this size, until a newline is found.
    private static let pieceSize = 64 << 10
    private static let folderMode: mode_t = 0o755
    private static let fileMode: mode_t = 0o640

    /// Opens or makes the file and its folders.
    init(_ path: String) throws(SinkFailure) {
        self.path = path
        try LogFile.makeFolders(of: path)
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, LogFile.fileMode)
        guard descriptor >= 0 else { throw .file("open", path) }
        // Two writers would cut off each other's lines.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            throw code == EWOULDBLOCK
                ? .misconfigured("\(path) is written by another process already") : .file("lock", path, errno: code)
        }
        size = Int(lseek(descriptor, 0, SEEK_END))
        if size > 0 {
            try cutTornLine()
            last = FilePosition(line: try line(endingAt: size))
            let start = try bytes(0, min(size, LogFile.pieceSize))
            let line = start.prefix { $0 != UInt8(ascii: "\n") }
            first = FilePosition(line: Array(line))
            firstTime = FilePosition.time(of: Array(line))
        }
    }

    deinit { close(descriptor) }

    /// Appends lines, of which the first and last records are named; where `synced`, returns when they are on the disk.
    /// Where not all can be written, none stays.
    func append(
        _ lines: UnsafeRawBufferPointer, from first: FilePosition, to last: FilePosition, time: EngineTime, synced: Bool
    ) throws(SinkFailure) {
        var written = 0
        while written < lines.count {
            let count = write(descriptor, lines.baseAddress.map { $0 + written }, lines.count - written)
            if count < 0 {
                let code = errno
                if code == EINTR { continue }
                ftruncate(descriptor, size)
                throw .file("write to", path, errno: code)
            }
            written += count
        }
        if synced, fdatasync(descriptor) != 0 {
            let code = errno
            ftruncate(descriptor, size)
            throw .file("sync", path, errno: code)
        }
        if self.first == nil {
            self.first = first
            firstTime = time
        }
        self.last = last
        size += written
    }

    /// Makes the folder's entry of this file durable.
    static func syncFolder(of path: String) throws(SinkFailure) {
        let folder = FilePath.folder(of: path)
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("open", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .file("sync", folder) }
    }

    /// Makes the folders that a path leads through.
    static func makeFolders(of path: String) throws(SinkFailure) {
        var folder = ""
        for part in FilePath.folder(of: path).split(separator: "/", omittingEmptySubsequences: false) {
            folder += part
            if !folder.isEmpty, mkdir(folder, folderMode) != 0, errno != EEXIST, errno != EISDIR {
                // One that is there already may be in a folder that is not ours to write to.
                let code = errno
                var facts = stat()
                if stat(folder, &facts) != 0 { throw .file("make the folder", folder, errno: code) }
            }
            folder += "/"
        }
    }

    private func cutTornLine() throws(SinkFailure) {
        var end = size
        while end > 0 {
            let start = max(0, end - LogFile.pieceSize)
            if let newline = try bytes(start, end - start).lastIndex(of: UInt8(ascii: "\n")) {
                end = start + newline + 1
                break
            }
            end = start
        }
        guard end < size else { return }
        guard ftruncate(descriptor, end) == 0 else { throw .file("cut the torn end of", path) }
        size = end
    }

    /// The line whose newline ends at `end`, without it.
    private func line(endingAt end: Int) throws(SinkFailure) -> [UInt8] {
        var line: [UInt8] = []
        var position = max(0, end - 1)
        while position > 0 {
            let start = max(0, position - LogFile.pieceSize)
            let piece = try bytes(start, position - start)
            if let newline = piece.lastIndex(of: UInt8(ascii: "\n")) { return piece[(newline + 1)...] + line }
            line = piece + line
            position = start
        }
        return line
    }

    private func bytes(_ offset: Int, _ count: Int) throws(SinkFailure) -> [UInt8] {
        var result = -1
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            result = pread(descriptor, buffer.baseAddress, count, offset)
            initialized = max(0, result)
        }
        guard result >= 0 else { throw .file("read", path) }
        return bytes
    }
}

/// A record's place in its spool, as its `uid` tells it.
struct FilePosition: Equatable {
    let epoch: String
    let sequence: UInt64

    init(epoch: String, sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// From the `uid` in a JSON object or in logfmt; nil where the line has none.
    init?(line: [UInt8]) {
        // A label may have that name too: the first that has the form counts.
        for uid in FilePosition.values("uid", in: line) {
            let parts = uid.split(separator: "-")
            guard parts.count == 3, let sequence = UInt64(parts[2]) else { continue }
            self.init(epoch: String(parts[1]), sequence: sequence)
            return
        }
        return nil
    }

    /// The `time` in such a line.
    static func time(of line: [UInt8]) -> EngineTime? {
        values("time", in: line).first.flatMap { EngineTime(String($0)) }
    }

    /// What stands for `key`, wherever. Within a JSON string a quote is escaped, so that none can pretend to be a key.
    private static func values(_ key: String, in line: [UInt8]) -> [Substring] {
        let text = String(decoding: line, as: UTF8.self)
        let mark = text.hasPrefix("{") ? "\"\(key)\":\"" : "\(key)="
        return text.ranges(of: mark).map { text[$0.upperBound...].prefix { $0 != "\"" && $0 != " " } }
    }
}

/// Parts of a file's path.
enum FilePath {
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }
}
