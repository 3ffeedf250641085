#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Goes through a segment's file from its first record to its last, a chunk at a time.
struct SegmentWalk {
    /// Of one read: enough for thousands of records, so that the call costs nothing, and little to keep for a few.
    static let chunkSize = 256 << 10

    let name: SegmentName
    private let file: SegmentFile
    private var scanner: SegmentScanner
    /// Where in the file the next step begins.
    private(set) var offset = SegmentHeader.size
    /// Damaged parts that were passed since ``takeDamage()``.
    private var damage: [SpoolDamage] = []

    /// Begins at the first record.
    ///
    /// - Throws: ``FileFailure``; `ENOENT` where the segment is gone.
    init(_ path: String, name: SegmentName) throws(FileFailure) {
        self.name = name
        file = try SegmentFile(path)
        scanner = SegmentScanner(seed: name.epoch, first: name.first)
    }

    /// The sequence of the next line.
    var expected: UInt64 { scanner.expected }
    var size: Int { file.size }

    func header() throws(FileFailure) -> SegmentHeader? {
        SegmentHeader(try file.read(at: 0, count: SegmentHeader.size))
    }

    func bytes(_ range: Range<Int>) throws(FileFailure) -> [UInt8] {
        try file.read(at: range.lowerBound, count: range.count)
    }

    mutating func takeDamage() -> [SpoolDamage] {
        defer { damage = [] }
        return damage
    }

    /// Reads one chunk and hands each record in it to `visit`, with the chunk's bytes and the payload's place in them.
    /// `visit` returns false to be handed this record again the next time.
    ///
    /// - Parameters:
    ///   - limit: where the file ends for this purpose: what is behind it is not durable yet.
    ///   - chunk: how many bytes to read, if a record is not longer.
    /// - Returns: whether there may be more before the limit.
    mutating func advance(
        to limit: Int, chunk: Int = chunkSize, _ visit: (RecordHeader, Range<Int>, [UInt8]) throws -> Bool
    ) throws -> Bool {
        var wanted = chunk
        while offset < limit {
            let bytes = try file.read(at: offset, count: min(wanted, limit - offset))
            guard !bytes.isEmpty else { return false }
            let isWhole = bytes.count < wanted || offset + bytes.count >= limit
            let (position, needed) = try visitAll(bytes, isWhole: isWhole, visit)
            let begin = offset
            offset += position
            guard let needed else { return !(isWhole && position == bytes.count) }
            if offset > begin { return true }
            wanted = max(needed, chunk)
        }
        return false
    }

    /// - Returns: how far it came, and how many bytes a record needs that did not fit.
    private mutating func visitAll(
        _ bytes: [UInt8], isWhole: Bool, _ visit: (RecordHeader, Range<Int>, [UInt8]) throws -> Bool
    ) throws -> (Int, needed: Int?) {
        try bytes.withUnsafeBytes { raw in
            var position = 0
            while true {
                let before = scanner
                switch scanner.step(raw, at: position, isWhole: isWhole) {
                case .record(let header, let payload):
                    guard try visit(header, payload, bytes) else {
                        scanner = before
                        return (position, nil)
                    }
                    position = payload.upperBound
                    let lost = header.sequence - before.expected
                    if lost > 0, !damage.isEmpty { damage[damage.count - 1].records += lost }
                case .damaged(let range):
                    position = range.upperBound
                    note(offset + range.lowerBound..<offset + range.upperBound)
                case .incomplete(let needed): return (position, needed)
                case .end: return (position, nil)
                }
            }
        }
    }

    private mutating func note(_ range: Range<Int>) {
        if let last = damage.last, last.bytes.upperBound == range.lowerBound {
            damage[damage.count - 1].bytes = last.bytes.lowerBound..<range.upperBound
        } else {
            damage.append(SpoolDamage(segment: name, bytes: range, records: 0))
        }
    }
}

/// A segment's file, open for reading until the value is freed.
private final class SegmentFile: Sendable {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws(FileFailure) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileFailure("open \(path)", errno) }
    }

    deinit { close(descriptor) }

    var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Up to `count` bytes; fewer only where the file ends.
    func read(at offset: Int, count: Int) throws(FileFailure) -> [UInt8] {
        var number: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { target, filled in
            while filled < count {
                let base = target.baseAddress.map { $0 + filled }
                let got = pread(descriptor, base, count - filled, off_t(offset + filled))
                if got > 0 {
                    filled += got
                } else if got == 0 {
                    return
                } else if errno != EINTR {
                    number = errno
                    return
                }
            }
        }
        guard number == 0 else { throw FileFailure("read \(path)", number) }
        return bytes
    }
}
