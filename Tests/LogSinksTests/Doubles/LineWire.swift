import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// JSON objects, one on a line; each with `uid` and `message`.
struct LineWire: WireDouble {
    private struct Line: Decodable {
        let uid: String
        let message: String
    }

    mutating func parse(_ bytes: inout ByteBuffer) throws -> DoubleExchange? {
        guard let end = bytes.readableBytesView.firstIndex(of: 0x0A),
            let text = bytes.readBytes(length: end - bytes.readerIndex)
        else { return nil }
        bytes.moveReaderIndex(forwardBy: 1)
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else {
            throw Complaint(text: "no object: \(String(decoding: text, as: UTF8.self))")
        }
        return DoubleExchange { store in
            store.received.append(ReceivedRecord(uid: line.uid, line: Array(line.message.utf8)))
            return []
        }
    }
}
