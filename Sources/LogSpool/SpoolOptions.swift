/// The sizes and times of a spool.
package struct SpoolOptions: Sendable {
    /// When a segment is full. Room is freed by whole segments: small ones free it in small steps, large ones need few
    /// files; a sixteenth of the default bound does both.
    package var segmentSize = 64 << 20
    /// Of all segments together: hours of a busy stack's output, and a size that a disk can spare.
    package var bound = 1 << 30
    /// The least time between two commits, whoever waits for them: what is lost to a disk that syncs 50 times a second
    /// is nothing, and people do not notice the delay.
    package var commitInterval: Duration = .milliseconds(20)
    /// So many bytes are committed at once: the write takes longer than the sync then, so waiting for more gains nothing.
    package var commitSize = 512 << 10
    /// How often cursors and positions are committed. What is lost of them in a crash is read or sent again and known
    /// again, so seldom is enough; a few times a second keeps that little.
    package var checkpointInterval: Duration = .milliseconds(250)
    /// Acknowledged segments stay while newer ones hold less than this, as far as bound and disk allow: a capture that
    /// begins again knows by them what it has already. Of a container whose output is rotated that is all since its last
    /// audit, which is up to a quarter of what the engine keeps of it, 25 MiB by default.
    package var keptTail = 64 << 20
    /// What is set aside for cursors on a full disk: they and SQLite's log take far less.
    package var emergencySize = 16 << 20

    package init() {}

    /// At least eight segments fit, so that freeing one leaves the most.
    var effectiveSegmentSize: Int { max(1, min(segmentSize, bound / 8)) }
    /// Capture hands over a megabyte or so at a time; more than this is a mistake, and must not take all memory.
    var largestAppend: Int { min(8 << 20, bound / 4) }
}
