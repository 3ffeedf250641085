package import EngineAPI

/// A spool's state in numbers.
package struct SpoolMetrics: Sendable, Equatable {
    package struct Backlog: Sendable, Equatable {
        package let sink: String
        /// Everything up to here is acknowledged.
        package let through: UInt64
        package let records: UInt64
        /// Of the segments' bytes; within a segment by its records' mean size.
        package let bytes: Int
        /// Records that it did not get, ever since it was registered.
        package let lost: UInt64
    }

    package let segments: Int
    package let bytes: Int
    package let records: UInt64
    /// The time of the oldest record that is there.
    package let oldest: EngineTime?
    /// The sequence of the last durable record; 0 where there was none.
    package let last: UInt64
    /// By the sinks' names.
    package let backlogs: [Backlog]
    package let syncs: Int
    /// In writing and syncing.
    package let syncTime: Duration
    package let indexCommits: Int
    /// Why the index cannot be written; nil while it can.
    package let indexFailure: SpoolError?
    /// Appends that wait for the spool to have room.
    package let stalledAppends: Int
    package let isOutOfSpace: Bool
    /// Of all segments since the spool was opened, and when it was.
    package let damagedBytes: Int
    package let damagedRecords: UInt64
}
