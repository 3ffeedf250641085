package import EngineAPI
import Glibc

/// Puts the pieces in which an engine delivers a container's output together to lines.
///
/// The engine cuts lines into pieces of 16 KiB that share the first one's time; a piece with another time begins another
/// line, even where the last one had no newline, as the `local` driver leaves it. A terminal's output comes without
/// frames, so that a piece may end anywhere, within a time too. The two streams are kept apart.
package struct LineAssembler {
    /// The longest line that is kept whole. A longer one is delivered in parts of about this size, so that a container
    /// that writes no newline fills no memory; a line of a mebibyte is no line for people any more.
    package static let longestLine = 1 << 20

    private var output: StreamLines
    private var errors: StreamLines

    /// - Parameter hasTimes: whether the engine was asked to put its time before each line.
    package init(source: LogSource, hasTimes: Bool) {
        output = StreamLines(source: source, stream: .stdout, hasTimes: hasTimes)
        errors = StreamLines(source: source, stream: .stderr, hasTimes: hasTimes)
    }

    /// The lines that `frames` complete, in order.
    package mutating func take(_ frames: [OutputFrame]) -> [LogRecord] {
        var records: [LogRecord] = []
        records.reserveCapacity(frames.count)
        for frame in frames {
            switch frame.stream {
            case .stdout: output.take(frame.bytes, &records)
            case .stderr: errors.take(frame.bytes, &records)
            }
        }
        return records
    }

    /// The lines that lack their newline at the end of the output.
    package mutating func finish() -> [LogRecord] {
        var records: [LogRecord] = []
        output.flush(&records)
        errors.flush(&records)
        return records
    }
}

/// The lines of one stream.
private struct StreamLines {
    private struct Parts {
        let time: EngineTime?
    }

    private let source: LogSource
    private let stream: OutputStream
    private let hasTimes: Bool
    private var timestamps = TimestampReader()
    /// What there is of an unfinished line: from its time on, or from where the part before it ended.
    private var pending: [UInt8] = []
    /// Whether parts of the unfinished line were delivered, and with which time.
    private var parts: Parts?

    init(source: LogSource, stream: OutputStream, hasTimes: Bool) {
        self.source = source
        self.stream = stream
        self.hasTimes = hasTimes
    }

    private var isInsideLine: Bool { !pending.isEmpty || parts != nil }

    mutating func take(_ bytes: ArraySlice<UInt8>, _ records: inout [LogRecord]) {
        var rest = isInsideLine ? continuation(in: bytes, &records) : bytes
        while let newline = rest.firstNewline {
            if isInsideLine {
                pending += rest[..<newline]
                flush(&records)
            } else {
                emit(rest[..<newline], isPartial: false, &records)
            }
            rest = rest[(newline + 1)...]
        }
        guard !rest.isEmpty else { return }
        pending += rest
        if pending.count >= LineAssembler.longestLine {
            let line = pending
            pending = []
            emit(line[...], isPartial: true, &records)
        }
    }

    mutating func flush(_ records: inout [LogRecord]) {
        guard isInsideLine else { return }
        let line = pending
        pending = []
        emit(line[...], isPartial: false, &records)
    }

    /// What of a piece belongs to the unfinished line: without its time where it repeats the line's. Where it has
    /// another one the line is ended, and the piece begins the next.
    private mutating func continuation(
        in bytes: ArraySlice<UInt8>, _ records: inout [LogRecord]
    ) -> ArraySlice<UInt8> {
        guard hasTimes, let (time, end) = timestamps.read(bytes) else { return bytes }
        guard let parts else {
            // Nothing but a beginning of a time, or a time alone: a terminal's line, cut before its text begins, which
            // may begin with a time of its own.
            guard let begun = timestamps.read(pending[...]), begun.end < pending.endIndex else { return bytes }
            if begun.time == time { return bytes[end...] }
            flush(&records)
            return bytes
        }
        if parts.time == time { return bytes[end...] }
        flush(&records)
        return bytes
    }

    private mutating func emit(_ text: ArraySlice<UInt8>, isPartial: Bool, _ records: inout [LogRecord]) {
        var line = text
        var time: EngineTime?
        if let parts {
            time = parts.time
        } else if hasTimes, let (read, end) = timestamps.read(line) {
            time = read
            line = line[end...]
        }
        parts = isPartial ? Parts(time: time) : nil
        if !isPartial, line.last == UInt8(ascii: "\r") { line.removeLast() }
        records.append(LogRecord(source: source, stream: stream, time: time, line: line, isPartial: isPartial))
    }
}

extension ArraySlice<UInt8> {
    /// By `memchr(3)`, which looks at many bytes at once; most of the work on a line is to find its end.
    fileprivate var firstNewline: Int? {
        withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let found = memchr(base, 0x0A, bytes.count) else { return nil }
            return startIndex + (UnsafeRawPointer(found) - base)
        }
    }
}
