import EngineAPI
import LogSpool
import SinkAPI

/// The last records of a stream that attachments gave. Their end is found by them in what the engine keeps, where the
/// same lines have other times.
struct AttachedTail {
    /// So many together hardly come twice, unless a container repeats itself.
    private static let length = 64

    private(set) var hashes: [UInt64] = []
    /// Of the first and of the last, by our clock.
    private var times: [Int64] = []

    var first: Int64? { times.first }
    var last: Int64? { times.last }

    mutating func note(_ identity: RecordIdentity) {
        if hashes.count == AttachedTail.length {
            hashes.removeFirst()
            times.removeFirst()
        }
        hashes.append(identity.hash)
        times.append(identity.time.nanoseconds)
    }

    /// Looks for the end of a tail in a reading of the stream.
    struct Search {
        private let tail: AttachedTail
        private var read: [UInt64] = []
        private var best: (length: Int, distance: UInt, place: StreamPlace)?

        init(for tail: AttachedTail) { self.tail = tail }

        /// The place of its last line; nil where the engine does not have it.
        var place: StreamPlace? { best?.place }

        /// Takes the next record, and the place behind which the next one begins.
        mutating func take(_ record: LogRecord, _ place: StreamPlace) {
            if read.count == AttachedTail.length { read.removeFirst() }
            read.append(RecordIdentity(record).hash)
            guard let last = tail.last, read.last == tail.hashes.last else { return }
            let length = zip(read.reversed(), tail.hashes.reversed()).prefix { $0 == $1 }.count
            // Less than what could be there is another place, where the last line came too.
            guard length == min(read.count, tail.hashes.count) else { return }
            let distance = last.distance(to: record.time.nanoseconds).magnitude
            // Of a container that repeats itself, the place with the nearest time.
            if let best, best.length > length || best.length == length && best.distance < distance { return }
            best = (length, distance, place)
        }
    }
}
