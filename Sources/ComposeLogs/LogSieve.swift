import EngineAPI
import LogProcessing
import SinkAPI

/// Takes the lines of one container that a query asks for out of all of them, with those that come along.
///
/// What is held back for coming along is bounded by the query, and given out with the line that asks for it.
struct LogSieve {
    private let query: LogQuery
    private var levels = LevelStage()
    /// The last lines that were not shown, at most as many as come along before another.
    private var held: [LogRecord] = []
    /// How many more lines come along after the last that was asked for.
    private var trailing = 0
    private var hasShown = false
    /// Whether lines were left out since the last that was shown.
    private var hasGap = false
    /// Of the line that indented ones belong to.
    private var lastLevels: [OutputStream: LogLevel] = [:]

    /// The line between two that do not follow one another.
    static let separator = Array("--".utf8)[...]

    init(_ query: LogQuery) { self.query = query }

    /// What is shown of these records, which follow those of the last call.
    mutating func take(_ records: [LogRecord]) -> [LogRecord] {
        var records = records
        let needsLevels = query.tellsLevels || query.level != nil
        let texts = records.map { TerminalText.withoutSequences($0.line) }
        if needsLevels { tellLevels(&records, texts) }
        guard query.selects else { return records }
        var shown: [LogRecord] = []
        for (record, text) in zip(records, texts) {
            let level = needsLevels ? levelInForce(record) : nil
            if query.asks(for: text, level: level) {
                show(record, &shown)
            } else if trailing > 0 {
                trailing -= 1
                shown.append(record)
            } else {
                hold(record)
            }
        }
        return shown
    }

    private mutating func show(_ record: LogRecord, _ shown: inout [LogRecord]) {
        if hasGap, hasShown, query.separates, query.before + query.after > 0 {
            let first = held.first ?? record
            shown.append(
                LogRecord(source: first.source, stream: first.stream, time: first.time, line: LogSieve.separator))
        }
        shown += held
        held.removeAll(keepingCapacity: true)
        shown.append(record)
        trailing = query.after
        hasShown = true
        hasGap = false
    }

    private mutating func hold(_ record: LogRecord) {
        guard query.before > 0 else {
            hasGap = true
            return
        }
        if held.count == query.before {
            held.removeFirst()
            hasGap = true
        }
        held.append(record)
    }

    // MARK: Levels

    private mutating func tellLevels(_ records: inout [LogRecord], _ texts: [ArraySlice<UInt8>]) {
        var plain = records
        for index in plain.indices { plain[index].line = texts[index] }
        var told: [LogRecord] = []
        told.reserveCapacity(records.count)
        levels.take(plain, into: &told)
        for index in records.indices { records[index].level = told[index].level }
    }

    /// A line without a level that is indented, such as one of a stack trace, goes with the line before it.
    private mutating func levelInForce(_ record: LogRecord) -> LogLevel? {
        if let level = record.level {
            lastLevels[record.stream] = level
            return level
        }
        guard let first = record.line.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") else {
            lastLevels[record.stream] = nil
            return nil
        }
        return lastLevels[record.stream]
    }
}
