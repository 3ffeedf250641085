/// Splits a command line into words as Docker Compose does: quotes and backslashes as in a shell, nothing expanded, and
/// an end at the first unquoted operator, because no shell runs it.
struct ShellWords {
    /// The words up to the operator.
    private(set) var words: [String] = []
    /// The operator that ended the line early, nil where the line was read to its end.
    private(set) var operatorFound: Operator?

    struct Operator: Equatable {
        var character: Character
        /// In UTF-8 bytes from the start of the line.
        var offset: Int
    }

    enum Fault: Error {
        case unclosedQuote
        case trailingBackslash
        case parenthesis
        case tooLong
    }

    /// In bytes. Linux gives a program's arguments a quarter of its stack's limit, which is 8 MiB where nobody sets it.
    private static let longest = 2 << 20

    /// What keeps blanks and operators from having a meaning. A substitution stays in its word as it is written.
    private enum Quote {
        case single, double, backtick, substitution
    }

    init(_ line: String) throws(Fault) {
        guard line.utf8.count <= ShellWords.longest else { throw .tooLong }
        var word: [UInt8] = []
        var inWord = false
        var escaped = false
        var quote: Quote?
        scanning: for (offset, byte) in line.utf8.enumerated() {
            if escaped {
                word.append(byte)
                inWord = true
                escaped = false
                continue
            }
            switch (byte, quote) {
            case (UInt8(ascii: "\\"), _) where quote != .single:
                escaped = true
                continue
            case (UInt8(ascii: "'"), .single), (UInt8(ascii: "\""), .double):
                quote = nil
                inWord = true
                continue
            case (UInt8(ascii: "'"), nil):
                quote = .single
                continue
            case (UInt8(ascii: "\""), nil):
                quote = .double
                continue
            case (UInt8(ascii: "`"), nil): quote = .backtick
            case (UInt8(ascii: "`"), .backtick): quote = nil
            case (UInt8(ascii: ")"), .substitution): quote = nil
            case (UInt8(ascii: "("), nil) where word.last == UInt8(ascii: "$"): quote = .substitution
            case (UInt8(ascii: "("), nil), (UInt8(ascii: ")"), nil), (UInt8(ascii: "("), .substitution):
                throw .parenthesis
            case (UInt8(ascii: " "), nil), (UInt8(ascii: "\t"), nil), (UInt8(ascii: "\r"), nil),
                (UInt8(ascii: "\n"), nil):
                if inWord { words.append(String(decoding: word, as: UTF8.self)) }
                word = []
                inWord = false
                continue
            case (UInt8(ascii: ";"), nil), (UInt8(ascii: "&"), nil), (UInt8(ascii: "|"), nil), (UInt8(ascii: "<"), nil),
                (UInt8(ascii: ">"), nil):
                // `2>` names a stream: the digit belongs to the operator.
                if byte == UInt8(ascii: ">"), let first = word.first, (0x30...0x39).contains(first) { inWord = false }
                operatorFound = Operator(character: Character(Unicode.Scalar(byte)), offset: offset)
                break scanning
            default: break
            }
            word.append(byte)
            inWord = true
        }
        if inWord { words.append(String(decoding: word, as: UTF8.self)) }
        if quote != nil { throw .unclosedQuote }
        if escaped { throw .trailingBackslash }
    }
}
