import EngineAPI
import SinkAPI

/// Writes records as logfmt: `time=... service=web ... message="a line"`, one line for each; a line feed in a message
/// is written `\n`, and so are other characters escaped as JSON does.
struct RecordLogfmt {
    private let fields: RecordFields
    private var uid: RecordUID
    private var timeText = TimeText()
    private var sources: [LogSource: [UInt8]] = [:]
    private var current: (source: LogSource, text: [UInt8])?
    private let keys: [RecordFact: [UInt8]]

    /// A writer for the records of one spool.
    init(_ fields: RecordFields, epoch: String) {
        self.fields = fields
        uid = RecordUID(epoch: epoch)
        keys = fields.names.mapValues { Array("\($0)=".utf8) }
    }

    /// Appends one record, without a newline.
    mutating func append(_ record: LogRecord, to out: inout [UInt8]) {
        let space = UInt8(ascii: " ")
        let start = out.count
        if let key = keys[.time] {
            out.append(contentsOf: key)
            timeText.append(record.time, as: .rfc3339, to: &out)
            out.append(space)
        }
        if current?.source !== record.source { current = (record.source, text(of: record.source)) }
        if let text = current?.text { out.append(contentsOf: text) }
        if let key = keys[.stream] {
            out.append(contentsOf: key)
            JSONText.append(record.stream == .stdout ? "stdout " : "stderr ", to: &out)
        }
        if let key = keys[.level], let level = record.level {
            out.append(contentsOf: key)
            out.append(contentsOf: level.name.utf8)
            out.append(space)
        }
        if let key = keys[.sequence] {
            out.append(contentsOf: key)
            Digits.append(record.sequence, to: &out)
            out.append(space)
        }
        if let key = keys[.uid] {
            out.append(contentsOf: key)
            uid.append(record, to: &out)
            out.append(space)
        }
        if let key = keys[.flags], !record.flags.isEmpty {
            out.append(contentsOf: key)
            out.append(contentsOf: record.flags.names.joined(separator: ",").utf8)
            out.append(space)
        }
        if let key = keys[.message] {
            out.append(contentsOf: key)
            let whole = JSONText.appendString(record.line, to: &out)
            JSONText.append(whole ? " " : " invalid_utf8=true ", to: &out)
        }
        if out.count > start { out.removeLast() }
    }

    private mutating func text(of source: LogSource) -> [UInt8] {
        if let text = sources[source] { return text }
        let values: [(RecordFact, String?)] = [
            (.project, source.project), (.service, source.service), (.replica, String(source.number)),
            (.name, source.name), (.container, source.container.rawValue),
            (.image, source.image.isEmpty ? nil : source.image),
        ]
        var text: [UInt8] = []
        for (fact, value) in values {
            guard let key = keys[fact], let value else { continue }
            text += key
            let isPlain = value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C }
            if isPlain { text += Array(value.utf8) } else { JSONText.appendString(value.utf8, to: &text) }
            text.append(UInt8(ascii: " "))
        }
        sources[source] = text
        return text
    }
}
