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

/// A spool as the store of what containers send: each waits for its own line, so nothing is gathered.
struct ForwardedRecords: RecordStore {
    let spool: Spool

    func append(_ records: [LogRecord], positions: [CapturePosition]) async throws {
        let _: ClosedRange<UInt64>? = try await spool.append(records, positions: positions)
    }

    func position(of container: ContainerID) -> [UInt8]? { nil }

    func tails(since times: [ContainerID: EngineTime]) async throws -> [ContainerID: [RecordIdentity]] {
        try await spool.tails(since: times)
    }
}
