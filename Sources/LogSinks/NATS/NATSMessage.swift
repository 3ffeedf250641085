import NIOCore

/// What a NATS server says (the client protocol's specification).
enum NATSMessage: Equatable {
    case info(ByteBuffer)
    case ping
    case pong
    case error(String)
    /// `status` is that of its headers: 503 where nobody takes the subject.
    case message(subject: String, status: Int?, payload: [UInt8])
    case ok

    /// Bytes that are none of it.
    struct Malformed: Error {}

    /// The server's own `max_control_line` is 4 KiB; INFO may be longer.
    private static let longestLine = 64 << 10

    /// Takes one from the front of `bytes`; nil, and nothing taken, where it is not whole yet.
    static func parse(_ bytes: inout ByteBuffer) throws(Malformed) -> NATSMessage? {
        var rest = bytes
        guard let end = rest.readableBytesView.firstIndex(of: 0x0A) else {
            guard rest.readableBytes <= longestLine else { throw Malformed() }
            return nil
        }
        guard let read = rest.readString(length: end - rest.readerIndex) else { return nil }
        rest.moveReaderIndex(forwardBy: 1)
        let line = read.last == "\r" ? read.dropLast() : read[...]
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        let message: NATSMessage?
        switch words.first?.uppercased() {
        case "INFO": message = .info(ByteBuffer(string: String(line.dropFirst(5))))
        case "PING": message = .ping
        case "PONG": message = .pong
        case "+OK": message = .ok
        case "-ERR": message = .error(String(line.dropFirst(5)))
        case "MSG" where words.count >= 4: message = try payload(words, headers: 0, &rest)
        case "HMSG" where words.count >= 5:
            guard let headers = Int(words[words.count - 2]) else { throw Malformed() }
            message = try payload(words, headers: headers, &rest)
        default: throw Malformed()
        }
        if message != nil { bytes = rest }
        return message
    }

    private static func payload(
        _ words: [Substring], headers: Int, _ rest: inout ByteBuffer
    ) throws(Malformed) -> NATSMessage? {
        guard let size = words.last.flatMap({ Int($0) }), size >= headers, headers >= 0 else { throw Malformed() }
        guard rest.readableBytes >= size + 2 else { return nil }
        // `NATS/1.0 503` and what follows.
        let head = rest.readString(length: headers) ?? ""
        let status = head.prefix { $0 != "\r\n" && $0 != "\r" }.split(separator: " ").dropFirst().first.flatMap {
            Int($0)
        }
        let payload = rest.readBytes(length: size - headers) ?? []
        rest.moveReaderIndex(forwardBy: 2)
        return .message(subject: String(words[1]), status: status, payload: payload)
    }
}
