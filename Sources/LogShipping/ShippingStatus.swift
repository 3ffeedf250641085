import EngineAPI
import FoundationEssentials
import LogProcessing
import LogSpool
import SinkAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a shipper is at, for people and programs, also in other processes: it is written to a file in the spool's folder
/// every second.
package struct ShippingStatus: Sendable, Codable, Equatable {
    package struct Sink: Sendable, Codable, Equatable {
        package enum State: String, Sendable, Codable {
            case shipping, unavailable, misconfigured
        }

        package var name: String
        /// Its URL, without secrets.
        package var location: String
        package var state: State
        /// Why it is not shipping.
        package var reason: String?
        package var lastError: String?
        package var lastErrorTime: String?
        /// Everything up to here is acknowledged.
        package var through: UInt64
        package var backlogRecords: UInt64
        package var backlogBytes: Int
        /// Of the oldest record that was sent and is not acknowledged.
        package var backlogAgeSeconds: Double
        package var lagSeconds: Double
        /// Whether it is so far behind that people are to look.
        package var isBehind: Bool
        package var batchesUnderWay: Int
        /// Since the process began, as all that follows.
        package var deliveredRecords: UInt64
        package var deliveredBytes: UInt64
        package var batches: UInt64
        package var retries: UInt64
        package var deadLetters: UInt64
        /// By cause.
        package var dropped: [String: UInt64]
        /// Records that the spool did not have any more.
        package var lost: UInt64
    }

    package struct Spool: Sendable, Codable, Equatable {
        package var bytes: Int
        package var bound: Int
        package var records: UInt64
        package var last: UInt64
        package var isOutOfSpace: Bool
        /// Why cursors cannot be written.
        package var failure: String?
        package var syncs: Int
        package var syncSeconds: Double
        package var damagedRecords: UInt64
    }

    /// Of this form; it rises when something is renamed or removed.
    package var version = 1
    package var process: Int32
    /// When it was so. What is older than some seconds is of a process that is not at work any more.
    package var time: String
    package var spool: Spool
    package var sinks: [Sink]

    /// What the process that uses the spool in `folder` wrote last; nil where none did.
    ///
    /// - Throws: where the file cannot be read, or is none.
    package static func read(spool folder: String) throws -> ShippingStatus? {
        let path = file(folder)
        guard access(path, F_OK) == 0 else { return nil }
        return try JSONDecoder().decode(ShippingStatus.self, from: Data(contentsOf: URL(filePath: path)))
    }

    /// Writes it for others; blocks.
    func write(spool folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // The folder is its owner's alone. A status that a crash cuts is not worth a sync.
        try encoder.encode(self).write(to: URL(filePath: ShippingStatus.file(folder)), options: .atomic)
    }

    private static func file(_ folder: String) -> String { folder + "/status.json" }
}

extension ShippingStatus.Sink {
    init(_ plan: SinkPlan, _ account: SinkAccount, _ backlog: SpoolMetrics.Backlog?, isBehind: Bool, now: EngineTime) {
        name = plan.name
        location = plan.location.text
        switch account.trouble {
        case nil: (state, reason) = (.shipping, nil)
        case .unavailable(let text): (state, reason) = (.unavailable, text)
        case .misconfigured(let text): (state, reason) = (.misconfigured, text)
        }
        lastError = account.lastError?.reason
        lastErrorTime = account.lastError?.time.rfc3339
        through = backlog?.through ?? 0
        backlogRecords = backlog?.records ?? 0
        backlogBytes = backlog?.bytes ?? 0
        backlogAgeSeconds = account.age(now: now)
        lagSeconds = account.lag(now: now)
        self.isBehind = isBehind
        batchesUnderWay = account.batchesUnderWay
        (deliveredRecords, deliveredBytes) = (account.records, account.bytes)
        (batches, retries, deadLetters) = (account.batches, account.retries, account.refused)
        dropped = Dictionary(uniqueKeysWithValues: zip(DropCause.allCases.map(\.name), account.dropped))
        lost = account.lost
    }
}

extension ShippingStatus.Spool {
    init(_ metrics: SpoolMetrics, bound: Int) {
        bytes = metrics.bytes
        self.bound = bound
        records = metrics.records
        last = metrics.last
        isOutOfSpace = metrics.isOutOfSpace
        failure = metrics.indexFailure?.description
        syncs = metrics.syncs
        syncSeconds = metrics.syncTime / .seconds(1)
        damagedRecords = metrics.damagedRecords
    }
}
