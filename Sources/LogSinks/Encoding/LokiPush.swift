import EngineAPI
import SinkAPI

/// What a Loki stream is known by, and what its entries carry besides: which facts are which.
struct LokiForm: Sendable {
    /// Facts that divide records into streams; few values each, since each set of values is a stream of its own.
    var labels: [RecordFact] = [.project, .service, .stream, .level]
    /// Labels that all streams have.
    var constants: [String: String] = [:]
    /// Facts that an entry carries as structured metadata.
    var metadata = RecordFields([.uid, .name, .replica, .flags])
    /// Longer lines are sent in parts. Loki's own bound is 256 KiB by default, and counts the metadata in.
    var longestLine = 254 << 10

    /// The stream's labels, sorted, without those that a record has not. `service_name` is what Loki's own tools look at.
    func labels(of record: LogRecord) -> [(String, String)] {
        var labels = constants
        labels["service_name"] = constants["service_name"] ?? record.source.service
        for fact in self.labels {
            guard let value = LokiForm.value(of: fact, in: record), !value.isEmpty else { continue }
            labels[fact.rawValue] = value
        }
        return labels.sorted { $0.key < $1.key }
    }

    /// A fact as text; nil for one that a record has not, or that is no label's.
    static func value(of fact: RecordFact, in record: LogRecord) -> String? {
        switch fact {
        case .project: record.source.project
        case .service: record.source.service
        case .replica: "\(record.source.number)"
        case .name: record.source.name
        case .container: record.source.container.rawValue
        case .image: record.source.image
        case .stream: record.stream.rawValue
        case .level: record.level?.name
        case .time, .sequence, .uid, .labels, .message, .flags: nil
        }
    }

    /// `{project="shop", service="web"}`, as Loki itself writes a stream: names sorted, values quoted as Go quotes them.
    static func text(_ labels: [(String, String)]) -> [UInt8] {
        var text = Array("{".utf8)
        for (name, value) in labels {
            if text.count > 1 { text += ", ".utf8 }
            text += "\(name)=".utf8
            // JSON's escapes are among Go's.
            JSONText.appendString(value.utf8, to: &text)
        }
        return text + "}".utf8
    }

    /// Whether Loki takes it for a label's name.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy { $0 == 95 || (48...57).contains($0) || (65...90).contains($0 & 0xDF) && $0 < 0x80 }
    }
}

/// A batch as a push: records of equal labels are one stream's.
struct LokiPush {
    private struct Key: Hashable {
        let source: ObjectIdentifier
        let stream: OutputStream
        let level: LogLevel?
    }

    private struct Stream {
        let labels: [(String, String)]
        /// What the source contributes to each entry's metadata.
        let metadata: [(String, String)]
        var protobuf = ProtobufWriter()
        var json: [UInt8] = []
        let encodedMetadata: [UInt8]
    }

    /// Each stream's labels as Loki writes them, and its records.
    private(set) var members: [(labels: String, records: [Int])] = []
    private let form: LokiForm
    private let isJSON: Bool
    private var streams: [Stream] = []
    private var places: [Key: Int] = [:]
    private var uid: RecordUID
    private var scratch: [UInt8] = []

    /// Takes in all records of a batch.
    init(_ batch: RecordBatch, form: LokiForm, isJSON: Bool) {
        self.form = form
        self.isJSON = isJSON
        uid = RecordUID(epoch: batch.epoch)
        var last: (key: Key, place: Int)?
        for (index, record) in batch.records.enumerated() {
            let key = Key(source: ObjectIdentifier(record.source), stream: record.stream, level: record.level)
            let place = last?.key == key ? last?.place ?? 0 : place(of: key, record)
            last = (key, place)
            members[place].records.append(index)
            append(record, to: place)
        }
    }

    /// The body: protobuf as a snappy block, or JSON.
    var body: [UInt8] {
        if isJSON {
            var out = Array("{\"streams\":[".utf8)
            for (index, stream) in streams.enumerated() {
                JSONText.append(index == 0 ? "{\"stream\":{" : ",{\"stream\":{", to: &out)
                LokiPush.appendMembers(stream.labels, to: &out)
                JSONText.append("},\"values\":[", to: &out)
                out += stream.json
                JSONText.append("]}", to: &out)
            }
            return out + "]}".utf8
        }
        var push = ProtobufWriter()
        for stream in streams {
            push.message(1) { message in
                message.bytes(1, LokiForm.text(stream.labels))
                message.append(stream.protobuf.bytes)
            }
        }
        return Snappy.block(push.bytes)
    }

    private mutating func place(of key: Key, _ record: LogRecord) -> Int {
        if let place = places[key] { return place }
        let labels = form.labels(of: record)
        var metadata: [(String, String)] = []
        for fact in RecordFact.allCases where fact.isOfSource {
            guard let name = form.metadata[fact] else { continue }
            if fact == .labels {
                for (label, value) in record.source.labels.sorted(by: { $0.key < $1.key }) {
                    metadata.append((LokiPush.metadataName(label), value))
                }
            } else if let value = LokiForm.value(of: fact, in: record), !value.isEmpty {
                metadata.append((name, value))
            }
        }
        var encoded = ProtobufWriter()
        for (name, value) in metadata { encoded.pair(name.utf8, value.utf8) }
        places[key] = streams.count
        streams.append(Stream(labels: labels, metadata: metadata, encodedMetadata: encoded.bytes))
        members.append((String(decoding: LokiForm.text(labels), as: UTF8.self), []))
        return streams.count - 1
    }

