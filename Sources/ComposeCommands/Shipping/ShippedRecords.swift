import ComposeLogs
import EngineAPI
import LogShipping
import LogSpool
import SinkAPI

/// A shipper as the store of captures.
struct ShippedRecords: RecordStore {
    let shipper: Shipper

    func append(_ records: [LogRecord], positions: [CapturePosition]) async throws {
        try await shipper.append(records, positions: positions)
        await shipper.flush()
    }

    func position(of container: ContainerID) -> [UInt8]? { shipper.spool.position(of: container) }

    func tails(since times: [ContainerID: EngineTime]) async throws -> [ContainerID: [RecordIdentity]] {
        await shipper.flush()
        return try await shipper.spool.tails(since: times)
    }
}
