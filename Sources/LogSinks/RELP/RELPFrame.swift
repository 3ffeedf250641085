import NIOCore

/// A frame of RELP: `TXNR SP COMMAND SP LENGTH [SP DATA] LF`.
struct RELPFrame: Equatable {
    var number: Int
    var command: String
    var data: [UInt8]

    /// Bytes that are no frame.
    struct Malformed: Error {}

    /// Longer words are none: a number has nine digits at most, a command 32 letters.
    private static let longestWord = 32

    /// Takes a frame from the front of `bytes`; nil, and nothing taken, where it is not whole yet.
    static func parse(_ bytes: inout ByteBuffer) throws(Malformed) -> RELPFrame? {
        var rest = bytes.readableBytesView[...]
        // A receiver may end a frame with more than one line feed.
        while rest.first == 0x0A { rest = rest.dropFirst() }
        var words: [String] = []
        for index in 0..<3 {
            guard let end = rest.prefix(longestWord + 1).firstIndex(where: { $0 == 0x20 || (index == 2 && $0 == 0x0A) })
            else {
                guard rest.count <= longestWord else { throw Malformed() }
                return nil
            }
            words.append(String(decoding: rest[..<end], as: UTF8.self))
            rest = index < 2 || rest[end] == 0x20 ? rest[(end + 1)...] : rest[end...]
        }
        guard let number = Int(words[0]), let length = Int(words[2]), length >= 0 else { throw Malformed() }
        guard rest.count > length else { return nil }
        let end = rest.startIndex + length
        guard rest[end] == 0x0A else { throw Malformed() }
        let frame = RELPFrame(number: number, command: words[1], data: Array(rest[..<end]))
        bytes.moveReaderIndex(to: end + 1)
        return frame
    }
}
