package import SinkAPI

/// One step that a source's records go through before they are spooled.
///
/// What comes out depends on what went in and on nothing else: not on a clock, and not on how the records were cut into
/// calls. So a reading that is begun again gives the same records. A value is for one reading of one source; both its
/// streams go through it.
package protocol RecordStage: Sendable {
    /// Takes records in the order in which they were read, and appends to `out` what is finished.
    mutating func take(_ records: consuming [LogRecord], into out: inout [LogRecord])

    /// Appends what is held back, because nothing follows.
    mutating func flush(into out: inout [LogRecord])

    /// Whether something is held back that a later record may still change. While it is, a reading that is begun again
    /// must not begin behind it.
    var isHolding: Bool { get }

    /// Whether it may ever hold something back.
    var mayHold: Bool { get }
}

extension RecordStage {
    package mutating func flush(into out: inout [LogRecord]) {}

    package var isHolding: Bool { false }

    package var mayHold: Bool { false }
}

/// Stages one behind the other.
package struct RecordStages: RecordStage {
    private var stages: [any RecordStage]

    package init(_ stages: [any RecordStage]) { self.stages = stages }

    package mutating func take(_ records: consuming [LogRecord], into out: inout [LogRecord]) {
        pass(records, from: 0, into: &out)
    }

    package mutating func flush(into out: inout [LogRecord]) {
        for index in stages.indices {
            var flushed: [LogRecord] = []
            stages[index].flush(into: &flushed)
            if !flushed.isEmpty { pass(flushed, from: index + 1, into: &out) }
        }
    }

    package var isHolding: Bool { stages.contains { $0.isHolding } }

    package var mayHold: Bool { stages.contains { $0.mayHold } }

    private mutating func pass(_ records: consuming [LogRecord], from first: Int, into out: inout [LogRecord]) {
        guard first < stages.count else { return out.take(records) }
        var current = records
        for index in first..<stages.count - 1 {
            var next: [LogRecord] = []
            stages[index].take(consume current, into: &next)
            current = next
        }
        stages[stages.count - 1].take(consume current, into: &out)
    }
}

extension [LogRecord] {
    /// Appends records, without copying them where there are none yet.
    package mutating func take(_ records: consuming [LogRecord]) {
        if isEmpty { self = consume records } else { self += records }
    }
}
