import EngineAPI
import SinkAPI

/// Merges what several containers write by time, while they write it.
///
/// What was kept before the following began comes in its full order, as it does without following: a container that goes
/// on delivering is waited for. A line written since then waits at most ``window`` for earlier ones of other containers;
/// what comes later than that is shown when it comes. Where nobody else writes there is nobody to wait for.
struct FollowMerge {
    /// How long a line waits. An engine passes a line on within a few milliseconds, on a busy machine some tens; a person
    /// does not notice a tenth of a second.
    static let window: Int64 = 100_000_000

    private let beginning: EngineTime
    private var merge = TimeMerge()
    /// When each source's batch arrived.
    private var arrivals: [Int: EngineTime] = [:]
    /// The sources that have no lines here, and when they began or delivered last.
    private(set) var silent: [Int: EngineTime] = [:]

    /// - Parameter beginning: when the following began.
    init(beginning: EngineTime) { self.beginning = beginning }

    /// A source is going to deliver.
    mutating func began(_ number: Int, at now: EngineTime) { silent[number] = now }

    /// A silent source has nothing more to deliver.
    mutating func ended(_ number: Int) { silent[number] = nil }

    /// Takes the next batch of a silent source, which must not be empty, or one that stands for itself.
    mutating func add(_ records: [LogRecord], from number: Int, at now: EngineTime) {
        silent[number] = nil
        arrivals[number] = now
        merge.add(records, from: number)
    }

    /// What ``take(_:at:into:)`` waits for.
    enum Need: Equatable {
        /// Another batch of this source, or to be told that there is none.
        case batch(of: Int)
        /// A batch of a silent source; at this time it is done without.
        case time(EngineTime)
        /// Any batch.
        case anything
        /// `output` is full.
        case room
    }

    /// Moves records to `output`, at most `limit`, as far as they need not wait.
    mutating func take(_ limit: Int, at now: EngineTime, into output: inout [LogRecord]) -> Need {
        while let next = merge.first {
            guard output.count < limit else { return .room }
            if let release = release(of: next), now < release { return .time(release) }
            if let exhausted = merge.takeFirst(into: &output) {
                arrivals[exhausted] = nil
                return .batch(of: exhausted)
            }
        }
        return .anything
    }

    /// When a line is shown though silent sources might have earlier ones; nil where no source is silent.
    private func release(of next: (number: Int, time: EngineTime)) -> EngineTime? {
        guard let latest = silent.values.max() else { return nil }
        let arrival = arrivals[next.number] ?? next.time
        let own = min(next.time, arrival).nanoseconds
        // Who has not delivered for as long as that is quiet.
        let others = latest.nanoseconds
        guard next.time < beginning else {
            return EngineTime(nanoseconds: min(max(own, others), arrival.nanoseconds) + FollowMerge.window)
        }
        return EngineTime(nanoseconds: max(own, others) + FollowMerge.window)
    }
}
