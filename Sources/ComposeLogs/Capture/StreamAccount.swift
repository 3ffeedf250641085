import EngineAPI
import SinkAPI

/// Which lines of one stream are known; a part of ``OutputAccount``.
struct StreamAccount {
    /// The end of what whole readings have passed. Its identity is not there yet while ``last`` is.
    private var end: StreamPlace?
    private var last: (record: LogRecord, part: UInt32)?
    /// What the whole reading that is under way still has to come to: everything before it is known.
    private var target: StreamPlace?
    private var seen: UInt32 = 0
    private var parts = LineParts()
    private var followedParts = LineParts()
    /// The latest time of a line that was followed, and the last one's.
    private(set) var newest = Int64.min
    private(set) var lastFollowed = Int64.min

    init(place: StreamPlace?) { end = place }

    /// Up to where whole readings have come.
    var place: StreamPlace? {
        guard let last, var end else { return end }
        end.identity = LineIdentity.of(last.record, part: last.part)
        return end
    }

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
        settle()
        target = end.flatMap { $0.high < since && $0.high == $0.time ? nil : $0 }
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
    /// - Parameter identity: nil where nobody has asked for it yet.
    mutating func pass(_ record: LogRecord, part: UInt32, identity: UInt64?) {
        let time = record.time.nanoseconds
        if let end, end.time == time {
            settle()
            let identity = identity ?? LineIdentity.of(record, part: part)
            let count = self.end?.identity == identity ? end.count + 1 : 1
            self.end = StreamPlace(time: time, identity: identity, count: count, high: end.high)
        } else {
            end = StreamPlace(time: time, identity: identity ?? 0, high: max(time, end?.high ?? time))
            last = identity == nil ? (record, part) : nil
        }
    }

    /// Works out what was put off, so that no record is kept for it.
    mutating func settle() {
        end = place
        last = nil
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
        let known = end?.time ?? .min
        if time < known { return (.known, isBackward) }
        // Where the clock was set back, what is behind the end may also be from before, and given again.
        if let end, time > end.time, time <= end.high { return (.doubtful, isBackward) }
        let identity = LineIdentity.of(record, part: part)
        if time > known, time > newest { return (.new(identity), isBackward) }
        if time > known { return (.unclear(identity), isBackward) }
        settle()
        return (end?.identity == identity ? .known : .doubtful, isBackward)
    }

    /// A followed line was taken.
    mutating func admit(_ time: Int64) { newest = max(newest, time) }

    mutating func beginFollowing() {
        followedParts = LineParts()
        lastFollowed = .min
    }

    /// Nothing is remembered of what was followed before.
    mutating func forget() { newest = end?.time ?? .min }
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
