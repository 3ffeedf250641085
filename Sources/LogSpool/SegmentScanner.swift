/// Finds the records in a segment's bytes, also behind damaged ones.
///
/// What it takes for a record has the right checksum and the right sequence: the next one, or, behind damaged bytes, one
/// a little further on. So no bytes that only look like a record pass for one.
struct SegmentScanner {
    enum Step {
        /// `payload` are positions in the bytes; the next record begins where it ends.
        case record(RecordHeader, payload: Range<Int>)
        /// No record is in these positions. The next step begins where they end, and may find more damage.
        case damaged(Range<Int>)
        /// A record may begin at the position, and more bytes than are there are needed to see; so many at least.
        case incomplete(needed: Int)
        case end
    }

    /// How many records more may be missing than the damaged bytes had room for: bytes can be gone as well as changed.
    private static let slack = 4096

    let seed: UInt32
    /// The sequence of the next line.
    private(set) var expected: UInt64
    /// Bytes since the last record that are none.
    private var damaged = 0

    init(seed: UInt32, first: UInt64) {
        self.seed = seed
        expected = first
    }

    private enum Candidate {
        case record(RecordHeader)
        case none
        case incomplete(needed: Int)
    }

    /// The step at `position`.
    ///
    /// - Parameter isWhole: whether no bytes follow these.
    mutating func step(_ bytes: UnsafeRawBufferPointer, at position: Int, isWhole: Bool) -> Step {
        guard position < bytes.count else { return .end }
        switch candidate(bytes, at: position, skipped: 0) {
        case .record(let header): return take(header, at: position)
        case .incomplete(let needed) where !isWhole: return .incomplete(needed: needed)
        case .none, .incomplete: break
        }
        // The first place behind it at which a record is, or may be.
        var next = position + 1
        search: while next < bytes.count {
            guard let found = index(of: RecordHeader.firstByte, in: bytes, from: next) else {
                next = bytes.count
                break
            }
            next = found
            switch candidate(bytes, at: next, skipped: next - position) {
            case .record: break search
            case .incomplete where !isWhole: break search
            case .none, .incomplete: next += 1
            }
        }
        damaged += next - position
        return .damaged(position..<next)
    }

    private mutating func take(_ header: RecordHeader, at position: Int) -> Step {
        expected = header.kind == .line ? header.sequence + 1 : header.sequence
        damaged = 0
        return .record(header, payload: position + RecordHeader.size..<position + header.total)
    }

    private func candidate(_ bytes: UnsafeRawBufferPointer, at position: Int, skipped: Int) -> Candidate {
        guard bytes.count - position >= RecordHeader.size else { return .incomplete(needed: RecordHeader.size) }
        guard let header = RecordHeader(bytes, at: position), header.sequence >= expected,
            header.sequence < UInt64.max,
            header.sequence - expected <= mostMissing(skipped)
        else { return .none }
        guard bytes.count - position >= header.total else { return .incomplete(needed: header.total) }
        return header.isIntact(bytes, at: position, seed: seed) ? .record(header) : .none
    }

    private func mostMissing(_ skipped: Int) -> UInt64 {
        let count = damaged + skipped
        return count == 0 ? 0 : UInt64(count / RecordHeader.size + SegmentScanner.slack)
    }

    private func index(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        bytes[start...].firstIndex(of: byte)
    }
}
