import EngineAPI
import Glibc
import SinkAPI

/// `csv:PATH`: rows for a spreadsheet, each with the record's identifier, its time, service, stream and line.
enum CSVSinkKind: SinkKind {
    static let scheme = "csv"
    static let form = "csv:./logs.csv[?separator=;]"
    static let summary = "rows for a spreadsheet"

    static func make(_ location: SinkLocation) throws -> any Sink {
        var settings = location.settings
        let separator = settings.removeValue(forKey: "separator") ?? ","
        guard separator.utf8.count == 1, let byte = separator.utf8.first, byte != UInt8(ascii: "\"") else {
            throw SinkConfigurationError("\"separator\" is \"\(separator)\"; one character is needed, such as \";\"")
        }
        if let unknown = settings.keys.min() {
            throw SinkConfigurationError("\"\(unknown)\" is no setting of csv; there is \"separator\"")
        }
        guard !location.path.isEmpty else { throw SinkConfigurationError("a path is needed, as in \"\(form)\"") }
        return CSVSink(path: location.path, separator: byte)
    }
}

/// Appends each batch to a file, and acknowledges it when it is on the disk.
///
/// A batch that was written when the power failed, and not acknowledged, is written again: the first column tells.
actor CSVSink: Sink {
    // The order of rows is that of the lines, so one batch at a time.
    let limits = BatchLimits(window: 1)
    // Disks block, and the threads that tasks share must not.
    private let executor = BlockingExecutor(label: "csv")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let path: String
    private let separator: UInt8
    private var file: Int32?

    init(path: String, separator: UInt8) {
        self.path = path
        self.separator = separator
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        var rows: [UInt8] = []
        for record in batch.records {
            rows += Array(batch.uid(of: record).utf8) + [separator]
            rows += Array(record.time.rfc3339.utf8) + [separator]
            append(record.source.service.utf8, to: &rows)
            rows.append(separator)
            rows += Array(record.stream.rawValue.utf8) + [separator]
            append(record.line, to: &rows)
            rows += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
        }
        try write(rows, to: try opened())
        return [:]
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {
        _ = try opened()
        await step("\(path) can be written")
    }

    func shutDown() async {
        if let file { close(file) }
        file = nil
    }

    /// A field in quotes, with those in it doubled (RFC 4180, section 2).
    private func append(_ bytes: some Sequence<UInt8>, to rows: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        rows.append(quote)
        for byte in bytes {
            if byte == quote { rows.append(quote) }
            rows.append(byte)
        }
        rows.append(quote)
    }

    private func opened() throws -> Int32 {
        if let file { return file }
        let opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw failure("open") }
        file = opened
        return opened
    }

    /// All of the rows or, where the disk is full, none.
    private func write(_ rows: [UInt8], to file: Int32) throws {
        let start = lseek(file, 0, SEEK_END)
        var written = 0
        while written < rows.count {
            let count = rows.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            guard count >= 0 || errno == EINTR else {
                let failure = failure("write to")
                ftruncate(file, start)
                throw failure
            }
            written += max(0, count)
        }
        guard fdatasync(file) == 0 else { throw failure("write to") }
    }

    /// The shipper tries again until the disk has room and the folder exists; nothing is lost for that.
    private func failure(_ act: String) -> SinkFailure {
        .unavailable("could not \(act) \(path): \(String(cString: strerror(errno)))")
    }
}
