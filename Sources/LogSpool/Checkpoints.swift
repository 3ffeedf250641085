import EngineAPI
import SinkAPI

/// Commits what sinks have acknowledged, which batches are under way, and how far capture is; and removes the segments
/// that nobody needs any more.
actor Checkpoints {
    private nonisolated let executor = BlockingExecutor(label: "gantry.spool.checkpoints")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let index: SpoolIndex
    private let folder: SpoolFolder
    private let files: any SpoolFiles
    private let catalog: SegmentCatalog
    private let positions: CapturePositions
    private let emergency: EmergencyFile
    private let options: SpoolOptions

    private var claims: [String: SinkClaim]
    /// Names whose claims, or whose absence, are to be committed.
    private var changed: Set<String> = []
    /// As committed: only what is acknowledged for ever may be removed.
    private var committed: [String: UInt64]
    private var timer: Task<Void, Never>?
    /// Who waits for a commit that is to begin as soon as everybody who asked has been heard.
    private var waiting: [CheckedContinuation<Void, any Error>] = []
    private(set) var commits = 0
    /// Why the last commit failed; nil where it did not.
    private(set) var failure: SpoolError?

    init(
        index: SpoolIndex, folder: SpoolFolder, files: any SpoolFiles, catalog: SegmentCatalog,
        positions: CapturePositions, emergency: EmergencyFile, options: SpoolOptions
    ) {
        self.index = index
        self.folder = folder
        self.files = files
        self.catalog = catalog
        self.positions = positions
        self.emergency = emergency
        self.options = options
        claims = index.contents.claims.compactMapValues { $0 }
        committed = claims.mapValues(\.through)
    }

    // MARK: Sinks

    func register(_ name: String, from start: SinkStart, policy: FullSpoolPolicy) async throws -> SinkRegistration {
        let (oldest, end) = catalog.read { ($0.segments.first, $0.end) }
        var claim = claims[name]
        if claim == nil {
            let through = start == .newest ? end - 1 : (oldest?.first ?? end) - 1
            claim = SinkClaim(policy: policy, acknowledged: AcknowledgedRanges(through: through))
        }
        guard var claim else { throw SpoolError.unknownSink(name) }
        claim.policy = policy
        // An older copy of the index, or segments that are gone.
        let available = oldest?.previousEnd ?? end
        if claim.through + 1 < available {
            claim.giveUp(before: available, count: available - 1 - claim.through, .damaged)
        }
        claims[name] = claim
        changed.insert(name)
        try await commitSoon()
        return SinkRegistration(through: claim.through, intents: claim.intents, missing: claim.untold)
    }

    func forget(_ name: String) async throws {
        claims[name] = nil
        changed.insert(name)
        try await commitSoon()
    }

    func intend(_ name: String, _ ranges: [ClosedRange<UInt64>]) async throws {
        guard var claim = claims[name] else { throw SpoolError.unknownSink(name) }
        let new = ranges.filter { $0.upperBound > claim.through && !claim.intents.contains($0) }
        guard !new.isEmpty else { return }
        claim.intents = (claim.intents + new).sorted { $0.lowerBound < $1.lowerBound }
        claims[name] = claim
        changed.insert(name)
        try await commitSoon()
    }

    func acknowledge(_ name: String, _ range: ClosedRange<UInt64>) throws {
        guard var claim = claims[name] else { throw SpoolError.unknownSink(name) }
        claim.acknowledge(range)
        guard claim != claims[name] else { return }
        let hasMoved = claim.through != claims[name]?.through || claim.untold != claims[name]?.untold
        claims[name] = claim
        if hasMoved {
            changed.insert(name)
            commitLater()
        }
    }

    var current: [String: SinkClaim] { claims }

    // MARK: Committing

    /// Commits with the next tick.
    func commitLater() {
        guard timer == nil else { return }
        timer = Task { [weak self, options] in
            guard (try? await Task.sleep(for: options.checkpointInterval)) != nil else { return }
            await self?.tick()
        }
    }

    private func tick() {
        timer = nil
        try? commit()
    }

    /// Commits what has changed, together with what others ask for meanwhile, and returns when it is durable.
    private func commitSoon() async throws {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(continuation)
            // Behind those who are in the queue already.
            if waiting.count == 1 { Task { try? self.commit() } }
        }
    }

    /// Commits everything now, in one transaction; blocks until it is durable.
    func commit() throws {
        let waiters = waiting
        waiting = []
        var changes = SpoolIndex.Contents()
        changes.next = catalog.read(\.end)
        for name in changed { changes.claims[name] = .some(claims[name]) }
        changes.positions = positions.takeChanges()
        changed = []
        do {
            if !changes.claims.isEmpty || !changes.positions.isEmpty {
                try index.write(changes)
                commits += 1
            }
        } catch {
            changed.formUnion(changes.claims.keys)
            positions.giveBack(changes.positions)
            failure = error as? SpoolError
            // Most often the disk is full; then the next attempt succeeds.
            if files.freeSpace(folder.path) < options.emergencySize { emergency.release() }
            commitLater()
            for waiter in waiters { waiter.resume(throwing: error) }
            throw error
        }
        failure = nil
        for (name, claim) in changes.claims { committed[name] = claim?.through }
        removeAcknowledged(keeping: options.keptTail)
        for waiter in waiters { waiter.resume() }
    }

    func close() {
        timer?.cancel()
        try? commit()
        index.close()
    }

    // MARK: Room

    /// Removes the oldest segments that all sinks have acknowledged, as long as `tail` bytes stay behind them.
    private func removeAcknowledged(keeping tail: Int) {
        let through = committed.values.min() ?? .max
        let segments = catalog.read(\.segments)
        var rest = segments.reduce(0) { $0 + $1.bytes }
        var removed = 0
        for segment in segments.dropLast() {
            rest -= segment.bytes
            guard segment.end - 1 <= through, rest >= tail else { break }
            removed += 1
        }
        remove(removed, dropped: false)
    }

    /// Removes so many of the oldest segments.
    private func remove(_ count: Int, dropped: Bool) {
        let segments = catalog.read { $0.segments.prefix(count) }
        catalog.change { contents in
            contents.segments.removeFirst(segments.count)
            if dropped, let end = segments.last?.end { contents.droppedEnd = end }
            contents.revision += 1
        }
        // A file that cannot be removed is found again when the spool is opened.
        for segment in segments { try? files.remove(folder.path(of: segment.name)) }
    }

    /// Makes room for `size` bytes within the bound, as far as the sinks' policies allow; whether there is room now.
    func makeRoom(for size: Int) -> Bool {
        makeRoom(among: { $0.dropLast() }) { self.catalog.read { $0.bytes + size <= self.options.bound } }
    }

    /// Makes room on a full disk, as far as the sinks' policies allow; whether there is room now.
    ///
    /// - Parameter end: segments that end by then are not written to any more.
    func makeRoomOnDisk(before end: UInt64) -> Bool {
        makeRoom(among: { $0.prefix { $0.end <= end } }) { self.emergency.hold() }
    }

    /// - Parameter sealed: which of the segments, oldest first, may go.
    private func makeRoom(
        among sealed: ([SegmentSummary]) -> ArraySlice<SegmentSummary>, until hasRoom: () -> Bool
    ) -> Bool {
        if !changed.isEmpty { try? commit() }
        while !hasRoom() {
            let segments = catalog.read(\.segments)
            switch RoomDecision(sealed: sealed(segments), claims: claims) {
            case .wait: return false
            case .evict(let names): evict(names)
            case .removeOldest(let losers):
                guard let oldest = segments.first else { return false }
                // A cursor that a crash sets back would find a gap where nothing was lost.
                if losers.isEmpty, oldest.end - 1 > committed.values.min() ?? .max, (try? commit()) != nil { continue }
                for name in losers {
                    guard let through = claims[name]?.through else { continue }
                    claims[name]?.giveUp(
                        before: oldest.end, count: oldest.end - max(through + 1, oldest.first), .dropped)
                    changed.insert(name)
                }
                remove(1, dropped: !losers.isEmpty)
            }
        }
        if !changed.isEmpty { commitLater() }
        return true
    }

    private func evict(_ names: Set<String>) {
        let end = catalog.read(\.end)
        for name in names {
            guard let through = claims[name]?.through else { continue }
            claims[name]?.giveUp(before: end, count: end - 1 - through, .dropped)
            changed.insert(name)
        }
        catalog.change { contents in for name in names { contents.evictions[name] = end } }
    }
}
