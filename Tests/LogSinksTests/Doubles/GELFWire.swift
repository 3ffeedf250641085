import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// GELF over TCP: objects that end with NUL.
struct GELFWire: WireDouble {
    mutating func parse(_ bytes: inout ByteBuffer) throws -> DoubleExchange? {
        guard let end = bytes.readableBytesView.firstIndex(of: 0),
            let text = bytes.readBytes(length: end - bytes.readerIndex)
        else { return nil }
        bytes.moveReaderIndex(forwardBy: 1)
        let record = try GELFObject.record(text)
        return DoubleExchange { store in
            store.received.append(record)
            return []
        }
    }
}

/// An object as Graylog takes it; a ``Complaint`` for any other.
struct GELFObject {
    private enum Value: Decodable {
        case text(String)
        case number(Double)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    static func record(_ text: [UInt8]) throws -> ReceivedRecord {
        guard let fields = try? JSONDecoder().decode([String: Value].self, from: Data(text)) else {
            throw Complaint(text: "no flat object: \(String(decoding: text.prefix(300), as: UTF8.self))")
        }
        guard case .text("1.1") = fields["version"], case .text(let host) = fields["host"], !host.isEmpty,
            case .text(let message) = fields["short_message"], case .number(let time) = fields["timestamp"],
            time > 1_700_000_000, time < 2_000_000_000, case .number(let level) = fields["level"],
            (0...7).contains(level),
            case .text(let uid) = fields["_uid"], fields["_id"] == nil
        else { throw Complaint(text: "a field is missing or wrong: \(fields)") }
        guard message.contains(where: { !$0.isWhitespace }) else { throw Complaint(text: "no text") }
        let standard: Set = ["version", "host", "short_message", "timestamp", "level"]
        for name in fields.keys where !standard.contains(name) && !name.hasPrefix("_") {
            throw Complaint(text: "a field without underscore: \(name)")
        }
        return ReceivedRecord(uid: uid, line: Array(message.utf8))
    }
}
