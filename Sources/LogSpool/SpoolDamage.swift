/// A part of a segment that holds no records any more.
package struct SpoolDamage: Sendable, Equatable {
    let segment: SegmentName
    /// Positions in the segment's file; empty where the file, or its end, is gone.
    package var bytes: Range<Int>
    /// How many records were in it, as far as the sequences around it say.
    package var records: UInt64

    package var segmentName: String { segment.text }
}

/// What opening a spool found that was not as it should be.
package struct OpeningReport: Sendable, Equatable {
    /// Parts of segments, oldest first; of the first ones only, as many as ``SegmentCatalog/mostDamage``.
    package var damage: [SpoolDamage] = []
    package var damagedBytes = 0
    /// Records that were kept once and are gone: in damaged parts, and in segments that are missing.
    package var lostRecords: UInt64 = 0
    /// What a crash left behind the last record: it was cut off. Nobody had been told that it is kept.
    package var cutBytes = 0
    /// Where a damaged index was put. All records that are there are delivered again then.
    package var indexSetAside: String?

    package init() {}

    package var isClean: Bool { self == OpeningReport() }

    mutating func add(_ found: SpoolDamage) {
        damagedBytes += found.bytes.count
        lostRecords += found.records
        if damage.count < SegmentCatalog.mostDamage { damage.append(found) }
    }
}

/// Records that a reader does not get.
package struct SpoolGap: Sendable, Equatable {
    package enum Cause: String, Sendable, Equatable {
        /// The spool was full, and made room by dropping whole segments, or the sink's whole backlog.
        case dropped
        /// The disk did not give back what was written.
        case damaged
    }

    package let range: ClosedRange<UInt64>
    package let cause: Cause

    package var count: UInt64 { range.upperBound - range.lowerBound + 1 }
}
