import EngineAPI
import SinkAPI

/// Merges batches of records from several sources by time; of equal times the source with the lower number comes first.
///
/// The records of one source keep their order, even where their times do not rise.
struct TimeMerge {
    private struct Cursor {
        let number: Int
        var records: [LogRecord]
        var position = 0
        var time: Int64

        init(_ number: Int, _ records: [LogRecord], after time: Int64) {
            self.number = number
            self.records = records
            self.time = time
            advance()
        }

        /// Reads the time of the record at the position; one from before the last stays where it is.
        mutating func advance() {
            if position < records.count { time = max(time, records[position].time.nanoseconds) }
        }

        static func precedes(_ left: Cursor, _ right: Cursor) -> Bool {
            (left.time, left.number) < (right.time, right.number)
        }
    }

    /// A heap: each cursor precedes those at twice its place and one or two more.
    private var heap: [Cursor] = []
    private var lastTimes: [Int: Int64] = [:]

    /// Adds a source's next batch, which must not be empty. The source must not have one already.
    mutating func add(_ records: [LogRecord], from number: Int) {
        heap.append(Cursor(number, records, after: lastTimes[number] ?? .min))
        var child = heap.count - 1
        while child > 0, Cursor.precedes(heap[child], heap[(child - 1) / 2]) {
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
            output.append(heap[0].records[heap[0].position])
            heap[0].position += 1
            guard heap[0].position < heap[0].records.count else {
                let number = heap[0].number
                lastTimes[number] = heap[0].time
                removeFirst()
                return number
            }
            heap[0].advance()
            sink()
        }
        return nil
    }

    var isEmpty: Bool { heap.isEmpty }

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
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && Cursor.precedes(heap[child], heap[least]) { least = child }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
