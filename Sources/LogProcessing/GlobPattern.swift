/// A name with wildcards: `*` stands for any characters, `?` for one.
package struct GlobPattern: Sendable, Equatable, CustomStringConvertible {
    package let description: String
    private let bytes: [UInt8]

    package init(_ text: String) {
        description = text
        bytes = Array(text.utf8)
    }

    /// Whether it is the whole text. Takes no longer than the product of both lengths.
    package func matches(_ text: String) -> Bool {
        let text = Array(text.utf8)
        var (position, next) = (0, 0)
        // Where to go on when what followed the last "*" does not match.
        var (star, mark) = (Int?.none, 0)
        while position < text.count {
            if next < bytes.count, bytes[next] == UInt8(ascii: "*") {
                (star, mark) = (next, position)
                next += 1
            } else if next < bytes.count, bytes[next] == UInt8(ascii: "?") || bytes[next] == text[position] {
                position += bytes[next] == UInt8(ascii: "?") ? GlobPattern.length(of: text, at: position) : 1
                next += 1
            } else if let star {
                mark += 1
                (position, next) = (mark, star + 1)
            } else {
                return false
            }
        }
        return bytes[next...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Of the character that begins there, in bytes.
    private static func length(of text: [UInt8], at position: Int) -> Int {
        1 + text[(position + 1)...].prefix { $0 & 0xC0 == 0x80 }.count
    }
}
