import NIOCore

/// What Redis answers (RESP 2).
indirect enum RedisReply: Equatable {
    case text(String)
    case error(String)
    case integer(Int64)
    case bytes([UInt8])
    case null
    case array([RedisReply])

    /// Bytes that are no reply.
    struct Malformed: Error {}

    /// Replies of ours are nested three deep.
    private static let depth = 8

    /// Takes a reply from the front of `bytes`; nil, and nothing taken, where it is not whole yet.
    static func parse(_ bytes: inout ByteBuffer) throws(Malformed) -> RedisReply? {
        var rest = bytes
        guard let reply = try parse(&rest, depth) else { return nil }
        bytes = rest
        return reply
    }

    private static func parse(_ bytes: inout ByteBuffer, _ depth: Int) throws(Malformed) -> RedisReply? {
        guard depth > 0 else { throw Malformed() }
        guard let end = bytes.readableBytesView.firstIndex(of: 0x0D), end + 1 < bytes.writerIndex else { return nil }
        guard let line = bytes.readString(length: end - bytes.readerIndex), let mark = line.first,
            bytes.readInteger(as: UInt16.self) == 0x0D0A
        else { throw Malformed() }
        let text = String(line.dropFirst())
        switch mark {
        case "+": return .text(text)
        case "-": return .error(text)
        case ":", "$", "*":
            guard let number = Int64(text) else { throw Malformed() }
            if mark == ":" { return .integer(number) }
            guard number >= 0 else { return .null }
            if mark == "*" {
                var elements: [RedisReply] = []
                for _ in 0..<number {
                    guard let element = try parse(&bytes, depth - 1) else { return nil }
                    elements.append(element)
                }
                return .array(elements)
            }
            guard bytes.readableBytes >= number + 2 else { return nil }
            let content = bytes.readBytes(length: Int(number)) ?? []
            bytes.moveReaderIndex(forwardBy: 2)
            return .bytes(content)
        default: throw Malformed()
        }
    }
}

/// Commands for Redis: arrays of byte strings.
enum RedisCommand {
    static func appendHeader(_ count: Int, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "*"))
        Digits.append(UInt64(count), to: &out)
        JSONText.append("\r\n", to: &out)
    }

    static func append(_ bytes: some Collection<UInt8>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "$"))
        Digits.append(UInt64(bytes.count), to: &out)
        JSONText.append("\r\n", to: &out)
        out.append(contentsOf: bytes)
        JSONText.append("\r\n", to: &out)
    }

    /// A whole command.
    static func append(_ words: [String], to out: inout [UInt8]) {
        appendHeader(words.count, to: &out)
        for word in words { append(word.utf8, to: &out) }
    }
}
