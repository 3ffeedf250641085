package import EngineAPI
package import SinkAPI

/// Where reading a container's kept output begins, or goes on after the connection broke or the container restarted.
///
/// Within a stream the engine's times never fall, so what is older than the stream's last line was seen, and of those
/// with the same time as many as were counted.
package struct ResumePoint: Sendable, Equatable {
    private struct Last: Sendable, Equatable {
        var time: EngineTime
        var count: Int
    }

    /// Only lines from this instant on.
    package var floor: EngineTime?
    /// Only lines before this instant.
    package var until: EngineTime?
    /// Only this many of the lines that are there; of no effect once a line was seen.
    package var tail: Int?
    private var last: [OutputStream: Last] = [:]
    /// How often each line with the last time is still to be skipped, in the reading that is under way.
    private var repeats: [OutputStream: Int] = [:]

    /// Lines that were seen without their times, to be skipped from the beginning on.
    private var uncounted: [OutputStream: Int] = [:]

    /// Begins behind the first lines of each stream, which were seen already.
    package init(skipping lines: [OutputStream: Int]) { uncounted = lines }

    package init(floor: EngineTime? = nil, until: EngineTime? = nil, tail: Int? = nil) {
        self.floor = floor
        self.until = until
        self.tail = tail
    }

    /// Whether no line was seen yet.
    package var isFresh: Bool { last.isEmpty }

    /// What to ask the engine for.
    package func options(follow: Bool) -> LogOptions {
        let seen = last.values.map(\.time).min()
        return LogOptions(
            follow: follow, tail: last.isEmpty ? tail : nil, timestamps: true, since: seen ?? floor, until: until)
    }

    /// Takes note that everything of a run was read, which ended at `time`: where nothing of it was wanted, the next
    /// run is wanted from its beginning.
    package mutating func endRun(at time: EngineTime?) {
        guard last.isEmpty, let tail else { return }
        if tail == 0, let time { floor = floor.map { max($0, time) } ?? time }
        self.tail = nil
    }

    /// Begins another reading with ``options(follow:)``.
    package mutating func begin() { repeats = last.mapValues(\.count) }

    /// Whether a record is new; it is counted then.
    package mutating func admits(_ record: LogRecord) -> Bool {
        if let left = uncounted[record.stream], left > 0 {
            uncounted[record.stream] = left - 1
            _ = admitsByTime(record)
            return false
        }
        return admitsByTime(record)
    }

    private mutating func admitsByTime(_ record: LogRecord) -> Bool {
        let time = record.time
        guard let seen = last[record.stream] else {
            last[record.stream] = Last(time: time, count: 1)
            return true
        }
        if time < seen.time { return repeats[record.stream] == nil }
        if time > seen.time {
            last[record.stream] = Last(time: time, count: 1)
            repeats[record.stream] = nil
            return true
        }
        if let left = repeats[record.stream], left > 0 {
            repeats[record.stream] = left - 1
            return false
        }
        last[record.stream]?.count += 1
        return true
    }
}
