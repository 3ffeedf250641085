import EngineAPI
import SinkAPI

/// Writes records as `XADD KEY [MAXLEN ~ N] SEQUENCE-0 FIELD VALUE ...`. Facts that a record has not are left out;
/// labels are fields of their own, `label.NAME`; a line's bytes are sent as they are.
struct RedisEncoder {
    /// What the settings say: `key` (`gantry:{project}:{service}`, with the places of ``PathPattern``), `maxlen` (about
    /// how many entries a stream keeps; all, unless it is said otherwise), `fields` and `rename.FACT`.
    struct Form: Sendable {
        let key: PathPattern
        let longest: Int?
        let fields: RecordFields

        init(_ settings: inout SinkSettings) throws(SinkConfigurationError) {
            key = try PathPattern(settings.string("key") ?? "gantry:{project}:{service}")
            longest = try settings.integer("maxlen", in: 1...Int.max)
            fields = try RecordFields(
                &settings, defaults: RecordFields(RecordFact.allCases.filter { $0 != .sequence }))
        }
    }

    private struct Stream {
        let key: String
        /// The command up to the identifier, without the header.
        let start: [UInt8]
        /// The source's fields, and how many words they are.
        let fields: [UInt8]
        let words: Int
    }

    private let form: Form
    private let names: [RecordFact: [UInt8]]
    private var uid: RecordUID
    private var timeText = TimeText()
    private var streams: [LogSource: [OutputStream: Stream]] = [:]
    private var value: [UInt8] = []

    /// A writer for the records of one spool.
    init(_ form: Form, epoch: String) {
        self.form = form
        uid = RecordUID(epoch: epoch)
        names = form.fields.names.mapValues { name in
            var word: [UInt8] = []
            RedisCommand.append(name.utf8, to: &word)
            return word
        }
    }

    /// The key that a record belongs to.
    mutating func key(_ record: LogRecord) -> String { stream(record).key }

    /// Appends one record's command.
    mutating func append(_ record: LogRecord, to out: inout [UInt8]) {
        let stream = stream(record)
        var words = 2 + (form.longest == nil ? 0 : 3) + 1 + stream.words
        for fact in [RecordFact.time, .stream, .uid, .message, .sequence] where names[fact] != nil { words += 2 }
        if names[.level] != nil, record.level != nil { words += 2 }
        if names[.flags] != nil, !record.flags.isEmpty { words += 2 }
        RedisCommand.appendHeader(words, to: &out)
        out.append(contentsOf: stream.start)
        add(to: &out) { _, value in
            Digits.append(record.sequence, to: &value)
            JSONText.append("-0", to: &value)
        }
        add(.time, to: &out) { encoder, value in encoder.timeText.append(record.time, as: .rfc3339, to: &value) }
        add(.stream, to: &out) { _, value in value.append(contentsOf: record.stream.rawValue.utf8) }
        if let level = record.level { add(.level, to: &out) { _, value in value.append(contentsOf: level.name.utf8) } }
        add(.sequence, to: &out) { _, value in Digits.append(record.sequence, to: &value) }
        add(.uid, to: &out) { encoder, value in encoder.uid.append(record, to: &value) }
        if !record.flags.isEmpty {
            add(.flags, to: &out) { _, value in value.append(contentsOf: record.flags.names.joined(separator: ",").utf8)
            }
        }
        out.append(contentsOf: stream.fields)
        if let name = names[.message] {
            out.append(contentsOf: name)
            RedisCommand.append(record.line, to: &out)
        }
    }

    private mutating func add(
        _ fact: RecordFact? = nil, to out: inout [UInt8], _ body: (inout RedisEncoder, inout [UInt8]) -> Void
    ) {
        if let fact {
            guard let name = names[fact] else { return }
            out.append(contentsOf: name)
        }
        var value = value
        self.value = []
        value.removeAll(keepingCapacity: true)
        body(&self, &value)
        RedisCommand.append(value, to: &out)
        self.value = value
    }

    private mutating func stream(_ record: LogRecord) -> Stream {
        if let stream = streams[record.source]?[record.stream] { return stream }
        let source = record.source
        let key = form.key.path(source, record.stream)
        var start: [UInt8] = []
        for word in ["XADD", key] + (form.longest.map { ["MAXLEN", "~", String($0)] } ?? []) {
            RedisCommand.append(word.utf8, to: &start)
        }
        let texts: [(RecordFact, String?)] = [
            (.project, source.project), (.service, source.service), (.replica, String(source.number)),
            (.name, source.name), (.container, source.container.rawValue),
            (.image, source.image.isEmpty ? nil : source.image),
        ]
        var words = texts.flatMap { fact, text -> [String] in
            guard let name = form.fields[fact], let text else { return [] }
            return [name, text]
        }
        if form.fields[.labels] != nil {
            for (label, text) in source.labels.sorted(by: { $0.key < $1.key }) { words += ["label.\(label)", text] }
        }
        var fields: [UInt8] = []
        for word in words { RedisCommand.append(word.utf8, to: &fields) }
        let stream = Stream(key: key, start: start, fields: fields, words: words.count)
        streams[source, default: [:]][record.stream] = stream
        return stream
    }
}
