import EngineAPI
import SinkAPI

/// Records as an export request of OTLP logs (opentelemetry-proto, `logs/v1/logs.proto`): a resource for each source.
struct OTLPLogs {
    /// Which facts are sent, under which attributes; the time, the message and the level have fields of their own.
    struct Form: Sendable {
        var fields = RecordFields(
            RecordFact.allCases.filter { $0 != .sequence },
            renamed: [
                .project: "service.namespace", .service: "service.name", .replica: "gantry.replica",
                .name: "container.name", .container: "container.id", .image: "container.image.name",
                .stream: "log.iostream", .uid: "log.record.uid", .labels: "container.label", .flags: "gantry.flags",
                .sequence: "gantry.sequence",
            ])
        /// Attributes that all resources have.
        var constants: [String: String] = [:]
    }

    private let form: Form
    private var uid: RecordUID
    private var groups: [(source: LogSource, records: [LogRecord])] = []

    /// Takes in the records of a batch.
    init(_ batch: RecordBatch, form: Form) {
        self.form = form
        uid = RecordUID(epoch: batch.epoch)
        var places: [ObjectIdentifier: Int] = [:]
        for record in batch.records {
            let key = ObjectIdentifier(record.source)
            if let place = places[key] {
                groups[place].records.append(record)
            } else {
                places[key] = groups.count
                groups.append((record.source, [record]))
            }
        }
    }

    /// The request as protobuf.
    mutating func protobuf() -> [UInt8] {
        var request = ProtobufWriter()
        var (uid, scratch) = (uid, [UInt8]())
        for (source, records) in groups {
            let attributes = attributes(of: source)
            request.message(1) { group in
                group.message(1) { resource in
                    for (name, value) in attributes { resource.attribute(1, name.utf8, value.utf8) }
                }
                group.message(2) { scope in
                    scope.message(1) { $0.bytes(1, "gantry".utf8) }
                    for record in records {
                        scratch.removeAll(keepingCapacity: true)
                        uid.append(record, to: &scratch)
                        scope.message(2) { append(record, uid: scratch, to: &$0) }
                    }
                }
            }
        }
        return request.bytes
    }

    /// The request as JSON, with 64-bit numbers as text as its mapping demands.
    mutating func json() -> [UInt8] {
        var out = Array("{\"resourceLogs\":[".utf8)
        for (index, group) in groups.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            JSONText.append("{\"resource\":{\"attributes\":[", to: &out)
            var list = JSONAttributes()
            for (name, value) in attributes(of: group.source) { list.append(name, value.utf8, to: &out) }
            JSONText.append("]},\"scopeLogs\":[{\"scope\":{\"name\":\"gantry\"},\"logRecords\":[", to: &out)
            for record in group.records {
                append(record, to: &out)
                out.append(UInt8(ascii: ","))
            }
            out.removeLast()
            JSONText.append("]}]}", to: &out)
        }
        return out + "]}".utf8
    }

    private func attributes(of source: LogSource) -> [(String, String)] {
        var attributes = form.constants
        func add(_ fact: RecordFact, _ value: String?) {
            if let name = form.fields[fact], let value, !value.isEmpty { attributes[name] = value }
        }
        add(.project, source.project)
        add(.service, source.service)
        add(.replica, "\(source.number)")
        add(.name, source.name)
        add(.container, source.container.rawValue)
        add(.image, source.image)
        if let name = form.fields[.labels] {
            for (label, value) in source.labels { attributes["\(name).\(label)"] = value }
        }
        return attributes.sorted { $0.key < $1.key }
    }

    private func append(_ record: LogRecord, uid: [UInt8], to message: inout ProtobufWriter) {
        let time = UInt64(max(0, record.time.nanoseconds))
        message.fixed64(1, time)
        if let level = record.level, form.fields[.level] != nil {
            message.varint(2, level.severity)
            message.bytes(3, level.name.utf8)
        }
        var isWhole = true
        message.message(5) { isWhole = $0.text(1, record.line) }
        if let name = form.fields[.stream] { message.attribute(6, name.utf8, record.stream.rawValue.utf8) }
        if let name = form.fields[.uid] { message.attribute(6, name.utf8, uid) }
        if let name = form.fields[.sequence] { message.attribute(6, name.utf8, "\(record.sequence)".utf8) }
        if let name = form.fields[.flags], !record.flags.isEmpty {
            message.attribute(6, name.utf8, record.flags.names.joined(separator: ",").utf8)
        }
        if !isWhole { message.attribute(6, "invalid_utf8".utf8, "true".utf8) }
        // When it was observed: by the engine, so that a repeated request is the same.
        message.fixed64(11, time)
    }

    private mutating func append(_ record: LogRecord, to out: inout [UInt8]) {
        JSONText.append("{\"timeUnixNano\":\"", to: &out)
        Digits.append(record.time.nanoseconds, to: &out)
        JSONText.append("\",\"observedTimeUnixNano\":\"", to: &out)
        Digits.append(record.time.nanoseconds, to: &out)
        JSONText.append("\",", to: &out)
        if let level = record.level, form.fields[.level] != nil {
            JSONText.append("\"severityNumber\":", to: &out)
            Digits.append(level.severity, to: &out)
            JSONText.append(",\"severityText\":", to: &out)
            JSONText.appendString(level.name.utf8, to: &out)
            out.append(UInt8(ascii: ","))
        }
        JSONText.append("\"body\":{\"stringValue\":", to: &out)
        let isWhole = JSONText.appendString(record.line, to: &out)
        JSONText.append("},\"attributes\":[", to: &out)
        var attributes = JSONAttributes()
        if let name = form.fields[.stream] { attributes.append(name, record.stream.rawValue.utf8, to: &out) }
        if let name = form.fields[.uid] {
            var text: [UInt8] = []
            uid.append(record, to: &text)
            attributes.append(name, text, to: &out)
        }
        if let name = form.fields[.sequence] { attributes.append(name, "\(record.sequence)".utf8, to: &out) }
        if let name = form.fields[.flags], !record.flags.isEmpty {
            attributes.append(name, record.flags.names.joined(separator: ",").utf8, to: &out)
        }
        if !isWhole { attributes.append("invalid_utf8", "true".utf8, to: &out) }
        JSONText.append("]}", to: &out)
    }

    private struct JSONAttributes {
        private var isFirst = true

        mutating func append(_ name: String, _ value: some Sequence<UInt8>, to out: inout [UInt8]) {
            JSONText.append(isFirst ? "{\"key\":" : ",{\"key\":", to: &out)
            isFirst = false
            JSONText.appendString(name.utf8, to: &out)
            JSONText.append(",\"value\":{\"stringValue\":", to: &out)
            JSONText.appendString(value, to: &out)
            JSONText.append("}}", to: &out)
        }
    }
}

extension ProtobufWriter {
    /// An attribute whose value is text.
    fileprivate mutating func attribute(
        _ field: Int, _ name: some Collection<UInt8>, _ value: some Collection<UInt8>
    ) {
        message(field) { attribute in
            attribute.bytes(1, name)
            attribute.message(2) { $0.bytes(1, value) }
        }
    }
}

extension LogLevel {
    /// OpenTelemetry's number, as its data model maps syslog's (appendix B).
    fileprivate var severity: UInt64 {
        switch self {
        case .emergency: 21
        case .alert: 19
        case .critical: 18
        case .error: 17
        case .warning: 13
        case .notice: 10
        case .info: 9
        case .debug: 5
        }
    }
}
