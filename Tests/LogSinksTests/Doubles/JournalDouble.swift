import NIOHTTP1

/// systemd-journal-remote: reads the export format by the book, and stores whatever comes.
enum JournalDouble {
    static func make(authorization: String?) async throws -> HTTPDouble {
        try await HTTPDouble(authorization: authorization) { request, store in
            guard request.path == "/upload", request.method == .POST else { return .init(404, "Not found.") }
            guard request.headers["Content-Type"] == ["application/vnd.fdo.journal"] else { return .init(415) }
            guard let entries = entries(request.body) else { return .init(400, "Bad data") }
            for entry in entries {
                guard let uid = entry["GANTRY_UID"], let message = entry["MESSAGE"],
                    entry["_BOOT_ID"]?.count == 32, entry["__REALTIME_TIMESTAMP"] != nil, entry["PRIORITY"]?.count == 1
                else { return .init(400, "fields are missing") }
                store.append(ReceivedRecord(uid: String(decoding: uid, as: UTF8.self), line: message))
            }
            return .init(202, "OK.\n")
        }
    }

    private static func entries(_ body: [UInt8]) -> [[String: [UInt8]]]? {
        var rest = body[...]
        var entries: [[String: [UInt8]]] = []
        var entry: [String: [UInt8]] = [:]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != 10 }
            rest = rest[line.endIndex...]
            guard rest.popFirst() != nil else { return nil }
            if line.isEmpty {
                entries.append(entry)
                entry = [:]
            } else if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
                guard isName(line[..<equals]) else { return nil }
                entry[String(decoding: line[..<equals], as: UTF8.self)] = Array(line[(equals + 1)...])
            } else {
                guard isName(line), rest.count >= 8 else { return nil }
                let count = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(8)
                // The real one leaves an empty one out, and takes the boot's for zeros.
                guard rest.count > count, count > 0, !line.elementsEqual("_BOOT_ID".utf8) else { return nil }
                entry[String(decoding: line, as: UTF8.self)] = Array(rest.prefix(count))
                rest = rest.dropFirst(count)
                guard rest.popFirst() == 10 else { return nil }
            }
        }
        return entry.isEmpty ? entries : nil
    }

    private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
        (1...64).contains(name.count)
            && name.allSatisfy { $0 == 95 || (48...57).contains($0) || (65...90).contains($0) }
    }
}
