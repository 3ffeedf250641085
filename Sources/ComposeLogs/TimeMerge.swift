import EngineAPI
import SinkAPI

/// Merges batches of records from several sources by time; of equal times the source with the lower number comes first.
///
/// The records of one source keep their order, even where their times do not rise.
struct TimeMerge {
    /// A source with a batch.
    private struct Entry {
        let number: Int
        /// Where its batch is.
        let slot: Int
        /// That of its next record, or of an earlier one where that was later.
        var time: Int64

        static func precedes(_ left: Entry, _ right: Entry) -> Bool {
            left.time < right.time || left.time == right.time && left.number < right.number
        }
    }

    /// A heap: each entry precedes those at twice its place and one or two more.
    private var heap: [Entry] = []
    /// Batches from their ends, so that the next record can be moved out.
    private var batches: [[LogRecord]] = []
    private var freeSlots: [Int] = []
    private var lastTimes: [Int: Int64] = [:]

    /// Adds a source's next batch, which must not be empty. The source must not have one already.
    mutating func add(_ records: consuming [LogRecord], from number: Int) {
        records.reverse()
        guard let first = records.last else { return }
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            batches[slot] = records
        } else {
            slot = batches.count
            batches.append(records)
        }
        heap.append(Entry(number: number, slot: slot, time: max(lastTimes[number] ?? .min, first.time.nanoseconds)))
        var child = heap.count - 1
        while child > 0, Entry.precedes(heap[child], heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Moves records to `output` in order, until a source's batch is used up, which then needs another, or `output`
    /// has `limit` records.
    ///
    /// - Returns: the source that needs another batch.
    mutating func take(_ limit: Int, into output: inout [LogRecord]) -> Int? {
        while !heap.isEmpty, output.count < limit {
            if let exhausted = takeFirst(into: &output) { return exhausted }
        }
        return nil
    }

    /// Moves the first record to `output`, where there is one.
    ///
    /// - Returns: its source where that needs another batch.
    mutating func takeFirst(into output: inout [LogRecord]) -> Int? {
        guard let first = heap.first, let record = batches[first.slot].popLast() else { return nil }
        output.append(record)
        guard let next = batches[first.slot].last?.time.nanoseconds else {
            lastTimes[first.number] = first.time
            batches[first.slot] = []
            freeSlots.append(first.slot)
            removeFirst()
            return first.number
        }
        if next > first.time {
            heap[0].time = next
            sink()
        }
        return nil
    }

    var isEmpty: Bool { heap.isEmpty }

    /// The source of the next record, and its time.
    var first: (number: Int, time: EngineTime)? {
        heap.first.map { ($0.number, EngineTime(nanoseconds: $0.time)) }
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        sink()
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in (2 * parent + 1)...(2 * parent + 2)
            where child < heap.count && Entry.precedes(heap[child], heap[least]) { least = child }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
