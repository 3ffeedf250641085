import EngineAPI
import SinkAPI

/// Writes records as GELF 1.1 objects.
///
/// What a receiver refuses is never written: additional fields are texts and numbers alone, so flags are one text and
/// each label is a field, `_label_NAME`; none is `_id`; and an empty line is `-`, because `short_message` may not be
/// empty.
struct GELFEncoder {
    /// What the settings say: `hostname` (this machine's), `fields` and `rename.FACT`, whose names get an underscore.
    struct Form: Sendable {
        let hostname: String
        let fields: RecordFields

        init(_ settings: inout SinkSettings) throws(SinkConfigurationError) {
            hostname = settings.string("hostname") ?? SyslogForm.machineName()
            fields = try RecordFields(
                &settings, defaults: RecordFields(RecordFact.allCases.filter { $0 != .sequence && $0 != .level }))
            for (fact, name) in fields.names where !GELFEncoder.isName(name) || name == "id" {
                throw settings.wrong(
                    "rename.\(fact.rawValue)", name, "letters, digits, \"_\", \".\" and \"-\", and not \"id\"")
            }
        }
    }

    private let form: Form
    private var facts: RecordJSON
    private var labels: [LogSource: [UInt8]] = [:]

    init(_ form: Form, epoch: String) {
        self.form = form
        // What RecordJSON writes otherwise than GELF wants it is written here.
        let own: Set<RecordFact> = [.time, .level, .message, .labels, .flags]
        let names = form.fields.names.filter { !own.contains($0.key) }.mapValues { "_\($0)" }
        var json = RecordJSONForm(
            fields: RecordFields([.time] + names.keys, renamed: names.merging([.time: "timestamp"]) { $1 }), time: .unix
        )
        json.constants = ["version": "1.1", "host": form.hostname.isEmpty ? "-" : form.hostname]
        facts = RecordJSON(json, epoch: epoch)
    }

    /// Appends one record's object.
    mutating func append(_ record: LogRecord, to out: inout [UInt8]) {
        facts.append(record, to: &out)
        out.removeLast()
        if let name = form.fields[.labels], !record.source.labels.isEmpty {
            out.append(contentsOf: labels(of: record.source, name))
        }
        if let name = form.fields[.flags], !record.flags.isEmpty {
            GELFEncoder.appendKey("_\(name)", to: &out)
            JSONText.appendString(record.flags.names.joined(separator: ",").utf8, to: &out)
        }
        JSONText.append(",\"level\":", to: &out)
        Digits.append(UInt64(record.severity.rawValue), to: &out)
        JSONText.append(",\"short_message\":", to: &out)
        let isBlank = record.line.allSatisfy { $0 <= 0x20 }
        if !JSONText.appendString(isBlank ? [UInt8(ascii: "-")] : record.line, to: &out) {
            JSONText.append(",\"_invalid_utf8\":\"true\"", to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    private mutating func labels(of source: LogSource, _ name: String) -> [UInt8] {
        if let text = labels[source] { return text }
        var text: [UInt8] = []
        for (label, value) in source.labels.sorted(by: { $0.key < $1.key }) {
            let key = label.utf8.map { GELFEncoder.isNameByte($0) ? $0 : UInt8(ascii: "_") }
            GELFEncoder.appendKey("_\(name)_\(String(decoding: key, as: UTF8.self))", to: &text)
            JSONText.appendString(value.utf8, to: &text)
        }
        labels[source] = text
        return text
    }

    private static func appendKey(_ name: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: ","))
        JSONText.appendString(name.utf8, to: &out)
        out.append(UInt8(ascii: ":"))
    }

    private static func isName(_ name: String) -> Bool { name.utf8.allSatisfy { isNameByte($0) } }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }
}
