import EngineAPI
import LogProcessing
import SinkAPI

/// One stream's way through the stages, and up to where all of its lines have come out of them.
struct StagedStream {
    private var stages: RecordStages?
    /// Behind it may be lines that the stages hold back.
    private(set) var settled: StreamPlace?
    /// From when on the lines behind ``settled`` are; nil where nothing is held back.
    private(set) var heldSince: EngineTime?
    /// How long nothing came.
    var silence: Duration = .zero

    init(_ stages: [any RecordStage], settled: StreamPlace?) {
        self.stages = stages.isEmpty ? nil : RecordStages(stages)
        self.settled = settled
    }

    var isHolding: Bool { stages?.isHolding ?? false }
    /// Whether lines may ever be held back.
    var mayHold: Bool { stages?.mayHold ?? false }

    /// Passes records through.
    ///
    /// - Parameters:
    ///   - before: the place before them, where they are a single record: it may be the first of what is held back.
    ///   - after: the place behind them.
    /// - Returns: whether everything that was held back before has come out.
    @discardableResult
    mutating func take(
        _ records: consuming [LogRecord], before: StreamPlace?, after: StreamPlace?, into output: inout [LogRecord]
    ) -> Bool {
        guard stages != nil else {
            output.take(records)
            settled = after
            return true
        }
        guard let time = records.first?.time else { return !isHolding }
        let isSingle = records.count == 1
        silence = .zero
        let wasHolding = isHolding
        let count = output.count
        stages?.take(records, into: &output)
        let hasGiven = output.count > count
        if !isHolding {
            settled = after
            heldSince = nil
        } else if hasGiven, isSingle {
            settled = before
            heldSince = time
        } else if !wasHolding {
            heldSince = time
        }
        return hasGiven || !wasHolding || !isHolding
    }

    /// Ends what is held back.
    mutating func flush(place: StreamPlace?, into output: inout [LogRecord]) {
        stages?.flush(into: &output)
        settled = place
        heldSince = nil
    }

    /// Nothing is held back, and everything up to the place is known.
    mutating func move(to place: StreamPlace?) { if !isHolding { settled = place } }
}
