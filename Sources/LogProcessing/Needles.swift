/// Tells in one pass over a line which of many short texts may be in it, so that patterns that need one are not tried on
/// lines without it. Letters are compared without case.
struct Needles: Sendable {
    private var texts: [[UInt8]] = []
    /// By the low five bits of two bytes in lower case: the texts that begin so, a bit for each.
    private var starts = [UInt64](repeating: 0, count: 1024)

    /// As many as a set has bits.
    static let most = 64

    /// - Parameter texts: at most ``most``, in lower case, of two bytes or more.
    init(_ texts: [String]) {
        for (index, text) in texts.prefix(Needles.most).enumerated() {
            let bytes = Array(text.utf8)
            self.texts.append(bytes)
            starts[Needles.slot(bytes[0], bytes[1])] |= 1 << UInt64(index)
        }
    }

    private static func slot(_ first: UInt8, _ second: UInt8) -> Int { Int(first & 31) << 5 | Int(second & 31) }

    /// The texts that are in the line, a bit for each.
    func found(in line: UnsafeRawBufferPointer) -> UInt64 {
        guard line.count > 1, !texts.isEmpty else { return 0 }
        return starts.withUnsafeBufferPointer { starts in
            var found: UInt64 = 0
            var previous = line[0]
            for index in 1..<line.count {
                let byte = line[index]
                var candidates = starts[Needles.slot(previous, byte)] & ~found
                previous = byte
                while candidates != 0 {
                    let number = candidates.trailingZeroBitCount
                    candidates &= candidates - 1
                    if isText(texts[number], in: line, at: index - 1) { found |= 1 << UInt64(number) }
                }
            }
            return found
        }
    }

    private func isText(_ text: [UInt8], in line: UnsafeRawBufferPointer, at position: Int) -> Bool {
        guard position + text.count <= line.count else { return false }
        for (offset, expected) in text.enumerated() where line[position + offset].lowercased != expected {
            return false
        }
        return true
    }
}

extension UInt8 {
    /// In lower case where it is an ASCII letter.
    var lowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) }
    /// Between the tokens of JSON and of text.
    var isBlank: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
