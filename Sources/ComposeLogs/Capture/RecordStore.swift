package import EngineAPI
package import LogSpool
package import SinkAPI

/// Where captured records are kept for the sinks: the spool.
package protocol RecordStore: Sendable {
    /// Appends records and returns when they are durable; the positions become durable after them.
    func append(_ records: [LogRecord], positions: [CapturePosition]) async throws
    /// The position that was noted last for a container.
    func position(of container: ContainerID) -> [UInt8]?
    /// The identities of each container's records at or after its time, in the order in which they were appended.
    func tails(since times: [ContainerID: EngineTime]) async throws -> [ContainerID: [RecordIdentity]]
}

extension Spool: RecordStore {
    package func append(_ records: [LogRecord], positions: [CapturePosition]) async throws {
        let _: ClosedRange<UInt64>? = try await append(records, positions: positions)
    }
}
