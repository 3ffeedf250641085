package import EngineAPI
package import SinkAPI
import Synchronization

/// Shows records on the console.
package final class ConsoleSink: LogSink {
    /// How many bytes are handed to the writer at once: what a pipe holds, so that a slow reader is noticed soon.
    private static let chunkLength = 64 << 10
    /// Room for the line that a chunk ends with, as long as most are, so that the bytes are not moved for it.
    private static let lineRoom = 4 << 10

    private let formatter: Mutex<any RecordFormatter>
    private let writer: TerminalWriter
    private let separatesErrors: Bool
    private let notices: OutputStream

    /// - Parameter separatesErrors: whether lines from a container's standard error go to ours, as `up` does; `logs`
    ///   prints everything to the standard output.
    package convenience init(_ format: LogFormat, to writer: TerminalWriter, separatesErrors: Bool) {
        self.init(LogFormatter(format), to: writer, separatesErrors: separatesErrors, notices: .stdout)
    }

    /// - Parameter notices: where records with the flag `notice` go.
    package init(
        _ formatter: sending any RecordFormatter, to writer: TerminalWriter, separatesErrors: Bool,
        notices: OutputStream
    ) {
        self.formatter = Mutex(formatter)
        self.writer = writer
        self.separatesErrors = separatesErrors
        self.notices = notices
    }

    package func register(_ sources: [LogSource]) {
        formatter.withLock { formatter in
            for source in sources { formatter.register(source) }
        }
    }

    /// Throws ``OutputFailure`` when the console takes no more.
    package func write(_ records: [LogRecord]) async throws {
        var position = 0
        while position < records.count {
            let (bytes, end, stream) = formatter.withLock { formatted(records, from: position, &$0) }
            try await writer.write(bytes, lines: end - position, to: stream)
            position = end
        }
    }

    /// Prints a line about a source: `web-1 exited with code 0`.
    package func write(notice: String, about source: LogSource) async throws {
        let bytes = formatter.withLock { formatter in
            var bytes: [UInt8] = []
            formatter.append(notice: notice, about: source, to: &bytes)
            return bytes
        }
        try await writer.write(bytes, lines: 1, to: .stdout)
    }

    package func waitForFailure() async -> OutputFailure? { await writer.waitForFailure() }

    /// Returns when everything was written.
    package func flush() async throws { try await writer.flush() }

    /// The bytes of the records from `start` on that go to the same place, up to a chunk.
    private func formatted(
        _ records: [LogRecord], from start: Int, _ formatter: inout any RecordFormatter
    ) -> (bytes: [UInt8], end: Int, stream: OutputStream) {
        let stream = target(of: records[start])
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ConsoleSink.chunkLength + ConsoleSink.lineRoom)
        let end = formatter.append(records[start...], to: &bytes) { record, length in
            length < ConsoleSink.chunkLength && self.target(of: record) == stream
        }
        return (bytes, end, stream)
    }

    private func target(of record: LogRecord) -> OutputStream {
        if record.flags.contains(.notice) { return notices }
        return separatesErrors ? record.stream : .stdout
    }
}
