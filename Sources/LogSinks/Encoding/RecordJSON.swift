import EngineAPI
import SinkAPI

/// How records are written as JSON objects: which facts, how times, and whether a line that is an object itself stays one.
///
/// Settings: `fields`, `rename.FACT`, `time_format` (see ``TimeForm``), `parse` (`none` or `json`).
struct RecordJSONForm: Sendable {
    /// The facts and their names.
    var fields: RecordFields
    /// How times are written.
    var time: TimeForm = .rfc3339
    /// Whether a line that is one JSON object is sent as an object under `json` instead of as a text.
    var parsesLines = false
    /// Fields that each record has besides: their names and values.
    var constants: [String: String] = [:]

    /// These facts.
    init(fields: RecordFields = RecordFields(), time: TimeForm = .rfc3339) {
        self.fields = fields
        self.time = time
    }

    /// What the settings say, else `defaults`.
    init(_ settings: inout SinkSettings, defaults: RecordJSONForm = RecordJSONForm()) throws(SinkConfigurationError) {
        self = defaults
        fields = try RecordFields(&settings, defaults: defaults.fields)
        time = try settings.choice("time_format") ?? defaults.time
        parsesLines = try settings.choice("parse", of: LineParsing.self).map { $0 == .json } ?? defaults.parsesLines
    }
}

/// What a line is looked at as.
enum LineParsing: String, CaseIterable {
    case none, json
}

/// Writes the records of one batch as JSON objects, byte by byte; what a source contributes is written once.
///
/// A fact that a record has not (a project, a level, labels, flags) is left out. A line that is not UTF-8 is repaired with
/// U+FFFD, and says so: `"invalid_utf8":true`.
struct RecordJSON {
    private let form: RecordJSONForm
    private var uid: RecordUID
    private var timeText = TimeText()
    private var sources: [LogSource: [UInt8]] = [:]
    private var current: (source: LogSource, text: [UInt8])?
    private let keys: Keys
    private let constants: [UInt8]

    /// Keys with quotes and colon, empty for facts that are not sent.
    private struct Keys {
        let time, stream, level, sequence, uid, message, flags: [UInt8]

        init(_ fields: RecordFields) {
            func key(_ fact: RecordFact) -> [UInt8] { fields[fact].map { RecordJSON.key($0) } ?? [] }
            time = key(.time)
            stream = key(.stream)
            level = key(.level)
            sequence = key(.sequence)
            uid = key(.uid)
            message = key(.message)
            flags = key(.flags)
        }
    }

    /// A writer for the records of one spool.
    init(_ form: RecordJSONForm, epoch: String) {
        self.form = form
        uid = RecordUID(epoch: epoch)
        keys = Keys(form.fields)
        var constants: [UInt8] = []
        for (name, value) in form.constants.sorted(by: { $0.key < $1.key }) {
            constants += RecordJSON.key(name)
            JSONText.appendString(value.utf8, to: &constants)
            constants.append(UInt8(ascii: ","))
        }
        self.constants = constants
    }

    /// Appends one record as an object, without a newline.
    mutating func append(_ record: LogRecord, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        let start = out.count
        if !keys.time.isEmpty {
            out.append(contentsOf: keys.time)
            if form.time.isText { out.append(UInt8(ascii: "\"")) }
            timeText.append(record.time, as: form.time, to: &out)
            if form.time.isText { out.append(UInt8(ascii: "\"")) }
            out.append(UInt8(ascii: ","))
        }
        if !keys.stream.isEmpty {
            out.append(contentsOf: keys.stream)
            JSONText.append(record.stream == .stdout ? "\"stdout\"," : "\"stderr\",", to: &out)
        }
        if !keys.level.isEmpty, let level = record.level {
            out.append(contentsOf: keys.level)
            JSONText.appendString(level.name.utf8, to: &out)
            out.append(UInt8(ascii: ","))
        }
        if current?.source !== record.source { current = (record.source, text(of: record.source)) }
        if let text = current?.text { out.append(contentsOf: text) }
        if !keys.sequence.isEmpty {
            out.append(contentsOf: keys.sequence)
            Digits.append(record.sequence, to: &out)
            out.append(UInt8(ascii: ","))
        }
        if !keys.uid.isEmpty {
            out.append(contentsOf: keys.uid)
            out.append(UInt8(ascii: "\""))
            uid.append(record, to: &out)
            JSONText.append("\",", to: &out)
        }
        if !keys.flags.isEmpty, !record.flags.isEmpty { appendFlags(record.flags, to: &out) }
        if !keys.message.isEmpty { appendMessage(record.line, to: &out) }
        if out.count > start { out.removeLast() }
        out.append(UInt8(ascii: "}"))
    }

    private func appendMessage(_ line: ArraySlice<UInt8>, to out: inout [UInt8]) {
        if form.parsesLines, JSONObjectCheck.accepts(line) {
            JSONText.append("\"json\":", to: &out)
            JSONObjectCheck.append(line, to: &out)
        } else {
            out.append(contentsOf: keys.message)
            if !JSONText.appendString(line, to: &out) { JSONText.append(",\"invalid_utf8\":true", to: &out) }
        }
        out.append(UInt8(ascii: ","))
    }

    private func appendFlags(_ flags: LogRecord.Flags, to out: inout [UInt8]) {
        out.append(contentsOf: keys.flags)
        out.append(UInt8(ascii: "["))
        for name in flags.names {
            JSONText.appendString(name.utf8, to: &out)
            out.append(UInt8(ascii: ","))
        }
        out.removeLast()
        JSONText.append("],", to: &out)
    }

    /// The fields that a source contributes, each with a comma after it.
    private mutating func text(of source: LogSource) -> [UInt8] {
        if let text = sources[source] { return text }
        var text = constants
        func add(_ fact: RecordFact, _ value: String?) {
            guard let name = form.fields[fact], let value else { return }
            text += RecordJSON.key(name)
            JSONText.appendString(value.utf8, to: &text)
            text.append(UInt8(ascii: ","))
        }
        add(.project, source.project)
        add(.service, source.service)
        if let name = form.fields[.replica] {
            text += RecordJSON.key(name)
            Digits.append(Int64(source.number), to: &text)
            text.append(UInt8(ascii: ","))
        }
        add(.name, source.name)
        add(.container, source.container.rawValue)
        add(.image, source.image.isEmpty ? nil : source.image)
        if let name = form.fields[.labels], !source.labels.isEmpty {
            text += RecordJSON.key(name)
            text.append(UInt8(ascii: "{"))
            for (label, value) in source.labels.sorted(by: { $0.key < $1.key }) {
                text += RecordJSON.key(label)
                JSONText.appendString(value.utf8, to: &text)
                text.append(UInt8(ascii: ","))
            }
            text.removeLast()
            JSONText.append("},", to: &text)
        }
        sources[source] = text
        return text
    }

    private static func key(_ name: String) -> [UInt8] {
        var text: [UInt8] = []
        JSONText.appendString(name.utf8, to: &text)
        text.append(UInt8(ascii: ":"))
        return text
    }
}

extension LogRecord.Flags {
    /// The words for them, in the order of their bits.
    var names: [String] {
        let words: [(LogRecord.Flags, String)] = [
            (.partial, "partial"), (.unterminated, "unterminated"), (.repaired, "repaired"), (.notice, "notice"),
        ]
        return words.filter { contains($0.0) }.map { $0.1 }
    }
}
