/// Where a sink begins that the spool does not know yet.
package enum SinkStart: Sendable {
    /// With the oldest record that is there.
    case oldest
    /// With the next one.
    case newest
}

/// What the spool knows of a sink that is registered.
package struct SinkRegistration: Sendable, Equatable {
    /// Everything up to here is acknowledged; reading goes on behind it.
    package let through: UInt64
    /// The batches that were under way, ascending: they are formed again with the same bounds, before any other.
    package let intents: [ClosedRange<UInt64>]
    /// What it has not acknowledged and the spool does not have any more, and no notice of it either; nil where nothing
    /// is missing. It may have been delivered, where the index is an older copy.
    package let missing: SpoolGap?
}
