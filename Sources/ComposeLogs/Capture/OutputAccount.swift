import EngineAPI
import SinkAPI

/// Which lines of a container are known, so that each is taken once, however often and in which pieces it is read.
///
/// There are two ways to read. A *whole reading* gives everything that the engine keeps, in the order in which it was
/// written; what it has passed is known for good, and is the place where the next reading goes on. *Following* gives
/// lines as they are written. Where the engine drops nothing, that is a whole reading too. Where it drops old output
/// (``drops``), following may leave lines out and, with Engine 20.10, give lines twice; so what was followed is only
/// remembered, until a whole reading, an audit, has compared it with what is there.
///
/// Within a stream the engine's times rise, unless its clock is set back; lines of the two streams interleave.
struct OutputAccount {
    /// The engine is asked for this much more than is needed, in nanoseconds: what has the same time, or was written a
    /// little out of order, is told from what is new by its identity.
    static let guardTime: Int64 = 2_000_000_000
    /// The same where everything was followed to the end of the output, so that hardly anything can be behind it.
    static let endGuardTime: Int64 = 100_000_000

    /// Whether the engine drops old output.
    var drops: Bool
    /// Of the oldest line that was begun and not ended.
    var openTime: EngineTime?
    /// By ``index(_:)``.
    private var streams: [StreamAccount]
    private var followed = FollowedLines()
    /// Only for a container of which nothing is known: what is older is not wanted.
    private let floor: EngineTime?
    /// From a position that was kept: what lies behind it may have an earlier time than the places.
    private var kept: Int64?
    /// The latest time of a line that whole readings have passed, and the last line's.
    private var high = Int64.min
    private var lastTime = Int64.min
    /// Of a line that was followed and seemed old because the clock was set back, or because it was given again.
    private var lowest: Int64?
    /// What a whole reading comes to, if the engine still has it; nil once it has.
    private var anchor: Int64?
    /// When a whole reading has passed what was known when it began.
    private var resumption = Int64.min
    /// How many lines were given again, and how many an audit found.
    private(set) var duplicates = 0
    private(set) var repaired = 0

    init(place: OutputPlace? = nil, floor: EngineTime? = nil, drops: Bool = false) {
        self.drops = drops
        self.floor = floor
        streams = [StreamAccount(place: place?.stdout), StreamAccount(place: place?.stderr)]
        kept = place?.since
        high = [place?.stdout, place?.stderr].compactMap { $0?.high }.max() ?? .min
        lastTime = [place?.stdout, place?.stderr].compactMap { $0?.time }.max() ?? .min
    }

    private static func index(_ stream: OutputStream) -> Int { stream == .stdout ? 0 : 1 }

    /// Up to where whole readings have come in a stream.
    func place(of stream: OutputStream) -> StreamPlace? { streams[OutputAccount.index(stream)].place }

    private var latest: Int64? { streams.compactMap { $0.place?.time }.max() }

    /// The time from which on lines may be unknown; nil where nothing is known.
    private var frontier: Int64? {
        [resumption(of: streams.map(\.place)), lowest, openTime?.nanoseconds, kept].compactMap { $0 }.min()
    }

    /// From where on the engine has to be asked for what is behind these places, by what was read last: from the latest,
    /// as a stream that is silent is further back; where the clock was set back, times tell nothing of the order.
    func resumption(of places: [StreamPlace?]) -> Int64? {
        let times = places.compactMap { $0?.time }
        return isSetBack ? times.min() : times.max()
    }

    /// What is read from several tasks is out of order by far less.
    private var isSetBack: Bool { high > lastTime && high - lastTime > OutputAccount.guardTime / 2 }

    /// From where on the engine is to be asked.
    ///
    /// - Parameters:
    ///   - now: of our own clock: where the engine's was set back, so was ours, if they are on one host.
    ///   - guardTime: how much more is asked for.
    func since(now: EngineTime, guardTime: Int64 = guardTime) -> EngineTime? {
        guard let frontier else { return floor }
        return EngineTime(nanoseconds: min(frontier, now.nanoseconds) - guardTime)
    }

    /// Up to where an audit reads: what was followed. Nil where all is to be read.
    var auditEnd: EngineTime? {
        guard !followed.isEmpty, let frontier, let newest = streams.map(\.newest).max(), newest > frontier,
            lowest == nil, !isSetBack, !streams.contains(where: \.isBehind)
        else { return nil }
        return EngineTime(nanoseconds: newest + 1)
    }

