/// Which positions a sink has acknowledged: all up to one, and some behind it.
struct AcknowledgedRanges: Sendable, Equatable {
    /// The highest position up to which all are acknowledged; 0 where none is.
    private(set) var through: UInt64
    /// Behind it, with others missing between; ascending, none touching the next.
    private(set) var ahead: [ClosedRange<UInt64>] = []

    init(through: UInt64 = 0) { self.through = through }

    /// Adds what is acknowledged, in any order; what was acknowledged before changes nothing.
    mutating func insert(_ range: ClosedRange<UInt64>) {
        guard range.upperBound > through else { return }
        var merged = max(range.lowerBound, through + 1)...range.upperBound
        ahead.removeAll { other in
            guard other.lowerBound <= merged.upperBound + 1, merged.lowerBound <= other.upperBound + 1 else {
                return false
            }
            merged = min(merged.lowerBound, other.lowerBound)...max(merged.upperBound, other.upperBound)
            return true
        }
        if merged.lowerBound == through + 1 {
            through = merged.upperBound
        } else {
            ahead.insert(merged, at: ahead.firstIndex { $0.lowerBound > merged.lowerBound } ?? ahead.count)
        }
    }
}
