import NIOCore

/// RELP: `open`, `syslog` and `close`, with numbers that rise by one.
struct RELPWire: WireDouble {
    private var last = 0
    private var isOpen = false

    mutating func parse(_ bytes: inout ByteBuffer) throws -> DoubleExchange? {
        guard let (number, command, data) = try RELPWire.frame(&bytes) else { return nil }
        guard number == last + 1 else { throw Complaint(text: "\(number) follows \(last)") }
        last = number
        switch (command, isOpen) {
        case ("open", false):
            isOpen = true
            let offers = String(decoding: data, as: UTF8.self).split(separator: "\n")
            guard offers.contains("relp_version=0"), offers.contains("commands=syslog") else {
                throw Complaint(text: "wrong offers: \(offers)")
            }
            return DoubleExchange(carriesRecords: false) { _ in
                RELPWire.answer(number, "200 OK\nrelp_version=0\nrelp_software=double\ncommands=syslog")
            }
        case ("syslog", true):
            let message = try SyslogMessage(data)
            return DoubleExchange { store in
                message.store(in: &store)
                return RELPWire.answer(number, "200 OK")
            }
        case ("close", true):
            return DoubleExchange(carriesRecords: false) { _ in
                RELPWire.answer(number, "") + Array("0 serverclose 0\n".utf8)
            }
        default: throw Complaint(text: "\(command) is not expected now")
        }
    }

    private static func answer(_ number: Int, _ text: String) -> [UInt8] {
        Array(text.isEmpty ? "\(number) rsp 0\n".utf8 : "\(number) rsp \(text.utf8.count) \(text)\n".utf8)
    }

    /// `TXNR SP COMMAND SP LENGTH [SP DATA] LF`.
    private static func frame(_ bytes: inout ByteBuffer) throws -> (Int, String, [UInt8])? {
        var rest = bytes.readableBytesView[...]
        func word(_ ends: [UInt8]) -> String? {
            guard let end = rest.firstIndex(where: { ends.contains($0) }) else { return nil }
            defer { rest = rest[end...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
        guard let first = word([0x20]) else { return nil }
        rest = rest.dropFirst()
        guard let command = word([0x20]) else { return nil }
        rest = rest.dropFirst()
        guard let digits = word([0x20, 0x0A]) else { return nil }
        guard let number = Int(first), let length = Int(digits), command.utf8.count <= 32 else {
            throw Complaint(text: "no frame: \(first) \(command) \(digits)")
        }
        if length > 0 { rest = rest.dropFirst() }
        guard rest.count > length else { return nil }
        let data = Array(rest.prefix(length))
        guard rest.dropFirst(length).first == 0x0A else { throw Complaint(text: "a frame of a wrong length") }
        bytes.moveReaderIndex(to: rest.startIndex + length + 1)
        return (number, command, data)
    }
}
