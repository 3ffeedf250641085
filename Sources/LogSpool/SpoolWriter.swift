import EngineAPI
import SinkAPI

/// Takes records from all captures and commits them together.
actor SpoolWriter {
    private nonisolated let executor = BlockingExecutor(label: "gantry.spool.writer")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private struct Waiter {
        let range: ClosedRange<UInt64>
        let continuation: CheckedContinuation<ClosedRange<UInt64>, any Error>
    }

    private let folder: SpoolFolder
    private let catalog: SegmentCatalog
    private let checkpoints: Checkpoints
    private let positions: CapturePositions
    private let emergency: EmergencyFile
    private let options: SpoolOptions
    private let clock = ContinuousClock()

    private var segment: SegmentWriter
    /// The next line's sequence; one that was given out is not given out again, whatever became of the line.
    private var next: UInt64
    private var waiting: [Waiter] = []
    /// Become durable after the records in the buffer.
    private var pendingPositions: [CapturePosition] = []
    private var lastCommit: ContinuousClock.Instant?
    private var timer: Task<Void, Never>?
    private(set) var syncs = 0
    private(set) var syncTime: Duration = .zero
    private(set) var isOutOfSpace: Bool
    /// How many appends wait for room.
    private(set) var stalled = 0
    private var isClosed = false

    init(
        folder: SpoolFolder, files: any SpoolFiles, epoch: UInt32, next: UInt64, catalog: SegmentCatalog,
        checkpoints: Checkpoints, positions: CapturePositions, emergency: EmergencyFile, options: SpoolOptions
    ) {
        self.folder = folder
        self.catalog = catalog
        self.checkpoints = checkpoints
        self.positions = positions
        self.emergency = emergency
        self.options = options
        self.next = next
        segment = SegmentWriter(folder: folder, files: files, epoch: epoch)
        isOutOfSpace = !emergency.hold()
    }

    func append(_ records: [LogRecord], positions: [CapturePosition]) async throws -> ClosedRange<UInt64> {
        let size = try SegmentWriter.size(of: records)
        guard size <= options.largestAppend else {
            throw SpoolError.tooLarge(bytes: size, limit: options.largestAppend)
        }
        // While the disk is full no segment is written to, so all of them may go.
        if isOutOfSpace { _ = await checkpoints.makeRoomOnDisk(before: catalog.read(\.end)) }
        try await waitForRoom(size)
        // Nothing is awaited from here on to the encoding, so that the room is still there.
        if isOutOfSpace {
            guard emergency.hold() else { throw SpoolError.noSpace(folder: folder.path, needed: emergency.needed) }
            isOutOfSpace = false
        }
        if segment.size >= options.effectiveSegmentSize || segment.isFullOfSources {
            commit()
            segment.seal()
        }
        let range = next...next + UInt64(records.count) - 1
        segment.encode(records, from: next, previousEnd: catalog.read(\.end))
        next = range.upperBound + 1
        pendingPositions += positions
        return try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiter(range: range, continuation: continuation))
            if segment.pending >= options.commitSize { commit() } else { commitWhenDue() }
        }
    }

    private func waitForRoom(_ size: Int) async throws {
        stalled += 1
        defer { stalled -= 1 }
        while true {
            try Task.checkCancellation()
            guard !isClosed else { throw SpoolError.closed(folder: folder.path) }
            let (bytes, revision) = catalog.read { ($0.bytes, $0.revision) }
            let needed = segment.pending + size
            if bytes + needed <= options.bound { return }
            if await checkpoints.makeRoom(for: needed) { continue }
            try await catalog.wait { $0.revision != revision || $0.isClosed }
        }
    }

    // MARK: Committing

    /// Commits when the interval since the last commit is over; at once where it is, but behind all who wait to append.
    private func commitWhenDue() {
        guard timer == nil else { return }
        let due = lastCommit.map { $0 + options.commitInterval }
        timer = Task {
            if let due, due > clock.now { try? await Task.sleep(until: due, clock: clock) }
            if !Task.isCancelled { commit() }
        }
    }

    /// Makes everything durable that was appended; blocks until it is.
    func commit() {
        timer?.cancel()
        timer = nil
        guard !waiting.isEmpty else { return }
        let waiters = waiting
        waiting = []
        let start = clock.now
        lastCommit = start
        defer { syncTime += clock.now - start }
        do {
            guard let summary = try segment.commit() else { return }
            syncs += 1
            catalog.change { $0.update(summary) }
            note(pendingPositions)
            for waiter in waiters { waiter.continuation.resume(returning: waiter.range) }
        } catch {
            segment.abandon()
            if error.isFull {
                emergency.release()
                isOutOfSpace = true
            }
            let failure =
                error.isFull ? SpoolError.noSpace(folder: folder.path, needed: emergency.needed) : error.error
            for waiter in waiters { waiter.continuation.resume(throwing: failure) }
        }
        pendingPositions = []
    }

    private func note(_ positions: [CapturePosition]) {
        guard !positions.isEmpty else { return }
        self.positions.note(positions)
        Task { await checkpoints.commitLater() }
    }

    func close() {
        isClosed = true
        commit()
        segment.seal()
        catalog.change { $0.isClosed = true }
    }
}
