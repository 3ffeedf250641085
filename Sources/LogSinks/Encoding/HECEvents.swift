import EngineAPI
import SinkAPI

/// Records as events of Splunk's HTTP Event Collector: JSON objects one after another.
enum HECEvents {
    /// What events carry.
    struct Form: Sendable {
        /// The members of an event that are set for all.
        static let settings = ["index", "host", "source", "sourcetype"]

        /// Those that are given.
        var constants: [String: String] = [:]
        /// Indexed fields: flat, and text all of them.
        var fields = RecordFields(RecordFact.allCases.filter { ![.time, .message, .sequence].contains($0) })
        /// Whether a line that is a JSON object is the event.
        var parsesLines = false
    }

    /// A request's body.
    static func body(_ batch: RecordBatch, form: Form) -> [UInt8] {
        var uid = RecordUID(epoch: batch.epoch)
        var time = TimeText()
        var sources: [LogSource: [UInt8]] = [:]
        var out: [UInt8] = []
        for record in batch.records {
            JSONText.append("{\"time\":", to: &out)
            time.append(record.time, as: .unix, to: &out)
            JSONText.append(",\"event\":", to: &out)
            let isWhole = appendEvent(record.line, form: form, to: &out)
            let head = sources[record.source] ?? head(of: record.source, form: form)
            sources[record.source] = head
            // It ends within `fields`, with a comma where it has any.
            out.append(contentsOf: head)
            appendFields(record, form: form, isWhole: isWhole, uid: &uid, to: &out)
            if out.last == UInt8(ascii: ",") { out.removeLast() }
            JSONText.append("}}\n", to: &out)
        }
        return out
    }

    private static func appendEvent(_ line: ArraySlice<UInt8>, form: Form, to out: inout [UInt8]) -> Bool {
        if line.isEmpty {
            JSONText.append("{\"message\":\"\"}", to: &out)
            return true
        }
        if form.parsesLines, JSONObjectCheck.accepts(line) {
            JSONObjectCheck.append(line, to: &out)
            return true
        }
        return JSONText.appendString(line, to: &out)
    }

    private static func appendFields(
        _ record: LogRecord, form: Form, isWhole: Bool, uid: inout RecordUID, to out: inout [UInt8]
    ) {
        if let name = form.fields[.stream] { append(name, record.stream.rawValue.utf8, to: &out) }
        if let name = form.fields[.level], let level = record.level { append(name, level.name.utf8, to: &out) }
        if let name = form.fields[.sequence] { append(name, "\(record.sequence)".utf8, to: &out) }
        if let name = form.fields[.flags], !record.flags.isEmpty {
            append(name, record.flags.names.joined(separator: ",").utf8, to: &out)
        }
        if !isWhole { append("invalid_utf8", "true".utf8, to: &out) }
        if let name = form.fields[.uid] {
            JSONText.appendString(name.utf8, to: &out)
            JSONText.append(":\"", to: &out)
            uid.append(record, to: &out)
            JSONText.append("\",", to: &out)
        }
    }

    /// What is the same for all events of a source, up to its fields.
    private static func head(of source: LogSource, form: Form) -> [UInt8] {
        var out: [UInt8] = Array(",".utf8)
        var members = form.constants
        members["source"] = members["source"] ?? source.name
        members["sourcetype"] = members["sourcetype"] ?? "container"
        for (name, value) in members.sorted(by: { $0.key < $1.key }) { append(name, value.utf8, to: &out) }
        JSONText.append("\"fields\":{", to: &out)
        let facts: [(RecordFact, String?)] = [
            (.project, source.project), (.service, source.service), (.replica, "\(source.number)"),
            (.name, source.name), (.container, source.container.rawValue), (.image, source.image),
        ]
        for (fact, value) in facts {
            if let name = form.fields[fact], let value, !value.isEmpty { append(name, value.utf8, to: &out) }
        }
        if let name = form.fields[.labels] {
            for (label, value) in source.labels.sorted(by: { $0.key < $1.key }) {
                append("\(name).\(label)", value.utf8, to: &out)
            }
        }
        return out
    }

    private static func append(_ name: String, _ value: some Sequence<UInt8>, to out: inout [UInt8]) {
        JSONText.appendString(name.utf8, to: &out)
        out.append(UInt8(ascii: ":"))
        JSONText.appendString(value, to: &out)
        out.append(UInt8(ascii: ","))
    }
}
