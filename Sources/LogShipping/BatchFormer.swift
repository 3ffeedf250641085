import EngineAPI
import LogProcessing
import LogSpool
import SinkAPI

/// Forms a sink's batches from what its reader gives: first those that were under way when the process ended, with the
/// same bounds, then new ones.
///
/// It holds one reading and one batch. Lines that are left of a chunk of which most was filtered out are copied, so that a
/// few of them do not keep the whole chunk in memory.
struct BatchFormer {
    enum Formed {
        /// - Parameter isIntended: its bounds are fixed already, or it holds a notice alone.
        case batch(RecordBatch, isIntended: Bool)
        /// The filter left nothing of these positions.
        case nothing(ClosedRange<UInt64>)
    }

    /// Between batches whose bounds are fixed so many positions are read at once: such a reading has no limit of bytes.
    private static let step: UInt64 = 256

    private let reader: SpoolReader
    private let limits: BatchLimits
    private let epoch: String
    private let departure: Departure
    private let now: @Sendable () -> EngineTime
    private var filter: RouteFilter
    private var intents: ArraySlice<ClosedRange<UInt64>>
    /// What was lost before reading begins, and is not told yet.
    private var missing: SpoolGap?
    /// What the filter dropped, to be told in batches of their own: others are the same whenever they are formed.
    private var notices: ArraySlice<LogRecord> = []
    /// Read and not in a batch yet, with notices in the place of gaps; and up to where that goes.
    private var pending: [LogRecord] = []
    private var taken = 0
    private var end: UInt64
    /// The first position that no batch covers yet.
    private var position: UInt64
    private var last: LogRecord?
    /// Records that the sink does not get, since ``takeLost()``.
    private var lost: UInt64

    init(
        reader: SpoolReader, registration: SinkRegistration, filter: RouteFilter, limits: BatchLimits, epoch: String,
        departure: Departure, now: @escaping @Sendable () -> EngineTime
    ) {
        self.reader = reader
        self.limits = limits
        self.epoch = epoch
        self.departure = departure
        self.now = now
        self.filter = filter
        intents = registration.intents[...]
        missing = registration.missing
        lost = registration.missing?.count ?? 0
        end = registration.through
        position = registration.through + 1
    }

    /// How many records the filter dropped, by cause.
    var dropped: [UInt64] { filter.dropped }

    mutating func takeLost() -> UInt64 {
        defer { lost = 0 }
        return lost
    }

    /// The next batch; waits until there is one.
    ///
    /// - Throws: what the reader throws. Nothing is lost then: the next call goes on.
    mutating func next() async throws -> Formed {
        if let gap = missing.take() {
            let notice = GapNotice.record(for: gap, before: nil, after: nil, now: now())
            return .batch(RecordBatch(epoch: epoch, records: [notice], range: gap.range), isIntended: true)
        }
        if let notice = notices.popFirst() {
            let range = notice.sequence...notice.sequence
            return .batch(RecordBatch(epoch: epoch, records: [notice], range: range), isIntended: true)
        }
        guard let intent = intents.first else { return try await form(through: nil) }
        guard position >= intent.lowerBound else {
            return try await form(through: min(position + BatchFormer.step, intent.lowerBound) - 1)
        }
        return try await form(again: intent)
    }

    // MARK: Forming

    /// A batch in the making.
    private struct Draft {
        var records: [LogRecord] = []
        var bytes = 0
        /// Where the records of the reading begin that is looked at, and how many bytes it had.
        var first = 0
        var read = 0

        func isFull(_ limits: BatchLimits) -> Bool { records.count >= limits.count || bytes >= limits.bytes }

        mutating func add(_ record: LogRecord) {
            records.append(record)
            bytes += record.line.count
        }

        /// Ends a reading: what is left of it goes into memory of its own where that is much less.
        mutating func settle() {
            let kept = (first..<records.count).reduce(0) { $0 + records[$1].line.count }
            if kept < read / 2 {
                var copy: [UInt8] = []
                copy.reserveCapacity(kept)
                for record in records[first...] { copy += record.line }
                var start = 0
                for index in first..<records.count {
                    let end = start + records[index].line.count
                    records[index].line = copy[start..<end]
                    start = end
                }
            }
            first = records.count
            read = 0
        }
    }

