import SinkAPI

/// How a record is written as a line.
enum LineForm: String, CaseIterable, Sendable {
    /// As the container wrote it, with nothing added.
    case raw
    /// A JSON object; see ``RecordJSON``.
    case json
    /// `key=value` pairs; see ``RecordLogfmt``.
    case logfmt
}

/// Writes records as lines, each with a newline after it.
///
/// Settings: `format` (see ``LineForm``), and with `json` those of ``RecordJSONForm``, with `logfmt` `fields` and
/// `rename.FACT`.
struct LineEncoder {
    private enum Writer {
        case raw
        case json(RecordJSON)
        case logfmt(RecordLogfmt)
    }

    /// What the settings say, so that an encoder can be made for each spool.
    struct Form: Sendable {
        let line: LineForm
        let json: RecordJSONForm

        init(_ settings: inout SinkSettings, default form: LineForm) throws(SinkConfigurationError) {
            line = try settings.choice("format") ?? form
            json = line == .raw ? RecordJSONForm() : try RecordJSONForm(&settings)
        }
    }

    let form: Form
    private var epoch: String?
    private var writer = Writer.raw

    init(_ form: Form) { self.form = form }

    /// Appends the records of a batch. A raw line may hold newlines, where lines were joined.
    mutating func append(_ batch: RecordBatch, to out: inout [UInt8]) {
        prepare(batch.epoch)
        switch writer {
        case .raw:
            for index in batch.records.indices {
                out.append(contentsOf: batch.records[index].line)
                out.append(UInt8(ascii: "\n"))
            }
        case .json(var json):
            writer = .raw
            for index in batch.records.indices {
                json.append(batch.records[index], to: &out)
                out.append(UInt8(ascii: "\n"))
            }
            writer = .json(json)
        case .logfmt(var logfmt):
            writer = .raw
            for index in batch.records.indices {
                logfmt.append(batch.records[index], to: &out)
                out.append(UInt8(ascii: "\n"))
            }
            writer = .logfmt(logfmt)
        }
    }

    /// Appends one record of a spool of this epoch.
    mutating func append(_ record: LogRecord, epoch: String, to out: inout [UInt8]) {
        prepare(epoch)
        switch writer {
        case .raw: out.append(contentsOf: record.line)
        case .json(var json):
            writer = .raw
            json.append(record, to: &out)
            writer = .json(json)
        case .logfmt(var logfmt):
            writer = .raw
            logfmt.append(record, to: &out)
            writer = .logfmt(logfmt)
        }
        out.append(UInt8(ascii: "\n"))
    }

    private mutating func prepare(_ epoch: String) {
        guard self.epoch != epoch else { return }
        self.epoch = epoch
        writer =
            switch form.line {
            case .raw: .raw
            case .json: .json(RecordJSON(form.json, epoch: epoch))
            case .logfmt: .logfmt(RecordLogfmt(form.json.fields, epoch: epoch))
            }
    }
}
