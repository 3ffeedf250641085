import EngineAPI
import SinkAPI

/// What is known of a sink while its runner is at work.
struct SinkAccount: Sendable {
    /// Why it gets nothing at the moment.
    enum Trouble: Sendable, Equatable {
        case unavailable(String)
        case misconfigured(String)
    }

    private(set) var trouble: Trouble?
    /// Whether people were told of it.
    private var isReported = false
    private(set) var lastError: (reason: String, time: EngineTime)?
    private(set) var records: UInt64 = 0
    private(set) var bytes: UInt64 = 0
    private(set) var batches: UInt64 = 0
    private(set) var retries: UInt64 = 0
    var refused: UInt64 = 0
    var lost: UInt64 = 0
    var dropped: [UInt64] = []
    /// The times of the first and the last record of each batch under way, by its name.
    private var underWay: [String: (first: EngineTime, last: EngineTime)] = [:]
    private var newestAcknowledged: EngineTime?
    /// When nothing was under way last.
    private var caughtUp: EngineTime

    init(now: EngineTime) { caughtUp = now }

    var batchesUnderWay: Int { underWay.count }

    mutating func begin(_ batch: RecordBatch, now: EngineTime) {
        guard let first = batch.records.first, let last = batch.records.last else { return }
        if underWay.isEmpty { caughtUp = now }
        underWay[batch.id] = (first.time, last.time)
    }

    mutating func acknowledged(_ batch: RecordBatch, now: EngineTime) {
        if let times = underWay.removeValue(forKey: batch.id) {
            newestAcknowledged = max(newestAcknowledged ?? times.last, times.last)
        }
        batches += 1
        if underWay.isEmpty { caughtUp = now }
    }

    mutating func accepted(records: Int, bytes: Int) {
        self.records += UInt64(records)
        self.bytes += UInt64(bytes)
    }

    /// - Returns: whether people are to be told that it is well again.
    mutating func answered() -> Bool {
        trouble = nil
        defer { isReported = false }
        return isReported
    }

    /// - Returns: whether people are to be told: once, and not of an attempt that the next one makes good.
    mutating func failed(_ trouble: Trouble, now: EngineTime) -> Bool {
        retries += 1
        let tells: Bool
        switch (self.trouble, trouble) {
        case (.misconfigured, .misconfigured), (nil, .unavailable): tells = false
        case (.unavailable, .unavailable): tells = !isReported
        case (_, .misconfigured), (.misconfigured, _): tells = true
        }
        isReported = isReported || tells
        self.trouble = trouble
        switch trouble {
        case .unavailable(let reason), .misconfigured(let reason): lastError = (reason, now)
        }
        return tells
    }

    mutating func refused(_ count: Int, _ reason: String, now: EngineTime) {
        refused += UInt64(count)
        lastError = (reason, now)
    }

    /// How old the oldest record under way is, in seconds. Old records that a sink begins with are as old as the time that
    /// it had for them.
    func age(now: EngineTime) -> Double {
        guard let oldest = underWay.values.map(\.first).min() else { return 0 }
        return min(oldest.seconds(until: now), caughtUp.seconds(until: now))
    }

    /// How far what is acknowledged is behind the present, in seconds; 0 where nothing is under way.
    func lag(now: EngineTime) -> Double {
        guard !underWay.isEmpty, let newestAcknowledged else { return age(now: now) }
        return newestAcknowledged.seconds(until: now)
    }
}

extension EngineTime {
    /// 0 where the other is earlier.
    func seconds(until other: EngineTime) -> Double {
        max(0, Double(other.nanoseconds) - Double(nanoseconds)) / 1e9
    }
}
