/// The snappy block format (google/snappy, `format_description.txt`).
enum Snappy {
    /// The most that one literal may hold by a length of three bytes; every decoder has a path for that.
    private static let literal = 1 << 24

    /// A block of literals only: well formed, and not smaller. Receivers that take nothing but snappy get that; the ones
    /// that take gzip get gzip.
    static func block(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + 16)
        var rest = UInt64(bytes.count)
        while rest >= 0x80 {
            out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.append(UInt8(rest))
        var position = 0
        while position < bytes.count {
            let count = min(literal, bytes.count - position)
            // 62 in the upper six bits: the length less one follows in three bytes.
            out.append(62 << 2)
            for shift in [0, 8, 16] { out.append(UInt8(truncatingIfNeeded: (count - 1) >> shift)) }
            out.append(contentsOf: bytes[position..<position + count])
            position += count
        }
        return out
    }
}
