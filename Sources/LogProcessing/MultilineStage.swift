import EngineAPI
package import SinkAPI

/// Which lines belong together.
package struct MultilineRule: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A line that matches begins a record; others go on with the one before.
        case start(Pattern)
        /// A line that matches goes on with the record before; others begin one.
        case continuation(Pattern)
    }

    package var kind: Kind
    /// How much later than the line before it a line may be written, by the engine's clock, to go on with its record. Who
    /// reads containers waits longer than this before it takes a record for finished.
    package var timeout: Duration
    /// A record of more lines ends, and goes on in the next (``LogRecord/Flags/partial``): a stack trace has some hundreds.
    package var lines: Int
    /// The same for its bytes: receivers refuse records of a megabyte.
    package var bytes: Int

    package init(_ kind: Kind, timeout: Duration = .seconds(1), lines: Int = 1000, bytes: Int = 256 << 10) {
        self.kind = kind
        self.timeout = timeout
        self.lines = lines
        self.bytes = bytes
    }

    func begins(_ line: ArraySlice<UInt8>) -> Bool {
        switch kind {
        case .start(let pattern): pattern.matches(line)
        case .continuation(let pattern): !pattern.matches(line)
        }
    }
}

/// Joins the lines of one event, such as a stack trace, to one record: with newlines between them, and the first one's time.
///
/// Lines of different streams are never joined, and lines that were found by reading again are joined among themselves.
/// A notice passes at once and ends nothing.
package struct MultilineStage: RecordStage {
    private let rule: MultilineRule
    private let timeout: Int64
    /// By lane.
    private var events = [Event?](repeating: nil, count: LogRecord.lanes)

    package init(_ rule: MultilineRule) {
        self.rule = rule
        let (seconds, attoseconds) = rule.timeout.components
        timeout = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    package mutating func take(_ records: [LogRecord], into out: inout [LogRecord]) {
        for record in records {
            if record.flags.contains(.notice) {
                out.append(record)
                continue
            }
            let index = record.lane
            if events[index]?.take(record, rule, timeout) == true { continue }
            if let event = events[index].take() {
                out.append(event.record(isCut: event.goesOn(in: record, rule, timeout)))
            }
            events[index] = Event(record)
        }
    }

    package mutating func flush(into out: inout [LogRecord]) {
        for index in events.indices {
            if let event = events[index].take() { out.append(event.record(isCut: false)) }
        }
    }

    package var isHolding: Bool { events.contains { $0 != nil } }

    package var mayHold: Bool { true }
}

/// Lines that are one record.
private struct Event {
    private let first: LogRecord
    private var last: LogRecord
    /// All lines, once there are two.
    private var joined: [UInt8] = []
    private var lines = 1
    private var flags: LogRecord.Flags

    init(_ record: LogRecord) {
        first = record
        last = record
        flags = record.flags
    }

    private var size: Int { lines == 1 ? first.line.count : joined.count }

    /// Adds a line if it belongs here and there is room.
    mutating func take(_ record: LogRecord, _ rule: MultilineRule, _ timeout: Int64) -> Bool {
        guard isNear(record, timeout), belongs(record, rule), fits(record, rule) else { return false }
        if lines == 1 { joined = Array(first.line) }
        // A part of a line goes on in the next record without a newline.
        if !last.flags.contains(.partial) { joined.append(UInt8(ascii: "\n")) }
        joined += record.line
        lines += 1
        flags.formUnion(record.flags)
        last = record
        return true
    }

    /// Whether only the lack of room keeps a record from being taken.
    func goesOn(in record: LogRecord, _ rule: MultilineRule, _ timeout: Int64) -> Bool {
        !fits(record, rule) && isNear(record, timeout) && belongs(record, rule)
    }

    private func isNear(_ record: LogRecord, _ timeout: Int64) -> Bool {
        let (distance, isFar) = record.time.nanoseconds.subtractingReportingOverflow(last.time.nanoseconds)
        return !isFar && (0...timeout).contains(distance)
    }

    private func belongs(_ record: LogRecord, _ rule: MultilineRule) -> Bool {
        last.flags.contains(.partial) || !rule.begins(record.line)
    }

    private func fits(_ record: LogRecord, _ rule: MultilineRule) -> Bool {
        lines < rule.lines && size + record.line.count < rule.bytes
    }

    func record(isCut: Bool) -> LogRecord {
        guard lines > 1 || isCut else { return first }
        var record = first
        if lines > 1 { record.line = joined[...] }
        record.flags = flags.subtracting(.partial)
        if isCut || last.flags.contains(.partial) { record.flags.insert(.partial) }
        return record
    }
}
