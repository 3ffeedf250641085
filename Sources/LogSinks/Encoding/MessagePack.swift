import EngineAPI

/// MessagePack written into bytes (the format's specification, "Formats"), each value in its shortest form.
enum MessagePack {
    static func appendMapHeader(_ count: Int, to out: inout [UInt8]) {
        appendHeader(count, short: (0x80, 16), long16: 0xDE, long32: 0xDF, to: &out)
    }

    static func appendArrayHeader(_ count: Int, to out: inout [UInt8]) {
        appendHeader(count, short: (0x90, 16), long16: 0xDC, long32: 0xDD, to: &out)
    }

    /// Text, which ought to be UTF-8; receivers take bytes that are not as they are.
    static func appendString(_ bytes: some Collection<UInt8>, to out: inout [UInt8]) {
        let count = bytes.count
        switch count {
        case ..<32: out.append(0xA0 | UInt8(count))
        case ..<0x100:
            out.append(0xD9)
            out.append(UInt8(count))
        default: appendHeader(count, short: nil, long16: 0xDA, long32: 0xDB, to: &out)
        }
        out.append(contentsOf: bytes)
    }

    static func appendBinary(_ bytes: [UInt8], to out: inout [UInt8]) {
        if bytes.count < 0x100 {
            out.append(0xC4)
            out.append(UInt8(bytes.count))
        } else {
            appendHeader(bytes.count, short: nil, long16: 0xC5, long32: 0xC6, to: &out)
        }
        out.append(contentsOf: bytes)
    }

    static func append(_ value: UInt64, to out: inout [UInt8]) {
        switch value {
        case ..<0x80: out.append(UInt8(value))
        case ..<0x100:
            out.append(0xCC)
            out.append(UInt8(value))
        case ..<0x1_0000:
            out.append(0xCD)
            appendBytes(value, 2, to: &out)
        case ..<0x1_0000_0000:
            out.append(0xCE)
            appendBytes(value, 4, to: &out)
        default:
            out.append(0xCF)
            appendBytes(value, 8, to: &out)
        }
    }

    static func append(_ value: Bool, to out: inout [UInt8]) { out.append(value ? 0xC3 : 0xC2) }

    /// Forward's EventTime: extension type 0 of eight bytes, seconds and nanoseconds.
    static func appendEventTime(_ time: EngineTime, to out: inout [UInt8]) {
        let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let seconds = remainder < 0 ? quotient - 1 : quotient
        out.append(0xD7)
        out.append(0)
        appendBytes(UInt64(truncatingIfNeeded: seconds), 4, to: &out)
        appendBytes(UInt64(time.nanoseconds - seconds * 1_000_000_000), 4, to: &out)
    }

    private static func appendHeader(
        _ count: Int, short: (mark: UInt8, limit: Int)?, long16: UInt8, long32: UInt8, to out: inout [UInt8]
    ) {
        if let short, count < short.limit {
            out.append(short.mark | UInt8(count))
        } else if count < 0x1_0000 {
            out.append(long16)
            appendBytes(UInt64(count), 2, to: &out)
        } else {
            out.append(long32)
            appendBytes(UInt64(count), 4, to: &out)
        }
    }

    private static func appendBytes(_ value: UInt64, _ width: Int, to out: inout [UInt8]) {
        for place in (0..<width).reversed() { out.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place))) }
    }
}
