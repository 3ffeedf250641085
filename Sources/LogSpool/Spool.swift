package import EngineAPI
package import SinkAPI

/// The durable queue between capture and sinks, in a folder of its own.
///
/// What was appended is there after a crash and a power cut, until every registered sink has acknowledged it. Each sink
/// reads at its own pace; what they do not take costs disk, up to a bound, and nothing else. Whoever opens it closes it.
package final class Spool: Sendable {
    /// What tells this spool's records from those of others that began anew.
    package let epoch: String
    /// What opening it found.
    package let report: OpeningReport

    private let folder: SpoolFolder
    private let catalog: SegmentCatalog
    private let positions: CapturePositions
    private let checkpoints: Checkpoints
    private let writer: SpoolWriter

    /// Opens the spool in `folder`, making it where it is missing; the folder above it must exist. Damage does not keep
    /// it from being opened: ``report`` says what was found.
    ///
    /// - Throws: ``SpoolError``: `inUse`, `newer`, `unusable`.
    package static func open(
        _ folder: String, options: SpoolOptions = SpoolOptions(), files: any SpoolFiles = SystemFiles()
    ) async throws -> Spool {
        try await onBlockingThread { try Spool(SpoolFolder(folder), options, files) }
    }

    private init(_ folder: SpoolFolder, _ options: SpoolOptions, _ files: any SpoolFiles) throws {
        self.folder = folder
        let index = try SpoolIndex(folder)
        let recovery = try SpoolRecovery(folder, files: files)
        var report = recovery.report
        report.indexSetAside = index.setAside
        self.report = report
        // The segments' names tell it best: there is one for each.
        let epoch = recovery.segments.last?.name.epoch ?? index.epoch ?? UInt32.random(in: 1...UInt32.max)
        var next = max(recovery.next, index.contents.next)
        for case let claim? in index.contents.claims.values {
            next = max(next, claim.through + 1, (claim.intents.last?.upperBound ?? 0) + 1)
        }
        // Without the index, a last segment that is gone leaves no trace; its sequences must not be used again.
        if index.epoch == nil, !recovery.segments.isEmpty { next += UInt64(options.segmentSize / RecordHeader.size) }
        if index.epoch != epoch { try index.begin(epoch: epoch, next: next) }
        self.epoch = SegmentName(first: 1, epoch: epoch).epochText
        catalog = SegmentCatalog(
            SegmentCatalog.Contents(
                segments: recovery.segments, end: recovery.segments.last?.end ?? next, damage: report.damage,
                damagedBytes: report.damagedBytes, lostRecords: report.lostRecords))
        positions = CapturePositions(index.contents.positions.compactMapValues { $0 })
        let emergency = EmergencyFile(folder: folder, size: options.emergencySize, files: files)
        checkpoints = Checkpoints(
            index: index, folder: folder, files: files, catalog: catalog, positions: positions, emergency: emergency,
            options: options)
        writer = SpoolWriter(
            folder: folder, files: files, epoch: epoch, next: next, catalog: catalog, checkpoints: checkpoints,
            positions: positions, emergency: emergency, options: options)
    }

    // MARK: Capture

    /// Appends records and returns their sequences when they are durable. One call for many records costs hardly more
    /// than for one, so callers gather what comes while an append is under way.
    ///
    /// It waits while the spool is full and a sink wants to keep what is there. Cancelled while it waits, it has appended
    /// nothing; later it goes on to its end.
    ///
    /// - Parameter positions: how far their containers are captured with these records; durable after them.
    /// - Returns: nil where there are no records.
    /// - Throws: ``SpoolError``; no record was appended then, and none may be counted on.
    @discardableResult
    package func append(
        _ records: [LogRecord], positions: [CapturePosition] = []
    ) async throws -> ClosedRange<UInt64>? {
        guard !records.isEmpty else {
            await note(positions)
            return nil
        }
        return try await writer.append(records, positions: positions)
    }

    /// Takes note of positions up to which there was nothing to append, or of containers that are gone.
    package func note(_ positions: [CapturePosition]) async {
        guard !positions.isEmpty else { return }
        self.positions.note(positions)
        await checkpoints.commitLater()
    }

    /// The position that was noted last for a container; after a restart the last durable one.
    package func position(of container: ContainerID) -> [UInt8]? { positions[container] }

    /// The identities of each container's records at or after its time, in the order in which they were spooled, as far
    /// as they are still there.
    package func tails(since times: [ContainerID: EngineTime]) async throws -> [ContainerID: [RecordIdentity]] {
        let (segments, folder) = (catalog.read(\.segments), folder)
        return try await onBlockingThread { try SpoolTail.identities(since: times, in: segments, folder) }
    }

    // MARK: Sinks

    /// Makes a sink known, durably: from now on records are kept until it has acknowledged them.
    ///
    /// - Parameter start: where it begins, if the spool does not know it yet.
    package func register(
        _ sink: String, from start: SinkStart, whenFull policy: FullSpoolPolicy = .keep
    ) async throws -> SinkRegistration {
        try await checkpoints.register(sink, from: start, policy: policy)
    }

    /// Forgets a sink, and what was kept for it alone.
    package func forget(_ sink: String) async throws { try await checkpoints.forget(sink) }

    /// The names of all sinks that records are kept for.
    package var sinks: Set<String> { get async { Set(await checkpoints.current.keys) } }

    /// A reader for a sink that begins behind what it has acknowledged.
    package func reader(for sink: String) async throws -> SpoolReader {
        guard let claim = await checkpoints.current[sink] else { throw SpoolError.unknownSink(sink) }
        return SpoolReader(sink: sink, through: claim.through, folder: folder, catalog: catalog)
    }

    /// Fixes the bounds of batches before they are first sent; durable when it returns.
    package func intend(_ sink: String, _ ranges: [ClosedRange<UInt64>]) async throws {
        try await checkpoints.intend(sink, ranges)
    }

    /// Takes note that a sink has a batch, in any order. It becomes durable a little later: after a crash in between the
    /// batch is delivered once more, with the same bounds.
    package func acknowledge(_ sink: String, _ range: ClosedRange<UInt64>) async throws {
        try await checkpoints.acknowledge(sink, range)
    }

    // MARK: All

    package var metrics: SpoolMetrics {
        get async {
            let contents = catalog.read { $0 }
            let claims = await checkpoints.current
            let backlogs = claims.sorted { $0.key < $1.key }.map { name, claim in
                SpoolMetrics.Backlog(
                    sink: name, through: claim.through, records: contents.end - min(contents.end, claim.through + 1),
                    bytes: contents.bytes(from: claim.through + 1), lost: claim.lost)
            }
            return SpoolMetrics(
                segments: contents.segments.count, bytes: contents.bytes,
                records: contents.segments.reduce(0) { $0 + $1.end - $1.first },
                oldest: contents.segments.compactMap(\.oldest).min(), last: contents.end - 1, backlogs: backlogs,
                syncs: await writer.syncs, syncTime: await writer.syncTime, indexCommits: await checkpoints.commits,
                indexFailure: await checkpoints.failure, stalledAppends: await writer.stalled,
                isOutOfSpace: await writer.isOutOfSpace, damagedBytes: contents.damagedBytes,
                damagedRecords: contents.lostRecords)
        }
    }

    /// Makes everything durable now: records, cursors and positions.
    package func flush() async throws {
        await writer.commit()
        try await checkpoints.commit()
    }

    /// Makes everything durable and ends; readers and appends that wait are turned away.
    package func close() async {
        await writer.close()
        await checkpoints.close()
        folder.unlock()
    }
}