    /// Whether so many lines are remembered that following has to wait for an audit.
    var isFull: Bool { followed.count >= AuditPolicy.mostRemembered }

    // MARK: Whole readings

    /// Begins a reading of everything from an instant on, which is ``since(now:)``.
    mutating func beginReading(since: EngineTime?) {
        for index in streams.indices { streams[index].beginReading(since: since?.nanoseconds ?? .min) }
        anchor = latest
        resumption = latest ?? .min
    }

    /// Takes lines of a whole reading: takes out those that are known, and marks those that were left out when they were
    /// followed.
    ///
    /// - Returns: what is lost before the first new line, where something is.
    mutating func read(_ records: inout [LogRecord]) -> LogGap? {
        var gap: LogGap?
        var new = Selected()
        for position in records.indices {
            let index = OutputAccount.index(records[position].stream)
            let step = streams[index].read(records[position])
            let time = records[position].time.nanoseconds
            guard case .new(let part) = step else {
                if case .anchor = step { anchor = nil }
                new.leaveOut(position)
                continue
            }
            if time >= resumption { kept = nil }
            lastTime = time
            high = max(high, time)
            // A line from before it is one that was held back when the place was noted.
            if let anchor, time > anchor {
                let count = followed.count(before: time)
                gap = LogGap(
                    from: anchor, to: time, read: count, reason: count == 0 ? LogGap.rotated : LogGap.unchecked)
                self.anchor = nil
            }
            let identity = drops ? LineIdentity.of(records[position], part: part) : nil
            streams[index].pass(records, at: position, part: part, identity: identity)
            if let identity, followed.meet(identity) {
                new.leaveOut(position)
            } else if drops, time <= streams[index].newest {
                records[position].flags.insert(.repaired)
                repaired += 1
            }
        }
        for index in streams.indices { streams[index].settle(records) }
        new.apply(to: &records)
        return gap
    }

    /// Ends a whole reading that came to its end.
    mutating func endReading() {
        anchor = nil
        lowest = nil
        followed.endAudit { streams[OutputAccount.index($0)].place?.time }
        if followed.isEmpty { for index in streams.indices { streams[index].forget() } }
    }

    // MARK: Following

    /// Begins following from ``since(now:)`` on.
    mutating func beginFollowing() {
        for index in streams.indices { streams[index].beginFollowing() }
    }

    /// Takes lines that were followed, where the engine drops old output: takes out those that are known.
    ///
    /// - Returns: whether lines may have been left out.
    mutating func follow(_ records: inout [LogRecord]) -> Bool {
        var isDoubtful = false
        var new = Selected()
        for position in records.indices {
            let record = records[position]
            let index = OutputAccount.index(record.stream)
            let time = record.time.nanoseconds
            let (step, isBackward) = streams[index].follow(record)
            if isBackward {
                isDoubtful = true
                lowest = min(lowest ?? time, time)
            }
            switch step {
            case .new(let identity):
                if anchorsOutput {
                    // Nothing is older: the first line is where the first audit begins.
                    streams[index].pass(records, at: position, part: 0, identity: identity)
                } else {
                    followed.append(identity, time: time, stream: record.stream)
                }
                streams[index].admit(time)
            case .unclear(let identity) where !followed.contains(identity):
                followed.append(identity, time: time, stream: record.stream)
                streams[index].admit(time)
            case .doubtful:
                isDoubtful = true
                new.leaveOut(position)
            case .unclear, .known:
                duplicates += 1
                new.leaveOut(position)
            }
        }
        new.apply(to: &records)
        return isDoubtful
    }

    private var anchorsOutput: Bool { followed.isEmpty && streams.allSatisfy { $0.place == nil } }
}

/// Which of a batch of records stay; costs nothing while all do.
private struct Selected {
    private var left: [Int] = []

    mutating func leaveOut(_ position: Int) { left.append(position) }

    func apply(to records: inout [LogRecord]) {
        guard !left.isEmpty else { return }
        guard left.count < records.count else {
            records = []
            return
        }
        var kept: [LogRecord] = []
        kept.reserveCapacity(records.count - left.count)
        var next = 0
        for position in records.indices {
            if next < left.count, left[next] == position { next += 1 } else { kept.append(records[position]) }
        }
        records = kept
    }
}
