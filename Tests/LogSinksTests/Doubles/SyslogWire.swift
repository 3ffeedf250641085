import NIOCore

/// Octet-counted syslog (RFC 6587), as strict as RFC 5424 is.
struct SyslogWire: WireDouble {
    mutating func parse(_ bytes: inout ByteBuffer) throws -> DoubleExchange? {
        let view = bytes.readableBytesView
        guard let space = view.firstIndex(of: 0x20) else { return nil }
        let digits = String(decoding: view[..<space], as: UTF8.self)
        guard let length = Int(digits), length > 0, digits.first != "0" else {
            throw Complaint(text: "\"\(digits)\" counts no octets")
        }
        guard view.endIndex - space - 1 >= length else { return nil }
        bytes.moveReaderIndex(to: space + 1)
        let message = try SyslogMessage(bytes.readBytes(length: length) ?? [])
        return DoubleExchange { store in
            message.store(in: &store)
            return []
        }
    }
}

/// A message as RFC 5424 defines it; throws a ``Complaint`` for any other.
struct SyslogMessage {
    var priority = 0
    var time = ""
    var hostname = ""
    var application = ""
    var process = ""
    var identifier = ""
    var parameters: [String: String] = [:]
    var hasMark = false
    var text: [UInt8] = []

    init(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        func complain(_ text: String) -> Complaint {
            Complaint(text: "\(text): \(String(decoding: bytes.prefix(300), as: UTF8.self))")
        }
        func field(_ end: Character, longest: Int) throws -> String {
            guard let index = rest.firstIndex(of: end.asciiValue ?? 0), index - rest.startIndex <= longest,
                index > rest.startIndex, rest[..<index].allSatisfy({ (33...126).contains($0) })
            else { throw complain("a field before \"\(end)\" is wrong") }
            defer { rest = rest[(index + 1)...] }
            return String(decoding: rest[..<index], as: UTF8.self)
        }
        guard rest.popFirst() == 0x3C, let number = Int(try field(">", longest: 3)), number < 192 else {
            throw complain("no priority")
        }
        priority = number
        guard try field(" ", longest: 3) == "1" else { throw complain("no version") }
        time = try field(" ", longest: 27)
        hostname = try field(" ", longest: 255)
        application = try field(" ", longest: 48)
        process = try field(" ", longest: 128)
        identifier = try field(" ", longest: 32)
        guard rest.popFirst() == 0x5B, try field(" ", longest: 32) == "gantry@32473" else { throw complain("no data") }
        while true {
            let name = try field("=", longest: 32)
            guard rest.popFirst() == 0x22 else { throw complain("no value") }
            var value: [UInt8] = []
            while let byte = rest.popFirst(), byte != 0x22 {
                if byte == 0x5C, let escaped = rest.popFirst() { value.append(escaped) } else { value.append(byte) }
                if byte == 0x5D { throw complain("an unescaped bracket") }
            }
            parameters[name] = String(decoding: value, as: UTF8.self)
            guard let next = rest.popFirst(), next == 0x20 || next == 0x5D else { throw complain("no end of data") }
            if next == 0x5D { break }
        }
        guard rest.popFirst() == 0x20 else { throw complain("no space before the text") }
        hasMark = rest.starts(with: [0xEF, 0xBB, 0xBF])
        text = Array(hasMark ? rest.dropFirst(3) : rest)
        if hasMark, String(validating: text, as: UTF8.self) == nil {
            throw complain("marked as UTF-8, which it is not")
        }
    }

    /// Puts parts together again.
    func store(in store: inout DoubleStore) {
        let uid = parameters["uid"] ?? ""
        if let part = parameters["part"], part != "1", let index = store.received.lastIndex(where: { $0.uid == uid }) {
            store.received[index].line += text
        } else {
            store.received.append(ReceivedRecord(uid: uid, line: text))
        }
    }
}
