/// How records lie in a segment: a header of 36 bytes, little-endian, then the payload.
///
///      0  magic       4 bytes   where a reader that lost its way looks on
///      4  checksum    4 bytes   CRC-32C of all that follows, seeded with the spool's epoch
///      8  length      4 bytes   of the payload
///     12  kind        1 byte
///     13  stream      1 byte
///     14  flags       1 byte
///     15  level       1 byte    255 for none
///     16  sequence    8 bytes   a source has that of the line after it
///     24  time        8 bytes   nanoseconds since 1970
///     32  reference   4 bytes   of the source, within the segment
///
/// A container may print what looks like a record; without the epoch it cannot make the checksum right.
struct RecordHeader: Equatable {
    enum Kind: UInt8 {
        case line = 1
        /// Describes a source; before its first line in the segment, and again soon after.
        case source = 2
    }

    static let size = 36
    /// Its first byte begins no character of UTF-8, so that it is rare in lines.
    static let magic: UInt32 = 0xFE4C_47F5
    static let firstByte: UInt8 = 0xF5
    /// Longer lines come in parts (``LogRecord/Flags/partial``), of a megabyte by default; what claims to be longer than
    /// this is damaged, and reading it must not take all memory.
    static let longestPayload = 4 << 20
    static let noLevel: UInt8 = 255

    var kind: Kind
    var stream: UInt8 = 0
    var flags: UInt8 = 0
    var level = noLevel
    var sequence: UInt64
    var time: Int64 = 0
    var reference: UInt32
    var length: Int

    /// Bytes with the payload.
    var total: Int { RecordHeader.size + length }

    /// Writes the record to `target`, which has room for ``total`` bytes.
    func encode(_ payload: UnsafeRawBufferPointer, seed: UInt32, to target: UnsafeMutableRawPointer) {
        target.storeBytes(of: RecordHeader.magic.littleEndian, as: UInt32.self)
        target.storeBytes(of: UInt32(length).littleEndian, toByteOffset: 8, as: UInt32.self)
        let details = UInt32(kind.rawValue) | UInt32(stream) << 8 | UInt32(flags) << 16 | UInt32(level) << 24
        target.storeBytes(of: details.littleEndian, toByteOffset: 12, as: UInt32.self)
        target.storeBytes(of: sequence.littleEndian, toByteOffset: 16, as: UInt64.self)
        target.storeBytes(of: time.littleEndian, toByteOffset: 24, as: Int64.self)
        target.storeBytes(of: reference.littleEndian, toByteOffset: 32, as: UInt32.self)
        if let first = payload.baseAddress { (target + RecordHeader.size).copyMemory(from: first, byteCount: length) }
        let checked = UnsafeRawBufferPointer(start: target + 8, count: total - 8)
        let checksum = CRC32C.checksum(checked, seed: seed)
        target.storeBytes(of: checksum.littleEndian, toByteOffset: 4, as: UInt32.self)
    }

    /// What the bytes at `position` say, as far as it can be true; nil where no record begins. At least ``size`` bytes
    /// must be there; the checksum is not looked at.
    init?(_ bytes: UnsafeRawBufferPointer, at position: Int) {
        func load<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) -> Value {
            Value(littleEndian: bytes.loadUnaligned(fromByteOffset: position + offset, as: Value.self))
        }
        guard load(0, as: UInt32.self) == RecordHeader.magic else { return nil }
        length = Int(load(8, as: UInt32.self))
        let details = load(12, as: UInt32.self)
        guard let kind = Kind(rawValue: UInt8(details & 0xFF)), length <= RecordHeader.longestPayload else {
            return nil
        }
        self.kind = kind
        stream = UInt8(details >> 8 & 0xFF)
        flags = UInt8(details >> 16 & 0xFF)
        level = UInt8(details >> 24)
        sequence = load(16, as: UInt64.self)
        time = load(24, as: Int64.self)
        reference = load(32, as: UInt32.self)
    }

    init(
        kind: Kind, stream: UInt8 = 0, flags: UInt8 = 0, level: UInt8 = noLevel, sequence: UInt64, time: Int64 = 0,
        reference: UInt32, length: Int
    ) {
        self.kind = kind
        self.stream = stream
        self.flags = flags
        self.level = level
        self.sequence = sequence
        self.time = time
        self.reference = reference
        self.length = length
    }

    /// Whether the checksum of the whole record, which must be there, is right.
    func isIntact(_ bytes: UnsafeRawBufferPointer, at position: Int, seed: UInt32) -> Bool {
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self))
        let checked = UnsafeRawBufferPointer(rebasing: bytes[position + 8..<position + total])
        return CRC32C.checksum(checked, seed: seed) == stored
    }
}
