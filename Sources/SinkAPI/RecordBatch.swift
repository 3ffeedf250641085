import EngineAPI

/// Records that are sent together: what one acknowledgement is for.
///
/// Its bounds are fixed before it is first sent, and kept, so that it is the same at every attempt, also after a crash:
/// a receiver that knows its ``id``, or the records' identifiers, can tell that it has it already.
public struct RecordBatch: Sendable, Equatable {
    /// What tells this spool's records from those of others that began anew: random, made with the spool.
    public let epoch: String
    /// Not empty, with rising sequences.
    public let records: [LogRecord]
    /// The positions in the spool that it covers; some may hold no record for this sink.
    public let range: ClosedRange<UInt64>

    /// A batch with these facts.
    public init(epoch: String, records: [LogRecord], range: ClosedRange<UInt64>) {
        self.epoch = epoch
        self.records = records
        self.range = range
    }

    /// The same at every attempt: `5f3c9a1e-1001-1500`.
    public var id: String { "\(epoch)-\(range.lowerBound)-\(range.upperBound)" }

    /// What names a record everywhere and for ever: `0123456789ab-5f3c9a1e-1001`.
    public func uid(of record: LogRecord) -> String {
        "\(record.source.container.rawValue.prefix(RecordBatch.identifierLength))-\(epoch)-\(record.sequence)"
    }

    /// How many digits of a container's identifier tell it from others, as the engine's own listings show it.
    private static let identifierLength = 12
}
