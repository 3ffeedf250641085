import Crypto
import NIOCore

@testable import LogSinks

/// Forward with acknowledgements, with or without a shared key and a user.
struct ForwardWire: WireDouble {
    struct Key: Sendable {
        var key = "the-shared-key"
        var user = "gantry"
        var password = SinkUnderTest.password
        /// Whether the nonce is sent as text, as Fluent Bit does, or as binary data, as fluentd does.
        var sendsText = true
    }

    private let key: Key?
    private let nonce: [UInt8] = [0xFF, 0, 0x80] + Array(3..<16)
    private let salt: [UInt8] = Array(repeating: 0xC3, count: 16)
    private var isKnown: Bool

    init(_ key: Key? = nil) {
        self.key = key
        isKnown = key == nil
    }

    var greeting: [UInt8] {
        guard let key else { return [] }
        var out: [UInt8] = []
        MessagePack.appendArrayHeader(2, to: &out)
        MessagePack.appendString("HELO".utf8, to: &out)
        MessagePack.appendMapHeader(3, to: &out)
        for (name, value) in [("nonce", nonce), ("auth", salt)] {
            MessagePack.appendString(name.utf8, to: &out)
            if key.sendsText {
                MessagePack.appendString(value, to: &out)
            } else {
                MessagePack.appendBinary(value, to: &out)
            }
        }
        MessagePack.appendString("keepalive".utf8, to: &out)
        MessagePack.append(true, to: &out)
        return out
    }

    mutating func parse(_ bytes: inout ByteBuffer) throws -> DoubleExchange? {
        let whole = Array(bytes.readableBytesView)
        var rest = whole[...]
        let count = rest.count
        guard let value = try MessagePackValue.parse(&rest) else { return nil }
        bytes.moveReaderIndex(forwardBy: count - rest.count)
        guard case .array(let message) = value else { throw Complaint(text: "no message: \(value)") }
        guard isKnown else {
            // MessagePack's mark of binary data: Fluent Bit takes none in a PING.
            let binary: UInt8 = 0xC4
            guard !whole.prefix(count - rest.count).contains(binary) else {
                throw Complaint(text: "binary data in a PING")
            }
            return try greet(message)
        }
        guard message.count == 3, let tag = message[0].text, let packed = message[1].bytes,
            let chunk = message[2]["chunk"]?.text, chunk.utf8.count == 24
        else { throw Complaint(text: "no packed message: \(message)") }
        guard tag == "gantry" || tag.hasPrefix("gantry.") else { throw Complaint(text: "a wrong tag: \(tag)") }
        var entries = packed[...]
        if message[2]["compressed"]?.text == "gzip" { entries = (Inflate.gunzip(packed) ?? [])[...] }
        var records: [ReceivedRecord] = []
        while !entries.isEmpty {
            guard case .array(let entry) = try MessagePackValue.parse(&entries), entry.count == 2,
                case .other(type: 0, let time) = entry[0], time.count == 8, let uid = entry[1]["uid"]?.text,
                let line = entry[1]["message"]?.bytes
            else { throw Complaint(text: "no entry") }
            records.append(ReceivedRecord(uid: uid, line: line))
        }
        guard
            message[2]["size"] == .integer(Int64(records.count))
                || message[2]["size"] == .unsigned(UInt64(records.count))
        else { throw Complaint(text: "a wrong size") }
        return DoubleExchange { store in
            store.received += records
            store.values[tag, default: ""] += records.map { "\($0.uid) " }.joined()
            var out: [UInt8] = []
            MessagePack.appendMapHeader(1, to: &out)
            MessagePack.appendString("ack".utf8, to: &out)
            MessagePack.appendString(chunk.utf8, to: &out)
            return out
        }
    }

    private mutating func greet(_ ping: [MessagePackValue]) throws -> DoubleExchange {
        guard let key, ping.count == 6, ping[0].text == "PING", let host = ping[1].bytes, let salt = ping[2].bytes
        else {
            throw Complaint(text: "no PING: \(ping)")
        }
        let isRight =
            ping[3].text == ForwardWire.digest(salt, host, nonce, Array(key.key.utf8)) && ping[4].text == key.user
            && ping[5].text == ForwardWire.digest(self.salt, Array(key.user.utf8), Array(key.password.utf8))
        isKnown = isRight
        let proof = ForwardWire.digest(salt, Array("server".utf8), nonce, Array(key.key.utf8))
        return DoubleExchange(carriesRecords: false) { _ in
            var out: [UInt8] = []
            MessagePack.appendArrayHeader(5, to: &out)
            MessagePack.appendString("PONG".utf8, to: &out)
            MessagePack.append(isRight, to: &out)
            MessagePack.appendString((isRight ? "" : "username/password mismatch").utf8, to: &out)
            MessagePack.appendString("server".utf8, to: &out)
            MessagePack.appendString((isRight ? proof : "").utf8, to: &out)
            return out
        }
    }

    private static func digest(_ parts: [UInt8]...) -> String {
        SHA512.hash(data: parts.flatMap { $0 }).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
