/// What becomes of the records that a sink has not acknowledged when the spool is full.
package enum FullSpoolPolicy: String, Sendable, Codable, CaseIterable {
    /// They stay, and nothing new is taken.
    case keep
    /// The oldest segment is dropped.
    case dropOldest = "drop_oldest"
    /// All of them are dropped.
    case evictSink = "evict_sink"
}

/// A sink, as far as it needs segments.
struct SinkClaim: Sendable, Equatable {
    var policy: FullSpoolPolicy
    var acknowledged: AcknowledgedRanges
    /// Batches whose bounds are fixed and that are not acknowledged, ascending.
    var intents: [ClosedRange<UInt64>] = []
    /// Records that it did not get because the spool had dropped them.
    var lost: UInt64 = 0
    /// What it did not get and has not acknowledged a notice of.
    var untold: SpoolGap?

    var through: UInt64 { acknowledged.through }

    mutating func acknowledge(_ range: ClosedRange<UInt64>) {
        acknowledged.insert(range)
        if let gap = untold, range.overlaps(gap.range) { untold = nil }
        intents.removeAll { $0.upperBound <= acknowledged.through }
    }

    /// Gives up everything before `end`.
    ///
    /// - Parameter count: how many records there are of it.
    mutating func giveUp(before end: UInt64, count: UInt64, _ cause: SpoolGap.Cause) {
        guard end > through + 1 else { return }
        lost += count
        let gap = SpoolGap(range: (untold?.range.lowerBound ?? through + 1)...end - 1, cause: untold?.cause ?? cause)
        acknowledge(through + 1...end - 1)
        untold = gap
    }
}

/// How a full spool makes room: one step, after which it looks again.
enum RoomDecision: Equatable {
    /// The oldest segment goes, and the sinks that had not acknowledged it lose it.
    case removeOldest(losers: Set<String>)
    /// These sinks lose all that they have not acknowledged.
    case evict(Set<String>)
    /// Nothing can go before a sink acknowledges more.
    case wait

    /// - Parameter sealed: the segments that are not written to any more, oldest first.
    init(sealed: ArraySlice<SegmentSummary>, claims: [String: SinkClaim]) {
        guard let oldest = sealed.first else {
            self = .wait
            return
        }
        let behind = claims.filter { $0.value.through + 1 < oldest.end }
        let evicted = behind.filter { $0.value.policy == .evictSink }
        if behind.contains(where: { $0.value.policy == .keep }) {
            self = .wait
        } else if !evicted.isEmpty {
            self = .evict(Set(evicted.keys))
        } else {
            self = .removeOldest(losers: Set(behind.keys))
        }
    }
}
