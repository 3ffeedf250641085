/// JSON written into bytes: no string is made, and what needs no escape is copied in runs.
enum JSONText {
    /// Appends a string literal (RFC 8259, section 7) of bytes that ought to be UTF-8. What is not becomes U+FFFD, one
    /// for each maximal part of a character, as the Unicode Standard recommends (section 3.9).
    ///
    /// - Returns: whether all of it was UTF-8.
    @discardableResult
    static func appendString(_ bytes: some Sequence<UInt8>, to out: inout [UInt8]) -> Bool {
        out.append(UInt8(ascii: "\""))
        let whole = appendContent(bytes, to: &out)
        out.append(UInt8(ascii: "\""))
        return whole
    }

    /// Appends what stands between a literal's quotes; as ``appendString(_:to:)``.
    @discardableResult
    static func appendContent(_ bytes: some Sequence<UInt8>, to out: inout [UInt8]) -> Bool {
        if let whole = bytes.withContiguousStorageIfAvailable({ appendContent($0, to: &out) }) { return whole }
        return Array(bytes).withUnsafeBufferPointer { appendContent($0, to: &out) }
    }

    /// Appends a literal text, such as a key, as it is.
    static func append(_ text: StaticString, to out: inout [UInt8]) {
        out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func appendContent(_ bytes: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) -> Bool {
        var whole = true
        var copied = 0
        var position = 0
        func copyRun(upTo end: Int, _ out: inout [UInt8]) {
            if end > copied { out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied..<end])) }
        }
        while true {
            position = UTF8Bytes.plainRun(bytes, from: position)
            guard position < bytes.count else { break }
            let byte = bytes[position]
            if byte >= 0x80 {
                let (length, isValid) = UTF8Bytes.character(bytes, at: position)
                if !isValid {
                    whole = false
                    copyRun(upTo: position, &out)
                    append("\u{FFFD}", to: &out)
                    copied = position + length
                }
                position += length
            } else {
                copyRun(upTo: position, &out)
                appendEscape(byte, to: &out)
                position += 1
                copied = position
            }
        }
        copyRun(upTo: bytes.count, &out)
        return whole
    }

    private static func appendEscape(_ byte: UInt8, to out: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"", to: &out)
        case UInt8(ascii: "\\"): append("\\\\", to: &out)
        case UInt8(ascii: "\n"): append("\\n", to: &out)
        case UInt8(ascii: "\r"): append("\\r", to: &out)
        case UInt8(ascii: "\t"): append("\\t", to: &out)
        default:
            append("\\u00", to: &out)
            out.append(Digits.hexadecimal(byte >> 4))
            out.append(Digits.hexadecimal(byte & 15))
        }
    }
}

/// Numbers as ASCII digits, without a string.
enum Digits {
    /// One digit of base 16, small letters.
    static func hexadecimal(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

    /// Appends a number to base 10.
    static func append(_ value: UInt64, to out: inout [UInt8]) {
        var width = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            width += 1
        }
        append(value, width: width, to: &out)
    }

    /// Appends the last `width` digits, with leading zeros.
    static func append(_ value: UInt64, width: Int, to out: inout [UInt8]) {
        // Twenty digits are the most that there are.
        var digits: InlineArray<20, UInt8> = .init(repeating: 48)
        let width = min(width, 20)
        var rest = value
        var place = width
        while place > 0, rest > 0 {
            place -= 1
            digits[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        for place in 0..<width { out.append(digits[place]) }
    }

    /// Appends a signed number to base 10.
    static func append(_ value: Int64, to out: inout [UInt8]) {
        if value < 0 { out.append(UInt8(ascii: "-")) }
        append(value.magnitude, to: &out)
    }
}
