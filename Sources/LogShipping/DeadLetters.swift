import FoundationEssentials
import LogSpool
package import SinkAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The records that one sink refused, in a file of JSON lines that only its owner may read.
///
/// Another process may list and deliver them again while this one adds to them: each use of the file locks it.
package actor DeadLetters {
    /// What delivering them again came to.
    package struct Replay: Sendable, Equatable {
        package var delivered = 0
        /// Refused once more; they stay.
        package var refused = 0
        /// Why it ended early; what was not tried stays.
        package var failure: SinkFailure?
    }

    /// The file's first line, once letters were dropped from it.
    private struct Header: Codable {
        var dropped: Int
    }

    private nonisolated let executor = BlockingExecutor(label: "gantry.ship.dead-letters")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Tens of thousands of lines: enough to see what is wrong and to send them again, and no burden for a disk.
    package static let usualBound = 16 << 20

    private let folder: String
    private let path: String
    private let bound: Int
    /// What the file held when it was used last, so that it is not read for each letter.
    private var known: (uids: Set<String>, size: Int, inode: UInt64)?

    /// - Parameters:
    ///   - spool: the spool's folder, which must be there when letters are added.
    ///   - bound: of the file's bytes: where it is reached, the oldest letters are dropped, and counted.
    package init(spool: String, sink: String, bound: Int = usualBound) {
        folder = spool + "/dead-letters"
        path = folder + "/" + DeadLetters.fileName(sink) + ".jsonl"
        self.bound = bound
    }

    /// Letters, digits and a few signs as they are; other bytes in base 16, so that no two sinks have one file.
    private static func fileName(_ sink: String) -> String {
        sink.utf8.reduce(into: "") { name, byte in
            let character = Character(UnicodeScalar(byte))
            let isPlain = byte < 0x80 && (character.isLetter || character.isNumber || "-_".contains(character))
            let digits = String(byte, radix: 16)
            name += isPlain ? String(character) : "%" + (digits.count == 1 ? "0" : "") + digits
        }
    }

    /// All letters, oldest first.
    package func list() throws -> [DeadLetter] { try locked { try read().letters } }

    /// How many letters were dropped because the file was full.
    package func dropped() throws -> Int { try locked { try read().dropped } }

    /// Adds letters, durably. One that is there already is not added again.
    package func add(_ letters: [DeadLetter]) throws {
        try locked {
            let file = status
            if known == nil || known?.size != file.size || known?.inode != file.inode {
                known = (Set(try read().letters.map(\.uid)), file.size, file.inode)
            }
            var uids = known?.uids ?? []
            let new = letters.filter { uids.insert($0.uid).inserted }
            guard !new.isEmpty else { return }
            let lines = try new.map(DeadLetters.line)
            if file.size + lines.reduce(0, { $0 + $1.count }) <= bound {
                try append(lines)
                known = (uids, status.size, status.inode)
            } else {
                try makeRoom(for: lines)
                known = nil
            }
        }
    }

    /// Drops the oldest letters until a quarter of the room is free, so that the file is not written anew with each.
    private func makeRoom(for new: [Data]) throws {
        let (letters, dropped) = try read()
        var lines = try letters.map(DeadLetters.line)[...] + new
        var size = lines.reduce(0) { $0 + $1.count }
        let count = lines.count
        while size > bound - bound / 4, lines.count > 1, let first = lines.popFirst() { size -= first.count }
        try replace(Array(lines), dropped: dropped + count - lines.count)
    }

    /// Removes the letters with these identifiers.
    package func remove(_ uids: Set<String>) throws {
        guard !uids.isEmpty else { return }
        try locked {
            let (letters, dropped) = try read()
            try replace(letters.filter { !uids.contains($0.uid) }.map(DeadLetters.line), dropped: dropped)
        }
    }

    /// Delivers the letters again, in order, one by one, and removes those that are accepted. Ends with the first that the
    /// receiver cannot take now.
    package nonisolated func replay(to sink: any Sink) async throws -> Replay {
        var replay = Replay()
        var accepted: Set<String> = []
        for letter in try await list() {
            do {
                if try await sink.deliver(letter.batch).isEmpty {
                    accepted.insert(letter.uid)
                } else {
                    replay.refused += 1
                }
            } catch SinkFailure.refused {
                replay.refused += 1
            } catch let failure as SinkFailure {
                replay.failure = failure
                break
            } catch {
                try await remove(accepted)
                throw error
            }
        }
        try await remove(accepted)
        replay.delivered = accepted.count
        return replay
    }

    // MARK: The file

    private var status: (size: Int, inode: UInt64) {
        var status = stat()
        return stat(path, &status) == 0 ? (Int(status.st_size), UInt64(status.st_ino)) : (0, 0)
    }

    private func read() throws -> (letters: [DeadLetter], dropped: Int) {
        guard access(path, F_OK) == 0 else { return ([], 0) }
        let decoder = JSONDecoder()
        var (letters, dropped): ([DeadLetter], Int) = ([], 0)
        for line in try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n")) {
            // What a crash left in the middle is passed over: its record is delivered once more.
            if let letter = try? decoder.decode(DeadLetter.self, from: line) {
                letters.append(letter)
            } else if let header = try? decoder.decode(Header.self, from: line) {
                dropped = header.dropped
            }
        }
        return (letters, dropped)
    }

    private static func line(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value) + [UInt8(ascii: "\n")]
    }

    /// Behind what is there; on a new line, also after a crash.
    private func append(_ lines: [Data]) throws {
        let file = try opened(path, O_RDWR | O_CREAT | O_APPEND)
        defer { close(file) }
        var last: UInt8 = 0
        let end = lseek(file, 0, SEEK_END)
        let isCut = end > 0 && pread(file, &last, 1, end - 1) == 1 && last != UInt8(ascii: "\n")
        try save(lines.reduce(Data(isCut ? [UInt8(ascii: "\n")] : [])) { $0 + $1 }, to: file)
    }

    private func replace(_ lines: [Data], dropped: Int) throws {
        let new = path + ".new"
        let file = try opened(new, O_WRONLY | O_CREAT | O_TRUNC)
        defer { close(file) }
        let header = dropped > 0 ? try DeadLetters.line(Header(dropped: dropped)) : Data()
        try save(lines.reduce(header) { $0 + $1 }, to: file)
        guard rename(new, path) == 0 else { throw FileFailure("replace \(path)", errno) }
    }

    private func opened(_ path: String, _ flags: Int32) throws -> Int32 {
        let file = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600 as mode_t)
        guard file >= 0 else { throw FileFailure("open \(path)", errno) }
        return file
    }

    private func save(_ data: Data, to file: Int32) throws {
        try data.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count > 0 {
                    done += count
                } else if count == 0 || errno != EINTR {
                    throw FileFailure("write \(path)", count == 0 ? EIO : errno)
                }
            }
        }
        guard fdatasync(file) == 0 else { throw FileFailure("sync \(path)", errno) }
    }

    private func locked<Value>(_ body: () throws -> Value) throws -> Value {
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw FileFailure("make \(folder)", errno) }
        let lock = try opened(path + ".lock", O_RDWR | O_CREAT)
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileFailure("lock \(path)", errno) }
        }
        return try body()
    }
}
