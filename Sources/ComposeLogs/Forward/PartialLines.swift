import EngineAPI
import Glibc
import LogSinks
import SinkAPI

/// The beginnings of long lines whose pieces are acknowledged one by one, so that they have to be durable before the line
/// is whole: a file for each, in a folder of their own.
actor PartialLines {
    /// What cannot be kept, and so is not acknowledged.
    struct Failure: Error, CustomStringConvertible { let description: String }

    private struct Line {
        var descriptor: Int32
        var bytes: [UInt8] = []
        var ordinal = 0
    }

    private let folder: String
    private var lines: [String: Line] = [:]
    private let executor = BlockingExecutor(label: "partial lines")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(folder: String) throws {
        self.folder = folder
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw PartialLines.failure("make", folder) }
    }

    deinit { for line in lines.values { close(line.descriptor) } }

    /// Adds a piece; durable when it returns. One that is there already is not added again.
    ///
    /// - Returns: the line as far as it is known; nil where pieces before this one are gone.
    func add(_ bytes: [UInt8], _ part: ForwardEntry.Part) throws -> [UInt8]? {
        let name = PartialLines.fileName(part.line)
        if lines[name] == nil { lines[name] = try open(name) }
        guard var line = lines[name] else { return nil }
        guard part.ordinal > line.ordinal else { return line.bytes }
        guard part.ordinal == line.ordinal + 1 else { return nil }
        // Its ordinal and its length are before each piece; one that is torn was not acknowledged.
        var piece: [UInt8] = []
        for number in [UInt32(truncatingIfNeeded: part.ordinal), UInt32(bytes.count)] {
            withUnsafeBytes(of: number.littleEndian) { piece.append(contentsOf: $0) }
        }
        piece += bytes
        let written = piece.withUnsafeBytes { write(line.descriptor, $0.baseAddress, $0.count) }
        guard written == piece.count, fdatasync(line.descriptor) == 0 else {
            throw PartialLines.failure("write", "\(folder)/\(name)")
        }
        line.bytes += bytes
        line.ordinal = part.ordinal
        lines[name] = line
        return line.bytes
    }

    /// Forgets a line that is whole, and durable elsewhere.
    func remove(_ part: ForwardEntry.Part) {
        let name = PartialLines.fileName(part.line)
        if let line = lines.removeValue(forKey: name) { close(line.descriptor) }
        unlink("\(folder)/\(name)")
    }

    /// Forgets what was delivered of a line that goes on.
    func cut(_ part: ForwardEntry.Part) throws {
        let name = PartialLines.fileName(part.line)
        guard let line = lines[name] else { return }
        guard ftruncate(line.descriptor, 0) == 0, lseek(line.descriptor, 0, SEEK_SET) == 0 else {
            throw PartialLines.failure("write", "\(folder)/\(name)")
        }
        // An empty piece keeps the count.
        lines[name] = Line(descriptor: line.descriptor, ordinal: part.ordinal - 1)
        _ = try add([], part)
    }

    private func open(_ name: String) throws -> Line {
        let path = "\(folder)/\(name)"
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw PartialLines.failure("open", path) }
        var line = Line(descriptor: descriptor)
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { content += buffer[..<count] }
        var end = 0
        while content.count - end >= 8 {
            let number = { (at: Int) in
                Int(content[at..<at + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
            }
            let (ordinal, count) = (number(end), number(end + 4))
            guard content.count - end - 8 >= count else { break }
            line.bytes += content[(end + 8)..<(end + 8 + count)]
            line.ordinal = ordinal
            end += 8 + count
        }
        guard ftruncate(descriptor, off_t(end)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
            close(descriptor)
            throw PartialLines.failure("read", path)
        }
        return line
    }

    private static func fileName(_ line: String) -> String {
        // Engines use hexadecimal digits; whatever else comes is no path.
        String(
            line.unicodeScalars.prefix(longestName).map { scalar in
                let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                return isPlain ? Character(scalar) : "_"
            })
    }

    /// Engines' identifiers have 64 digits.
    private static let longestName = 128

    private static func failure(_ verb: String, _ path: String) -> Failure {
        Failure(description: "Cannot \(verb) \(path): \(String(cString: strerror(errno))).")
    }
}
