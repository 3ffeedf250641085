import EngineAPI
import SinkAPI

/// Writes records as Forward's entries: `[EventTime, {fields}]`. Facts that a record has not are left out; a line's
/// bytes are sent as they are. The time is the entry's own, never a field.
struct RecordMessagePack {
    private let fields: RecordFields
    private var uid: RecordUID
    private var sources: [LogSource: Facts] = [:]
    private var current: (source: LogSource, facts: Facts)?
    private let keys: [RecordFact: [UInt8]]
    private var identifier: [UInt8] = []

    /// A source's part of the map.
    private struct Facts {
        var count = 0
        var bytes: [UInt8] = []
    }

    /// A writer for the records of one spool.
    init(_ fields: RecordFields, epoch: String) {
        self.fields = fields
        uid = RecordUID(epoch: epoch)
        keys = fields.names.mapValues { name in
            var key: [UInt8] = []
            MessagePack.appendString(name.utf8, to: &key)
            return key
        }
    }

    /// Appends one record.
    mutating func append(_ record: LogRecord, to out: inout [UInt8]) {
        if current?.source !== record.source { current = (record.source, facts(of: record.source)) }
        guard let facts = current?.facts else { return }
        MessagePack.appendArrayHeader(2, to: &out)
        MessagePack.appendEventTime(record.time, to: &out)
        var count = facts.count
        for fact in [RecordFact.stream, .sequence, .uid, .message] where keys[fact] != nil { count += 1 }
        if keys[.level] != nil, record.level != nil { count += 1 }
        if keys[.flags] != nil, !record.flags.isEmpty { count += 1 }
        MessagePack.appendMapHeader(count, to: &out)
        out.append(contentsOf: facts.bytes)
        if let key = keys[.stream] {
            out.append(contentsOf: key)
            MessagePack.appendString(record.stream.rawValue.utf8, to: &out)
        }
        if let key = keys[.level], let level = record.level {
            out.append(contentsOf: key)
            MessagePack.appendString(level.name.utf8, to: &out)
        }
        if let key = keys[.sequence] {
            out.append(contentsOf: key)
            MessagePack.append(record.sequence, to: &out)
        }
        if let key = keys[.uid] {
            out.append(contentsOf: key)
            identifier.removeAll(keepingCapacity: true)
            uid.append(record, to: &identifier)
            MessagePack.appendString(identifier, to: &out)
        }
        if let key = keys[.flags], !record.flags.isEmpty {
            out.append(contentsOf: key)
            MessagePack.appendArrayHeader(record.flags.names.count, to: &out)
            for name in record.flags.names { MessagePack.appendString(name.utf8, to: &out) }
        }
        if let key = keys[.message] {
            out.append(contentsOf: key)
            MessagePack.appendString(record.line, to: &out)
        }
    }

    private mutating func facts(of source: LogSource) -> Facts {
        if let facts = sources[source] { return facts }
        var facts = Facts()
        let texts: [(RecordFact, String?)] = [
            (.project, source.project), (.service, source.service), (.name, source.name),
            (.container, source.container.rawValue), (.image, source.image.isEmpty ? nil : source.image),
        ]
        for (fact, text) in texts {
            guard let key = keys[fact], let text else { continue }
            facts.count += 1
            facts.bytes += key
            MessagePack.appendString(text.utf8, to: &facts.bytes)
        }
        if let key = keys[.replica] {
            facts.count += 1
            facts.bytes += key
            MessagePack.append(UInt64(source.number), to: &facts.bytes)
        }
        if let key = keys[.labels], !source.labels.isEmpty {
            facts.count += 1
            facts.bytes += key
            MessagePack.appendMapHeader(source.labels.count, to: &facts.bytes)
            for (label, value) in source.labels.sorted(by: { $0.key < $1.key }) {
                MessagePack.appendString(label.utf8, to: &facts.bytes)
                MessagePack.appendString(value.utf8, to: &facts.bytes)
            }
        }
        sources[source] = facts
        return facts
    }
}
