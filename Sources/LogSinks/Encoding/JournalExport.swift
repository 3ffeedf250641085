import EngineAPI
import SinkAPI

/// Records in the journal's export format (systemd.io, "Journal Export Formats").
enum JournalExport {
    /// An entry for each record. The fields' names are those of the engine's own journald driver, and ours.
    static func body(_ batch: RecordBatch, host: String?) -> [UInt8] {
        var uid = RecordUID(epoch: batch.epoch)
        var sources: [LogSource: [UInt8]] = [:]
        var out: [UInt8] = []
        for record in batch.records {
            let microseconds = UInt64(max(0, record.time.nanoseconds)) / 1000
            for name: StaticString in ["__REALTIME_TIMESTAMP=", "__MONOTONIC_TIMESTAMP="] {
                JSONText.append(name, to: &out)
                Digits.append(microseconds, to: &out)
                out.append(UInt8(ascii: "\n"))
            }
            let head = sources[record.source] ?? head(of: record.source, batch, host: host)
            sources[record.source] = head
            out.append(contentsOf: head)
            JSONText.append("GANTRY_UID=", to: &out)
            uid.append(record, to: &out)
            JSONText.append("\nPRIORITY=", to: &out)
            // Without a level, as the engine's driver has it: standard error is an error, standard output information.
            Digits.append(UInt64((record.level ?? (record.stream == .stdout ? .info : .error)).rawValue), to: &out)
            JSONText.append(
                record.stream == .stdout ? "\nGANTRY_STREAM=stdout\n" : "\nGANTRY_STREAM=stderr\n", to: &out)
            if record.flags.contains(.partial) { JSONText.append("CONTAINER_PARTIAL_MESSAGE=true\n", to: &out) }
            if record.line.isEmpty {
                appendText("MESSAGE", record.line, to: &out)
            } else {
                append("MESSAGE", record.line, to: &out)
            }
            out.append(UInt8(ascii: "\n"))
        }
        return out
    }

    private static func head(of source: LogSource, _ batch: RecordBatch, host: String?) -> [UInt8] {
        var out: [UInt8] = []
        // The journal tells times of different boots apart; ours is the spool. journal-remote knows it as text only.
        appendText("_BOOT_ID", bootID(batch.epoch).utf8, to: &out)
        if let host { appendText("_HOSTNAME", host.utf8, to: &out) }
        appendText("CONTAINER_ID", source.container.rawValue.prefix(12).utf8, to: &out)
        appendText("CONTAINER_ID_FULL", source.container.rawValue.utf8, to: &out)
        appendText("CONTAINER_NAME", source.name.utf8, to: &out)
        appendText("SYSLOG_IDENTIFIER", source.name.utf8, to: &out)
        if !source.image.isEmpty { appendText("IMAGE_NAME", source.image.utf8, to: &out) }
        if let project = source.project { appendText("GANTRY_PROJECT", project.utf8, to: &out) }
        appendText("GANTRY_SERVICE", source.service.utf8, to: &out)
        return out
    }

    /// A field by its length, which is good for any bytes. An empty one has no such form: journal-remote leaves it out.
    private static func append(_ name: StaticString, _ value: some Collection<UInt8>, to out: inout [UInt8]) {
        JSONText.append(name, to: &out)
        out.append(UInt8(ascii: "\n"))
        withUnsafeBytes(of: UInt64(value.count).littleEndian) { out.append(contentsOf: $0) }
        out.append(contentsOf: value)
        out.append(UInt8(ascii: "\n"))
    }

    /// A field as a line of text.
    private static func appendText(_ name: StaticString, _ value: some Collection<UInt8>, to out: inout [UInt8]) {
        JSONText.append(name, to: &out)
        out.append(UInt8(ascii: "="))
        // No name of the engine's has a newline; one that had would begin a field of its own.
        for byte in value { out.append(byte == UInt8(ascii: "\n") ? UInt8(ascii: " ") : byte) }
        out.append(UInt8(ascii: "\n"))
    }

    /// 32 digits of base 16 that an epoch always gives, and that are not all zeros.
    private static func bootID(_ epoch: String) -> String {
        var digits = HexText.encode(epoch.utf8.prefix(16))
        digits += String(repeating: "0", count: 32 - digits.utf8.count)
        return epoch.isEmpty ? String(repeating: "1", count: 32) : digits
    }
}
