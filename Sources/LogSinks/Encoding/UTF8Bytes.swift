/// What bytes are as UTF-8, without making a string of them.
enum UTF8Bytes {
    /// Where, from `start` on, the first byte stands that JSON cannot take as it is: a control character, `"`, `\` or one
    /// that is not ASCII; the count where there is none.
    static func plainRun(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x8080_8080_8080_8080
        var position = start
        let raw = UnsafeRawBufferPointer(bytes)
        // Eight at a time: a byte's high bit is set in `found` where it may be one of those. A borrow can set it in a byte
        // after a real one only, and the loop below looks at each.
        while position + 8 <= bytes.count {
            let word = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let found = (word &- ones &* 0x20) | (quote &- ones) | (backslash &- ones) | word
            if found & high != 0 { break }
            position += 8
        }
        while position < bytes.count {
            let byte = bytes[position]
            if byte < 0x20 || byte >= 0x80 || byte == 0x22 || byte == 0x5C { return position }
            position += 1
        }
        return position
    }

    /// The character at `position`, whose byte is not ASCII: its length, or that of the part of one that begins there.
    static func character(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (length: Int, isValid: Bool) {
        // The Unicode Standard, table 3-7: well-formed byte sequences.
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[position] {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: return (1, false)
        }
        guard position + 1 < bytes.count, second.contains(bytes[position + 1]) else { return (1, false) }
        for offset in 2..<max(2, length) {
            guard position + offset < bytes.count, bytes[position + offset] & 0xC0 == 0x80 else {
                return (offset, false)
            }
        }
        return (length, true)
    }

    /// Appends the bytes with U+FFFD for each maximal part of a character that is none.
    ///
    /// - Returns: whether all of it was UTF-8.
    @discardableResult
    static func appendRepaired(_ bytes: some Collection<UInt8>, to out: inout [UInt8]) -> Bool {
        let whole = bytes.withContiguousStorageIfAvailable { bytes in
            var whole = true
            var copied = 0
            var position = 0
            while position < bytes.count {
                guard bytes[position] >= 0x80 else {
                    position += 1
                    continue
                }
                let (length, isValid) = character(bytes, at: position)
                if !isValid {
                    whole = false
                    out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied..<position]))
                    JSONText.append("\u{FFFD}", to: &out)
                    copied = position + length
                }
                position += length
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied...]))
            return whole
        }
        if let whole { return whole }
        return appendRepaired(Array(bytes), to: &out)
    }

    /// Whether all of it is UTF-8.
    static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var position = 0
            while position < bytes.count {
                guard bytes[position] >= 0x80 else {
                    position += 1
                    continue
                }
                let (length, isValid) = character(bytes, at: position)
                guard isValid else { return false }
                position += length
            }
            return true
        }
    }
}