    private mutating func append(_ record: LogRecord, to place: Int) {
        // A line that is not UTF-8 can grow threefold by being repaired.
        guard record.line.count > form.longestLine / 3 else {
            append(record, line: record.line, part: nil, to: place)
            return
        }
        var repaired: [UInt8] = []
        let wasWhole = UTF8Bytes.appendRepaired(record.line, to: &repaired)
        let count = (repaired.count + form.longestLine - 1) / form.longestLine
        var rest = repaired[...]
        var part = 1
        while !rest.isEmpty {
            var end = min(rest.endIndex, rest.startIndex + form.longestLine)
            // No character is divided.
            while end < rest.endIndex, rest[end] & 0xC0 == 0x80 { end -= 1 }
            append(
                record, line: rest[..<end], part: count > 1 ? part : nil, isRepaired: !wasWhole,
                hasMore: end < rest.endIndex, to: place)
            rest = rest[end...]
            part += 1
        }
    }

    private mutating func append(
        _ record: LogRecord, line: ArraySlice<UInt8>, part: Int?, isRepaired: Bool = false, hasMore: Bool = false,
        to place: Int
    ) {
        scratch.removeAll(keepingCapacity: true)
        if form.metadata[.uid] != nil { uid.append(record, to: &scratch) }
        if isJSON {
            appendJSON(record, line: line, part: part, isRepaired: isRepaired, hasMore: hasMore, to: place)
            return
        }
        let nanoseconds = UInt64(max(0, record.time.nanoseconds))
        let (form, uid) = (form, scratch)
        let metadata = streams[place].encodedMetadata
        streams[place].protobuf.message(2) { entry in
            entry.message(1) { time in
                time.varint(1, nanoseconds / 1_000_000_000)
                time.varint(2, nanoseconds % 1_000_000_000)
            }
            let isWhole = entry.text(2, line) && !isRepaired
            if let name = form.metadata[.uid] { entry.pair(name.utf8, uid) }
            entry.append(metadata)
            for (name, value) in LokiPush.rareMetadata(
                record, form: form, isWhole: isWhole, part: part, hasMore: hasMore)
            {
                entry.pair(name.utf8, value.utf8)
            }
        }
    }

    private mutating func appendJSON(
        _ record: LogRecord, line: ArraySlice<UInt8>, part: Int?, isRepaired: Bool, hasMore: Bool, to place: Int
    ) {
        let (form, uid, metadata) = (form, scratch, streams[place].metadata)
        func write(_ out: inout [UInt8]) {
            JSONText.append(out.isEmpty ? "[\"" : ",[\"", to: &out)
            Digits.append(record.time.nanoseconds, to: &out)
            JSONText.append("\",", to: &out)
            let isWhole = JSONText.appendString(line, to: &out) && !isRepaired
            JSONText.append(",{", to: &out)
            var pairs = metadata
            if let name = form.metadata[.uid] { pairs.append((name, String(decoding: uid, as: UTF8.self))) }
            pairs += LokiPush.rareMetadata(record, form: form, isWhole: isWhole, part: part, hasMore: hasMore)
            LokiPush.appendMembers(pairs, to: &out)
            JSONText.append("}]", to: &out)
        }
        write(&streams[place].json)
    }

    /// What few entries have.
    private static func rareMetadata(
        _ record: LogRecord, form: LokiForm, isWhole: Bool, part: Int?, hasMore: Bool
    ) -> [(String, String)] {
        guard !isWhole || part != nil || !record.flags.isEmpty || form.metadata[.sequence] != nil else { return [] }
        var pairs: [(String, String)] = []
        if let name = form.metadata[.sequence] { pairs.append((name, "\(record.sequence)")) }
        if let name = form.metadata[.flags], !record.flags.isEmpty {
            pairs.append((name, record.flags.names.joined(separator: ",")))
        }
        if !isWhole { pairs.append(("invalid_utf8", "true")) }
        if let part { pairs.append(("part", hasMore ? "\(part)" : "\(part),last")) }
        return pairs
    }

    private static func appendMembers(_ pairs: [(String, String)], to out: inout [UInt8]) {
        for (index, (name, value)) in pairs.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            JSONText.appendString(name.utf8, to: &out)
            out.append(UInt8(ascii: ":"))
            JSONText.appendString(value.utf8, to: &out)
        }
    }

    /// A container label's name with what Loki takes in names.
    private static func metadataName(_ label: String) -> String {
        let name = String(label.unicodeScalars.map { LokiForm.isName("_\($0)") ? Character($0) : "_" })
        return LokiForm.isName(name) ? name : "_\(name)"
    }
}

extension ProtobufWriter {
    /// A pair of texts in field 3: an entry's structured metadata.
    fileprivate mutating func pair(_ name: String.UTF8View, _ value: some Collection<UInt8>) {
        message(3) { pair in
            pair.bytes(1, name)
            pair.bytes(2, value)
        }
    }
}
