/// Makes what a container wrote harmless for a terminal.
///
/// A container may write anything, and a terminal obeys: it moves its cursor, changes its title, answers with text that
/// the shell then reads. So escape sequences are taken out, other control characters are shown as `^X`, and bytes that
/// are no UTF-8 as U+FFFD. Tabs stay. Colours (SGR sequences, ECMA-48 8.3.117) stay where the output shows colours.
struct TerminalText {
    private static let escape: UInt8 = 0x1B
    private static let bell: UInt8 = 0x07
    private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]
    static let reset: [UInt8] = Array("\u{1B}[0m".utf8)

    let keepsColors: Bool

    /// Appends `line`, made harmless. Colours that it leaves on are turned off at its end.
    func append(_ line: ArraySlice<UInt8>, to output: inout [UInt8]) {
        if TerminalText.isPlain(line) {
            output += line
        } else {
            appendChecked(line, to: &output)
        }
    }

    /// The line as it reads: without escape sequences where it has some.
    static func withoutSequences(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard line.contains(escape) else { return line }
        var text: [UInt8] = []
        TerminalText(keepsColors: false).append(line, to: &text)
        return text[...]
    }

    /// Whether all bytes are printable ASCII; true of nearly all lines, and quickly found.
    private static func isPlain(_ line: ArraySlice<UInt8>) -> Bool {
        line.withUnsafeBufferPointer { bytes in
            // No early exit, so that the compiler can compare many bytes at once.
            var special: UInt8 = 0
            for byte in bytes { special |= (byte &- 0x20) < 0x5F ? 0 : 1 }
            return special == 0
        }
    }

    private func appendChecked(_ line: ArraySlice<UInt8>, to output: inout [UInt8]) {
        var position = line.startIndex
        var hasColors = false
        while position < line.endIndex {
            let byte = line[position]
            switch byte {
            case TerminalText.escape:
                let end = TerminalText.endOfSequence(line[position...])
                if let end {
                    let sequence = line[position..<end]
                    if keepsColors, TerminalText.isColor(sequence) {
                        output += sequence
                        hasColors = true
                    }
                    position = end
                } else {
                    output += [UInt8(ascii: "^"), UInt8(ascii: "[")]
                    position += 1
                }
            case UInt8(ascii: "\t"), 0x20..<0x7F:
                output.append(byte)
                position += 1
            case 0..<0x20, 0x7F:
                output += [UInt8(ascii: "^"), byte ^ 0x40]
                position += 1
            default:
                let length = TerminalText.characterLength(line[position...])
                // U+0080 to U+009F are control characters as well, some of them as strong as an escape.
                if length == 0 || (byte == 0xC2 && line[position + 1] < 0xA0) {
                    output += TerminalText.replacement
                } else {
                    output += line[position..<(position + length)]
                }
                position += max(1, length)
            }
        }
        if hasColors { output += TerminalText.reset }
    }

    /// Where the escape sequence at the beginning of `text` ends; nil where it is none or has no end.
    private static func endOfSequence(_ text: ArraySlice<UInt8>) -> Int? {
        let start = text.startIndex + 1
        guard start < text.endIndex else { return nil }
        switch text[start] {
        case UInt8(ascii: "["):
            // Parameters, intermediate bytes, one final byte (ECMA-48 5.4).
            let end = text[(start + 1)...].firstIndex { !(0x20..<0x40).contains($0) }
            return end.flatMap { (0x40..<0x7F).contains(text[$0]) ? $0 + 1 : nil }
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            // A string up to BEL or ESC \: titles, links, answers to be given.
            guard let end = text[(start + 1)...].firstIndex(where: { $0 == bell || $0 == escape }) else { return nil }
            if text[end] == bell { return end + 1 }
            return end + 1 < text.endIndex && text[end + 1] == UInt8(ascii: "\\") ? end + 2 : nil
        default:
            let end = text[start...].firstIndex { !(0x20..<0x30).contains($0) }
            return end.flatMap { (0x30..<0x7F).contains(text[$0]) ? $0 + 1 : nil }
        }
    }

    private static func isColor(_ sequence: ArraySlice<UInt8>) -> Bool {
        guard sequence.last == UInt8(ascii: "m"), sequence[sequence.startIndex + 1] == UInt8(ascii: "[") else {
            return false
        }
        return sequence.dropFirst(2).dropLast().allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: ";")).contains($0) }
    }

    /// How many bytes the UTF-8 character at the beginning of `text` has; 0 where there is none (Unicode 15, table
    /// 3-7).
    private static func characterLength(_ text: ArraySlice<UInt8>) -> Int {
        let lead = text[text.startIndex]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: length = 4
        default: return 0
        }
        let rest = text.dropFirst().prefix(length - 1)
        guard rest.count == length - 1, let first = rest.first, second.contains(first),
            rest.dropFirst().allSatisfy({ (0x80...0xBF).contains($0) })
        else { return 0 }
        return length
    }
}
