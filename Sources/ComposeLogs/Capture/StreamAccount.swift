import EngineAPI
import SinkAPI

/// Which lines of one stream are known; a part of ``OutputAccount``.
struct StreamAccount {
    /// Up to where whole readings have come. Its identity is not there yet while ``last`` is, which says where the line
    /// is in the batch that is read.
    private(set) var place: StreamPlace?
    private var last: (position: Int, part: UInt32)?
    /// What the whole reading that is under way still has to come to: everything before it is known.
    private var target: StreamPlace?
    private var seen: UInt32 = 0
    private var parts = LineParts()
    private var followedParts = LineParts()
    /// The latest time of a line that was followed, and the last one's.
    private(set) var newest = Int64.min
    private(set) var lastFollowed = Int64.min

    init(place: StreamPlace?) { self.place = place }

    /// Whether the last line that was followed was no new one.
    var isBehind: Bool { lastFollowed < newest }

    enum Step {
        /// It was known before.
        case known
        /// It is the one before which everything is known.
        case anchor
        case new(part: UInt32)
    }

    /// - Parameter since: nothing older is read; what is all older is not waited for.
    mutating func beginReading(since: Int64) {
        target = place.flatMap { $0.high < since && $0.high == $0.time ? nil : $0 }
        seen = 0
        parts = LineParts()
    }

    /// Takes the next line of a whole reading.
    mutating func read(_ record: LogRecord) -> Step {
        let part = parts.count(record)
        guard let target else { return .new(part: part) }
        let time = record.time.nanoseconds
        guard time <= target.high else {
            self.target = nil
            return .new(part: part)
        }
        guard time == target.time, LineIdentity.of(record, part: part) == target.identity else { return .known }
        seen += 1
        if seen == target.count { self.target = nil }
        return .anchor
    }

    /// A whole reading has passed a line.
    ///
    /// - Parameter identity: nil where nobody has asked for it yet; ``settle(_:)`` has to follow then.
    mutating func pass(_ records: [LogRecord], at position: Int, part: UInt32, identity: UInt64?) {
        let time = records[position].time.nanoseconds
        if let place, place.time == time {
            settle(records)
            let identity = identity ?? LineIdentity.of(records[position], part: part)
            let count = self.place?.identity == identity ? place.count + 1 : 1
            self.place = StreamPlace(time: time, identity: identity, count: count, high: place.high)
        } else {
            place = StreamPlace(time: time, identity: identity ?? 0, high: max(time, place?.high ?? time))
            last = identity == nil ? (position, part) : nil
        }
    }

    /// Works out what was put off, at the end of a batch.
    mutating func settle(_ records: [LogRecord]) {
        guard let last else { return }
        place?.identity = LineIdentity.of(records[last.position], part: last.part)
        self.last = nil
    }

    /// What following a line comes to.
    enum Followed {
        case new(UInt64)
        /// It has to be looked for among those that were followed.
        case unclear(UInt64)
        case known
        /// Only an audit can tell.
        case doubtful
    }

    /// - Returns: what the line is, and whether the time went back with it.
    mutating func follow(_ record: LogRecord) -> (Followed, isBackward: Bool) {
        let time = record.time.nanoseconds
        let part = followedParts.count(record)
        let isBackward = time < lastFollowed
        lastFollowed = time
        let known = place?.time ?? .min
        if time < known { return (.known, isBackward) }
        // Where the clock was set back, what is behind the end may also be from before, and given again.
        if let place, time > place.time, time <= place.high { return (.doubtful, isBackward) }
        let identity = LineIdentity.of(record, part: part)
        if time > known, time > newest { return (.new(identity), isBackward) }
        if time > known { return (.unclear(identity), isBackward) }
        return (place?.identity == identity ? .known : .doubtful, isBackward)
    }

    /// A followed line was taken.
    mutating func admit(_ time: Int64) { newest = max(newest, time) }

    mutating func beginFollowing() {
        followedParts = LineParts()
        lastFollowed = .min
    }

    /// Nothing is remembered of what was followed before.
    mutating func forget() { newest = place?.time ?? .min }
}

/// Counts the parts of an endless line, which have one time.
private struct LineParts {
    private var time = Int64.min
    private var next: UInt32 = 0

    /// Which part of its line a record is, from 0.
    mutating func count(_ record: LogRecord) -> UInt32 {
        let part = record.time.nanoseconds == time ? next : 0
        time = record.time.nanoseconds
        next = record.flags.contains(.partial) ? part + 1 : 0
        return part
    }
}
