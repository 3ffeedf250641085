import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// A NATS server with one stream that takes `logs.>` and knows what comes again.
struct NATSWire: WireDouble {
    private struct Greeting: Decodable {
        let verbose, pedantic, headers: Bool
        let user, pass: String?
    }
    private struct Payload: Decodable {
        let uid, message: String
    }

    private var isKnown = false
    private var inbox = ""

    let greeting = Array(
        "INFO {\"server_id\":\"double\",\"version\":\"2.9.10\",\"headers\":true,\"jetstream\":true,\"max_payload\":4194304}\r\n"
            .utf8)

    mutating func parse(_ bytes: inout ByteBuffer) throws -> DoubleExchange? {
        guard let end = bytes.readableBytesView.firstIndex(of: 0x0A) else { return nil }
        var rest = bytes
        guard let line = rest.readString(length: end - rest.readerIndex), line.utf8.last == 0x0D else {
            throw Complaint(text: "a line without carriage return")
        }
        rest.moveReaderIndex(forwardBy: 1)
        let words = line.dropLast().split(separator: " ", omittingEmptySubsequences: false).map { String($0) }
        func answer(_ text: String) -> DoubleExchange {
            DoubleExchange(carriesRecords: false) { _ in Array(text.utf8) }
        }
        switch words[0] {
        case "CONNECT":
            bytes = rest
            let greeting = try JSONDecoder().decode(Greeting.self, from: Data(line.dropFirst(8).utf8))
            isKnown = greeting.user == "gantry" && greeting.pass == SinkUnderTest.password && greeting.headers
            return answer(isKnown ? "PING\r\n" : "-ERR 'Authorization Violation'\r\n")
        case "SUB" where words.count == 3 && words[1].hasSuffix(".*"):
            bytes = rest
            inbox = String(words[1].dropLast())
            return answer("")
        case "PING":
            bytes = rest
            return answer(isKnown ? "PONG\r\n" : "")
        case "PONG":
            bytes = rest
            return answer("")
        case "HPUB" where words.count == 5:
            guard let headers = Int(words[3]), let size = Int(words[4]), size <= 4 << 20 else {
                throw Complaint(text: "wrong lengths: \(line)")
            }
            guard rest.readableBytes >= size + 2 else { return nil }
            let head = rest.readString(length: headers) ?? ""
            let payload = rest.readBytes(length: size - headers) ?? []
            guard isKnown, rest.readString(length: 2) == "\r\n", head.hasPrefix("NATS/1.0\r\nNats-Msg-Id: "),
                head.hasSuffix("\r\n\r\n"), words[1].hasPrefix("logs."), words[2].hasPrefix(inbox)
            else { throw Complaint(text: "a wrong message: \(line) \(head)") }
            bytes = rest
            let record = try JSONDecoder().decode(Payload.self, from: Data(payload))
            guard head == "NATS/1.0\r\nNats-Msg-Id: \(record.uid)\r\n\r\n" else {
                throw Complaint(text: "another's identifier")
            }
            return DoubleExchange { store in
                let isNew = store.values.updateValue("", forKey: record.uid) == nil
                if isNew { store.received.append(ReceivedRecord(uid: record.uid, line: Array(record.message.utf8))) }
                let text = "{\"stream\":\"LOGS\",\"seq\":\(store.received.count)\(isNew ? "" : ",\"duplicate\":true")}"
                return Array("MSG \(words[2]) 1 \(text.utf8.count)\r\n\(text)\r\n".utf8)
            }
        default: throw Complaint(text: "not expected: \(line)")
        }
    }
}