    /// A batch within the limits.
    ///
    /// - Parameter through: it goes no further, and waits for no company up to there.
    private mutating func form(through: UInt64?) async throws -> Formed {
        var draft = Draft()
        var departs: (due: Signal, timer: Task<Void, Never>?)?
        defer { departs?.timer?.cancel() }
        while true {
            takeAll(&draft)
            while taken < pending.count {
                let record = pending[taken]
                let overflows = draft.bytes + record.line.count > limits.bytes || draft.records.count >= limits.count
                if overflows, !draft.records.isEmpty { return finish(&draft, record.sequence - 1) }
                take(record, &draft)
            }
            draft.settle()
            if end >= position, draft.records.isEmpty || draft.isFull(limits) || end == through {
                return finish(&draft, end)
            }
            let limit = ReadLimit(
                bytes: limits.bytes - draft.bytes, count: limits.count - draft.records.count, through: through)
            if draft.records.isEmpty {
                take(try await reader.next(limit))
            } else {
                if departs == nil { departs = departure.begin(limits.age) }
                guard let due = departs?.due, let reading = await BatchFormer.next(reader, limit, before: due) else {
                    return finish(&draft, end)
                }
                take(reading)
            }
        }
    }

    /// The batch with these bounds, as it was.
    private mutating func form(again intent: ClosedRange<UInt64>) async throws -> Formed {
        while end < intent.upperBound, let reading = try await reader.next(ReadLimit(through: intent.upperBound)) {
            take(reading)
        }
        intents.removeFirst()
        var draft = Draft()
        while taken < pending.count, pending[taken].sequence <= intent.upperBound { take(pending[taken], &draft) }
        draft.settle()
        guard case .batch(let batch, _) = finish(&draft, intent.upperBound) else { return .nothing(intent) }
        // Where the spool has dropped its beginning it keeps its name.
        return .batch(RecordBatch(epoch: epoch, records: batch.records, range: intent), isIntended: true)
    }

    /// Takes what is read as it is, where the filter leaves nothing out: mostly it was read for one batch.
    private mutating func takeAll(_ draft: inout Draft) {
        guard filter.takesAll, taken == 0, draft.records.count + pending.count <= limits.count else { return }
        let bytes = pending.indices.reduce(0) { $0 + pending[$1].line.count }
        guard draft.bytes + bytes <= limits.bytes else { return }
        last = pending.last ?? last
        draft.records.take(pending)
        draft.bytes += bytes
        draft.read += bytes
        pending = []
    }

    private mutating func take(_ record: LogRecord, _ draft: inout Draft) {
        taken += 1
        draft.read += record.line.count
        last = record
        if record.source.container == GapNotice.container || filter.takes(record) { draft.add(record) }
    }

    private mutating func finish(_ draft: inout Draft, _ upper: UInt64) -> Formed {
        draft.settle()
        let range = position...max(position, upper)
        position = range.upperBound + 1
        notices += filter.notices()
        guard !draft.records.isEmpty else { return .nothing(range) }
        return .batch(RecordBatch(epoch: epoch, records: draft.records, range: range), isIntended: false)
    }

    // MARK: Reading

    private mutating func take(_ reading: SpoolReading?) {
        guard let reading else { return }
        var before = last
        if taken == pending.count { pending = [] } else { pending.removeFirst(taken) }
        taken = 0
        if reading.gaps.isEmpty {
            if pending.isEmpty { pending = reading.records } else { pending += reading.records }
        } else {
            var records = reading.records[...]
            for gap in reading.gaps {
                let ahead = records.prefix { $0.sequence < gap.range.lowerBound }
                pending += ahead
                records = records.dropFirst(ahead.count)
                before = ahead.last ?? before
                lost += gap.count
                pending.append(GapNotice.record(for: gap, before: before, after: records.first, now: now()))
            }
            pending += records
        }
        end = reading.range.upperBound
    }

    /// The next reading; nil where the batch is due before there is one, or there is none to be had: that is found again
    /// when the batch has left.
    private static func next(_ reader: SpoolReader, _ limit: ReadLimit, before due: Signal) async -> SpoolReading? {
        await withTaskGroup(of: SpoolReading?.self) { group in
            group.addTask { try? await reader.next(limit) }
            group.addTask {
                await due.wait()
                return nil
            }
            var reading: SpoolReading?
            for await result in group {
                // A reading may come in the moment in which the batch is due.
                reading = reading ?? result
                group.cancelAll()
            }
            return reading
        }
    }
}
