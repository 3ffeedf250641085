import SinkAPI

/// Writes records' identifiers (``RecordBatch/uid(of:)``) without a string for each.
struct RecordUID {
    private let epoch: String
    private var source: LogSource?
    /// `0123456789ab-5f3c9a1e-` of that source.
    private var prefix: [UInt8] = []

    /// Of records in a spool of this epoch.
    init(epoch: String) { self.epoch = epoch }

    /// Appends a record's identifier.
    mutating func append(_ record: LogRecord, to out: inout [UInt8]) {
        if source !== record.source {
            source = record.source
            // The batch knows the form; only the digits at its end differ from record to record.
            let whole = RecordBatch(epoch: epoch, records: [], range: 0...0).uid(of: record)
            prefix = Array(whole.utf8.dropLast(String(record.sequence).utf8.count))
        }
        out.append(contentsOf: prefix)
        Digits.append(record.sequence, to: &out)
    }
}
