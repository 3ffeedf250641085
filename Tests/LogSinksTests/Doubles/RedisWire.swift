import NIOCore

/// Redis, as far as streams and transactions go: identifiers that rise, `MULTI` and `EXEC`, a password.
struct RedisWire: WireDouble {
    private var isKnown = false
    private var queue: [[[UInt8]]]?

    mutating func parse(_ bytes: inout ByteBuffer) throws -> DoubleExchange? {
        guard let words = try RedisWire.command(&bytes) else { return nil }
        let texts = words.map { String(decoding: $0, as: UTF8.self) }
        func answer(_ text: String) -> DoubleExchange {
            DoubleExchange(carriesRecords: false) { _ in Array((text + "\r\n").utf8) }
        }
        if texts[0] == "AUTH" {
            isKnown = texts.dropFirst() == ["gantry", SinkUnderTest.password]
            return answer(isKnown ? "+OK" : "-WRONGPASS invalid username-password pair or user is disabled.")
        }
        guard isKnown else { return answer("-NOAUTH Authentication required.") }
        switch (texts[0], queue) {
        case ("PING", nil): return answer("+PONG")
        case ("SELECT", nil): return answer("+OK")
        case ("MULTI", nil):
            queue = []
            return answer("+OK")
        case ("XADD", .some):
            queue?.append(words)
            return DoubleExchange { _ in Array("+QUEUED\r\n".utf8) }
        case ("EXEC", .some(let queued)):
            queue = nil
            return DoubleExchange { store in
                Array("*\(queued.count)\r\n".utf8) + queued.flatMap { RedisWire.add($0, &store) }
            }
        case ("GET", nil):
            return DoubleExchange(carriesRecords: false) { store in
                Array((store.values[texts[1]].map { "$\($0.utf8.count)\r\n\($0)\r\n" } ?? "$-1\r\n").utf8)
            }
        case ("SET", nil):
            return DoubleExchange(carriesRecords: false) { store in
                store.values[texts[1]] = texts[2]
                return Array("+OK\r\n".utf8)
            }
        case ("EXISTS", nil):
            return DoubleExchange(carriesRecords: false) {
                Array(":\($0.values["last:" + texts[1]] == nil ? 0 : 1)\r\n".utf8)
            }
        case ("XREVRANGE", nil): return answer("*0")
        case ("ECHO", nil): return answer("$\(texts[1].utf8.count)\r\n\(texts[1])")
        default: throw Complaint(text: "\(texts) is not expected now")
        }
    }

    private static func add(_ words: [[UInt8]], _ store: inout DoubleStore) -> [UInt8] {
        let texts = words.map { String(decoding: $0, as: UTF8.self) }
        guard let sequence = UInt64(texts[2].dropLast(2)), texts[2].hasSuffix("-0") else {
            return Array("-ERR Invalid stream ID\r\n".utf8)
        }
        if let last = store.values["last:" + texts[1]].flatMap({ UInt64($0) }), last >= sequence {
            return Array("-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n".utf8)
        }
        store.values["last:" + texts[1]] = String(sequence)
        var fields: [String: [UInt8]] = [:]
        for index in stride(from: 3, to: words.count - 1, by: 2) { fields[texts[index]] = words[index + 1] }
        store.received.append(
            ReceivedRecord(uid: String(decoding: fields["uid"] ?? [], as: UTF8.self), line: fields["message"] ?? []))
        return Array("$\(texts[2].utf8.count)\r\n\(texts[2])\r\n".utf8)
    }

    private static func command(_ bytes: inout ByteBuffer) throws -> [[UInt8]]? {
        var rest = bytes
        func number(_ mark: UInt8) throws -> Int? {
            guard let end = rest.readableBytesView.firstIndex(of: 0x0D), end + 1 < rest.writerIndex else { return nil }
            guard let line = rest.readString(length: end - rest.readerIndex), line.utf8.first == mark,
                rest.readInteger(as: UInt16.self) == 0x0D0A, let number = Int(line.dropFirst())
            else { throw Complaint(text: "no command") }
            return number
        }
        guard let count = try number(0x2A) else { return nil }
        var words: [[UInt8]] = []
        for _ in 0..<count {
            guard let length = try number(0x24), rest.readableBytes >= length + 2 else { return nil }
            words.append(rest.readBytes(length: length) ?? [])
            guard rest.readInteger(as: UInt16.self) == 0x0D0A else { throw Complaint(text: "a word of a wrong length") }
        }
        bytes = rest
        return words
    }
}
