import EngineAPI
import SinkAPI

/// The last records of a container, as text of a limited size.
struct OutputTail {
    private static let plain: [OutputStream: UInt8] = [.stdout: UInt8(ascii: "o"), .stderr: UInt8(ascii: "e")]
    /// Of a record without a newline: see `LogRecord.Flags`.
    private static let partial: [OutputStream: UInt8] = [.stdout: UInt8(ascii: "p"), .stderr: UInt8(ascii: "q")]
    private static let unterminated: [OutputStream: UInt8] = [.stdout: UInt8(ascii: "u"), .stderr: UInt8(ascii: "v")]

    private let longest: Int
    private var timestamps = TimestampWriter()
    private var text: [UInt8] = []

    init(longest: Int) { self.longest = longest }

    mutating func add(_ records: [LogRecord]) {
        for record in records {
            timestamps.append(record.time, to: &text)
            let letters =
                record.flags.contains(.partial)
                ? OutputTail.partial
                : record.flags.contains(.unterminated) ? OutputTail.unterminated : OutputTail.plain
            text += [UInt8(ascii: " "), letters[record.stream] ?? UInt8(ascii: "o"), UInt8(ascii: " ")]
            text += record.line
            text.append(UInt8(ascii: "\n"))
        }
        // Not at each line, because what stays is moved.
        if text.count > 2 * longest { text = Array(bytes) }
    }

    /// The last whole lines within the size.
    var bytes: ArraySlice<UInt8> {
        guard text.count > longest else { return text[...] }
        let tail = text.suffix(longest)
        guard let end = tail.firstIndex(of: UInt8(ascii: "\n")) else { return [] }
        return tail[(end + 1)...]
    }

    static func records(in text: ArraySlice<UInt8>, of source: LogSource) -> [LogRecord] {
        var timestamps = TimestampReader()
        return text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).compactMap { line in
            guard let (time, position) = timestamps.read(line), position + 2 <= line.endIndex else { return nil }
            let letter = line[position]
            func stream(_ letters: [OutputStream: UInt8]) -> OutputStream? { letters.first { $0.value == letter }?.key }
            let flags: LogRecord.Flags =
                stream(partial) != nil ? .partial : stream(unterminated) != nil ? .unterminated : []
            guard let stream = stream(plain) ?? stream(partial) ?? stream(unterminated) else { return nil }
            return LogRecord(source: source, stream: stream, time: time, line: line[(position + 2)...], flags: flags)
        }
    }
}
