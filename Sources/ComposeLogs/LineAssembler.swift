package import EngineAPI
import Glibc
package import SinkAPI

/// Puts the pieces in which an engine delivers a container's output together to lines.
///
/// The engine cuts lines into pieces of 16 KiB that share the first one's time; a piece with another time begins another
/// line, even where the last one had no newline, as the `local` driver leaves it. A terminal's output comes without
/// frames, so that a piece may end anywhere, within a time too. The two streams are kept apart.
package struct LineAssembler {
    /// The longest line that is kept whole. A longer one is delivered in parts of about this size, so that a container
    /// that writes no newline fills no memory; a line of a mebibyte is no line for people any more.
    package static let longestLine = 1 << 20
    /// The longest piece that an engine makes of a line; a shorter one is a line's last.
    static let pieceSize = 16 << 10

    private var output: StreamLines
    private var errors: StreamLines

    /// - Parameters:
    ///   - hasTimes: whether the engine was asked to put its time before each line. Where it has none, a line gets that
    ///     of the line before it, or our own clock's.
    ///   - omitsTorn: whether a line is left out that the engine began and did not go on with, because somebody else
    ///     reads it whole.
    ///   - keepsReturns: whether a carriage return before the newline stays, for who shows the bytes as they are.
    package init(source: LogSource, hasTimes: Bool, omitsTorn: Bool = false, keepsReturns: Bool = false) {
        func lines(_ stream: OutputStream) -> StreamLines {
            StreamLines(
                source: source, stream: stream, hasTimes: hasTimes, omitsTorn: omitsTorn, keepsReturns: keepsReturns)
        }
        output = lines(.stdout)
        errors = lines(.stderr)
    }

    /// How many lines were left out.
    var torn: Int { output.torn + errors.torn }

    /// The time of the oldest line that is not finished.
    var openTime: EngineTime? { [output.openTime, errors.openTime].compactMap { $0 }.min() }

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
        output.flush(&records, .unterminated)
        errors.flush(&records, .unterminated)
        return records
    }
}

/// The lines of one stream.
private struct StreamLines {
    private struct Parts {
        let time: EngineTime
    }

    private let source: LogSource
    private let stream: OutputStream
    private let hasTimes: Bool
    private let omitsTorn: Bool
    private let keepsReturns: Bool
    private var timestamps = TimestampReader()
    /// What there is of an unfinished line: from its time on, or from where the part before it ended.
    private var pending: [UInt8] = []
    /// Whether parts of the unfinished line were delivered, and with which time.
    private var parts: Parts?
    /// Of the line before.
    private var lastTime: EngineTime?
    /// Whether the last piece of the unfinished line was as long as one can be.
    private var endsWithWholePiece = false
    private(set) var torn = 0

    init(source: LogSource, stream: OutputStream, hasTimes: Bool, omitsTorn: Bool, keepsReturns: Bool) {
        self.source = source
        self.stream = stream
        self.hasTimes = hasTimes
        self.omitsTorn = omitsTorn
        self.keepsReturns = keepsReturns
    }

    private var isInsideLine: Bool { !pending.isEmpty || parts != nil }

    var openTime: EngineTime? {
        guard isInsideLine else { return nil }
        var reader = timestamps
        return parts?.time ?? reader.read(pending[...])?.time ?? lastTime
    }

    mutating func take(_ bytes: ArraySlice<UInt8>, _ records: inout [LogRecord]) {
        if takeWhole(bytes, &records) { return }
        var rest = isInsideLine ? continuation(in: bytes, &records) : bytes
        while let newline = rest.firstNewline {
            if isInsideLine {
                pending += rest[..<newline]
                flush(&records)
            } else {
                emit(rest[..<newline], [], &records)
            }
            rest = rest[(newline + 1)...]
        }
        guard !rest.isEmpty else { return }
        var begin = rest.startIndex
        if !isInsideLine, hasTimes, let (_, end) = timestamps.read(rest) { begin = end }
        endsWithWholePiece = rest.endIndex - begin == LineAssembler.pieceSize
        pending += rest
        if pending.count >= LineAssembler.longestLine {
            let line = pending
            pending = []
            emit(line[...], .partial, &records)
        }
    }

    /// Takes a piece that is one line with its time, as nearly all are, without a copy; false where it is not.
    private mutating func takeWhole(_ bytes: ArraySlice<UInt8>, _ records: inout [LogRecord]) -> Bool {
        // A longer one may have times within it.
        guard hasTimes, !isInsideLine, bytes.count <= LineAssembler.pieceSize else { return false }
        let time = bytes.withUnsafeBytes { bytes -> EngineTime? in
            guard let base = bytes.baseAddress, let newline = memchr(base, 0x0A, bytes.count),
                UnsafeRawPointer(newline) - base == bytes.count - 1
            else { return nil }
            return timestamps.readFixed(bytes)
        }
        guard let time else { return false }
        var end = bytes.endIndex - 1
        let start = bytes.startIndex + TimestampReader.fixedLength + 1
        if !keepsReturns, end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        lastTime = time
        records.append(LogRecord(source: source, stream: stream, time: time, line: bytes[start..<end]))
        return true
    }

    mutating func flush(_ records: inout [LogRecord], _ flags: LogRecord.Flags = []) {
        guard isInsideLine else { return }
        let line = pending
        pending = []
        emit(line[...], flags, &records)
    }

    /// Ends the unfinished line because another begins: where its last piece was no line's last it is torn.
    private mutating func endLine(_ records: inout [LogRecord]) {
        // What was delivered of it has to be ended.
        guard omitsTorn, endsWithWholePiece, parts == nil else { return flush(&records) }
        pending = []
        parts = nil
        torn += 1
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
            endLine(&records)
            return bytes
        }
        if parts.time == time { return bytes[end...] }
        endLine(&records)
        return bytes
    }

    /// The text of a line without the times of its further pieces: a terminal's output has no frames between them.
    private func withoutTimes(within line: ArraySlice<UInt8>, _ time: EngineTime) -> ArraySlice<UInt8> {
        guard line.count > LineAssembler.pieceSize else { return line }
        var reader = timestamps
        var text: [UInt8] = []
        var rest = line
        while rest.count > LineAssembler.pieceSize {
            text += rest.prefix(LineAssembler.pieceSize)
            rest = rest.dropFirst(LineAssembler.pieceSize)
            if let (next, end) = reader.read(rest), next == time { rest = rest[end...] }
        }
        return (text + rest)[...]
    }

    private mutating func emit(
        _ text: ArraySlice<UInt8>, _ flags: LogRecord.Flags, _ records: inout [LogRecord]
    ) {
        var line = text
        let time: EngineTime
        if let parts {
            time = parts.time
        } else if !hasTimes {
            time = .now()
        } else if let (read, end) = timestamps.read(line) {
            time = read
            line = withoutTimes(within: line[end...], read)
        } else {
            time = lastTime ?? .now()
        }
        lastTime = time
        let isPartial = flags.contains(.partial)
        parts = isPartial ? Parts(time: time) : nil
        if !isPartial, !keepsReturns, line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        records.append(LogRecord(source: source, stream: stream, time: time, line: line, flags: flags))
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
