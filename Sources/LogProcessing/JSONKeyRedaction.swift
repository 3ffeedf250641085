/// A part of a line that is replaced.
struct Redaction: Sendable, Equatable {
    static let stars = Array("***".utf8)

    let range: Range<Int>
    var replacement = stars
}

/// Finds the values of certain keys in lines that hold JSON, wherever in the line it begins, also in JSON that is quoted in
/// a JSON string.
struct JSONKeyRedaction: Sendable {
    /// In lower case.
    private let keys: [[UInt8]]

    init(_ keys: [String]) { self.keys = keys.map { $0.utf8.map(\.lowercased) } }

    /// The values' places, ascending: a text without its quotes; anything else whole, which gets quotes, so that the JSON
    /// stays JSON. One that does not end goes to the line's end.
    func values(in line: UnsafeRawBufferPointer) -> [Redaction] {
        guard !keys.isEmpty else { return [] }
        var found: [Redaction] = []
        var position = 0
        while let colon = line[position...].firstIndex(of: UInt8(ascii: ":")) {
            position = colon + 1
            guard let quotes = quotes(ofKeyBefore: colon, line) else { continue }
            let value = value(at: position, quotes, line)
            position = max(position, value.range.upperBound)
            if !value.range.isEmpty { found.append(value) }
        }
        return found
    }

    /// How many backslashes stand before the quotes of the key before a colon; nil where it is none of the keys.
    private func quotes(ofKeyBefore colon: Int, _ line: UnsafeRawBufferPointer) -> Int? {
        var end = colon
        while end > 0, line[end - 1].isBlank { end -= 1 }
        guard end > 0, line[end - 1] == UInt8(ascii: "\"") else { return nil }
        end -= 1
        let depth = backslashes(before: end, line)
        end -= depth
        return keys.contains { key in
            let start = end - key.count
            guard start > depth, line[start - 1] == UInt8(ascii: "\""), backslashes(before: start - 1, line) >= depth
            else { return false }
            return key.indices.allSatisfy { line[start + $0].lowercased == key[$0] }
        } ? depth : nil
    }

    private func backslashes(before position: Int, _ line: UnsafeRawBufferPointer) -> Int {
        var count = 0
        while count < position, line[position - 1 - count] == UInt8(ascii: "\\") { count += 1 }
        return count
    }

    private func value(at colon: Int, _ depth: Int, _ line: UnsafeRawBufferPointer) -> Redaction {
        var start = colon
        while start < line.count, line[start].isBlank { start += 1 }
        guard start < line.count else { return Redaction(range: start..<start) }
        let quote = [UInt8](repeating: UInt8(ascii: "\\"), count: depth) + [UInt8(ascii: "\"")]
        let quoted = quote + Redaction.stars + quote
        switch line[start] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            return Redaction(range: start..<endOfNesting(start, depth, line), replacement: quoted)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            guard start + depth < line.count, line[start + depth] == UInt8(ascii: "\"") else { break }
            return Redaction(range: start + depth + 1..<endOfText(start + depth + 1, depth, line))
        default: break
        }
        let end = line[start...].firstIndex {
            $0.isBlank || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "]")
        }
        return Redaction(range: start..<(end ?? line.count), replacement: quoted)
    }

    /// Where the closing quote, with the backslashes before it, begins.
    private func endOfText(_ start: Int, _ depth: Int, _ line: UnsafeRawBufferPointer) -> Int {
        var position = start
        var run = 0
        while position < line.count {
            if line[position] == UInt8(ascii: "\"") {
                // A quote within the text has as many backslashes as its closing one, and an odd multiple more.
                if run % (2 * (depth + 1)) == depth { return position - depth }
                run = 0
            } else {
                run = line[position] == UInt8(ascii: "\\") ? run + 1 : 0
            }
            position += 1
        }
        return line.count
    }

    /// Behind the bracket that closes the one at `start`.
    private func endOfNesting(_ start: Int, _ depth: Int, _ line: UnsafeRawBufferPointer) -> Int {
        var position = start
        var open = 0
        while position < line.count {
            switch line[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): open += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): open -= 1
            case UInt8(ascii: "\""): position = min(endOfText(position + 1, depth, line) + depth, line.count - 1)
            default: break
            }
            position += 1
            if open == 0 { return position }
        }
        return line.count
    }
}
