/// What a segment begins with: 64 bytes, little-endian.
///
///      0  magic        8 bytes
///      8  version      4 bytes
///     12  checksum     4 bytes   CRC-32C of all other bytes
///     16  first        8 bytes
///     24  previousEnd  8 bytes
///
/// Every version keeps the size and these first 16 bytes, for older ones to read.
struct SegmentHeader: Equatable {
    static let size = 64
    static let currentVersion: UInt32 = 1
    private static let magic: UInt64 = 0x314C_5059_544E_4147

    var version = currentVersion
    /// The sequence of its first line.
    let first: UInt64
    /// The sequence at which the segment before it ends: what that has from there on nobody was told is kept. It can be
    /// less than `first`, where numbers were left out because they may have been used.
    let previousEnd: UInt64

    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: SegmentHeader.size)
        bytes.withUnsafeMutableBytes { target in
            target.storeBytes(of: SegmentHeader.magic.littleEndian, as: UInt64.self)
            target.storeBytes(of: version.littleEndian, toByteOffset: 8, as: UInt32.self)
            target.storeBytes(of: first.littleEndian, toByteOffset: 16, as: UInt64.self)
            target.storeBytes(of: previousEnd.littleEndian, toByteOffset: 24, as: UInt64.self)
            let checksum = CRC32C.checksum(UnsafeRawBufferPointer(target))
            target.storeBytes(of: checksum.littleEndian, toByteOffset: 12, as: UInt32.self)
        }
        return bytes
    }

    init(first: UInt64, previousEnd: UInt64) {
        self.first = first
        self.previousEnd = previousEnd
    }

    /// Nil where the bytes are no header, or a damaged one.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= SegmentHeader.size else { return nil }
        var copy = Array(bytes[..<SegmentHeader.size])
        copy.replaceSubrange(12..<16, with: repeatElement(0, count: 4))
        let (magic, version, stored, first, previousEnd) = bytes.withUnsafeBytes {
            (
                UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)),
                UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self)),
                UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 12, as: UInt32.self)),
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
            )
        }
        guard magic == SegmentHeader.magic, copy.withUnsafeBytes({ CRC32C.checksum($0) }) == stored else { return nil }
        self.version = version
        self.first = first
        self.previousEnd = previousEnd
    }
}

/// A segment's file name: the sequence of its first line and the spool's epoch, `00000000000000000001-5f3c9a1e.segment`.
struct SegmentName: Hashable, Comparable, Sendable {
    let first: UInt64
    let epoch: UInt32

    private static let suffix = ".segment"

    var text: String { padded(String(first), 20) + "-" + epochText + SegmentName.suffix }
    var epochText: String { padded(String(epoch, radix: 16), 8) }

    init(first: UInt64, epoch: UInt32) {
        self.first = first
        self.epoch = epoch
    }

    /// Nil where a segment has no such name.
    init?(_ text: String) {
        guard text.hasSuffix(SegmentName.suffix) else { return nil }
        let parts = text.dropLast(SegmentName.suffix.count).split(separator: "-")
        guard parts.count == 2, let first = UInt64(parts[0]), let epoch = UInt32(parts[1], radix: 16) else {
            return nil
        }
        self.init(first: first, epoch: epoch)
        // SQLite has no larger numbers.
        guard self.text == text, first <= UInt64(Int64.max) else { return nil }
    }

    static func < (left: SegmentName, right: SegmentName) -> Bool {
        (left.first, left.epoch) < (right.first, right.epoch)
    }
}

private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
