import EngineAPI
import LogSpool
import SinkAPI

/// Captures what one container writes, over all of its runs, until it is removed: follows it, reads again what the
/// engine may have left out, and hands each line to the store once.
actor ContainerCapture {
    /// What all containers share.
    struct Surroundings: Sendable {
        let engine: any ContainerEngine
        let store: any RecordStore
        let options: CaptureOptions
        let clock: any Clock<Duration>
        let audits: ReadingQueue
        /// For what was written before the capture began: it must not hold up audits, which are in a hurry.
        let backfills: ReadingQueue
        let warn: @Sendable (String) -> Void
    }

    /// Since when a container is captured that was not there before.
    enum Birth { case created, started }

    /// How often is looked whether something is due, while something is pending.
    private static let beat: Duration = .milliseconds(250)

    nonisolated let source: LogSource
    let mode: CaptureMode
    let surroundings: Surroundings
    let outbox: RecordOutbox
    var account: OutputAccount
    var streams: [StagedStream]
    /// What the store has of the lines behind the place where the account began; each is left out once.
    var stored: [RecordIdentity: Int] = [:]
    /// From when on that is still to be asked for; nil where it is known.
    private var storedSince: EngineTime?
    var policy: AuditPolicy?
    var status: CaptureStatus
    /// Whether it is known how the engine keeps the output.
    var isLearned = false
    /// Whether what was written before has to be read before following goes on.
    var needsReading: Bool
    /// A place that becomes the position when both streams have let go of what is before it.
    var pending: (place: OutputPlace, holding: Set<OutputStream>)?
    /// The position that was handed to the store last.
    var noted: OutputPlace?
    /// Whether a whole reading has followed the output until the engine ended it.
    private var hasFollowedToEnd = false
    /// The beginning of a line that the engine did not end when it ended the stream.
    private var remainder: [LogRecord] = []

    /// Whether it ran, and whether what the engine kept of it was ever read to its end.
    var hasRun: Bool
    var wasRead = false
    /// Whether it was seen from its creation on; when it started first then, and what it wrote.
    private let isBorn: Bool
    private var firstStart: EngineTime?
    let early: EarlyOutput?
    /// What attachments gave last, until what the engine keeps was searched for it.
    var attachedTails: [OutputStream: AttachedTail] = [:]
    /// Whether nothing of the next run, or of the present one, can be missed.
    var isAttached = false
    /// Whether what it is attached to has begun to run: its end comes from there.
    var isRunBegun = false
    var isGone = false
    /// How often an attachment gave something.
    var attachedBatches = 0
    /// When all that it had written by then was captured, by our clock; a run that began later is another one.
    var capturedUntil: EngineTime?
    private var attachmentWaiters: [BoundedQueue<Void>] = []
    /// How often in a row the engine has refused to give the output.
    private var refusals = 0
    private var wasStarted: Bool
    let nudges = BoundedQueue<Void>(capacity: 1)
    let pendings = BoundedQueue<Void>(capacity: 1)
    private var settlementWaiters: [BoundedQueue<Void>] = []
    private var hasEnded = false

    /// - Parameters:
    ///   - place: up to where its output was captured before.
    ///   - stored: what the store has of the lines behind; nil where it is to be asked once they are being read.
    ///   - birth: whether it was seen to be created or to start, so that nothing of it is old.
    init(
        _ source: LogSource, _ mode: CaptureMode, place: OutputPlace?, stored: [RecordIdentity]?, birth: Birth?,
        _ surroundings: Surroundings
    ) {
        self.source = source
        self.mode = mode
        self.surroundings = surroundings
        outbox = RecordOutbox(surroundings.store, clock: surroundings.clock, warn: surroundings.warn)
        // Until the engine has told how it keeps the output, it may drop some.
        // What the store has of it tells that it was captured before, though no position was kept yet.
        let floor = birth != nil ? nil : stored?.map(\.time).min() ?? surroundings.options.beginning
        account = OutputAccount(place: place, floor: floor, drops: true)
        streams = OutputStream.allCases.map { stream in
            StagedStream(surroundings.options.stages(source, stream), settled: place?[stream])
        }
        for identity in stored ?? [] { self.stored[identity, default: 0] += 1 }
        storedSince = stored == nil ? ContainerCapture.tailBegin(place) : nil
        status = CaptureStatus(source: source)
        noted = place
        wasStarted = birth == .started
        hasRun = birth == .started
        isBorn = birth == .created
        early =
            isBorn && mode == .logs && surroundings.options.follows
            ? EarlyOutput(source, on: surroundings.engine) : nil
        needsReading = birth == nil || place != nil
        guard mode == .attach, place == nil else { return }
        for identity in stored ?? [] {
            attachedTails[identity.stream, default: AttachedTail()].note(identity)
        }
    }

    /// From when on the store may have lines that lie behind a place.
    static func tailBegin(_ place: OutputPlace?) -> EngineTime {
        // Also without a position: the first records may be durable before it is.
        EngineTime(nanoseconds: max(0, (place?.since ?? 0) - OutputAccount.guardTime))
    }

    private func askForStored() async throws {
        guard let since = storedSince else { return }
        for identity in try await surroundings.store.tails(since: [source.container: since])[source.container] ?? [] {
            stored[identity, default: 0] += 1
        }
        storedSince = nil
    }

    static func index(_ stream: OutputStream) -> Int { stream == .stdout ? 0 : 1 }

    // MARK: From outside

    /// What is known of the container from outside.
    enum Sight {
        /// When, if that is known.
        case started(EngineTime?)
        /// It is there, or nothing is known.
        case present
        case gone
    }

    /// Lets it look again how the container stands.
    func nudge(_ sight: Sight) {
        switch sight {
        case .started(let time):
            (wasStarted, hasRun, isRunBegun) = (true, true, true)
            firstStart = firstStart ?? time
        case .gone: isGone = true
        case .present: break
        }
        nudges.offer(())
    }

    /// Returns when the container does not run and everything that it wrote until now is durable, or it has gone.
    func waitUntilSettled() async {
        guard !hasEnded else { return }
        let signal = BoundedQueue<Void>(capacity: 1)
        settlementWaiters.append(signal)
        nudge(.present)
        _ = await signal.next()
    }

    /// Returns when nothing that the container's next run writes can be missed any more.
    func waitUntilAttached() async {
        guard !hasEnded, !isAttached, mode == .attach else { return }
        let signal = BoundedQueue<Void>(capacity: 1)
        attachmentWaiters.append(signal)
        _ = await signal.next()
    }

    func tellAttached() {
        for waiter in attachmentWaiters { waiter.offer(()) }
        attachmentWaiters = []
    }

    /// Returns when a reading that may have begun before has come to its end, or the container has gone.
    func waitUntilRead() async {
        guard !hasEnded, status.phase != .settled else { return }
        let signal = BoundedQueue<Void>(capacity: 1)
        settlementWaiters.append(signal)
        _ = await signal.next()
    }

    /// Runs until the container is removed, or the task is cancelled.
    func run() async throws {
        defer {
            tellSettled()
            tellAttached()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.outbox.run() }
            group.addTask { try await self.attend() }
            group.addTask {
                try await self.capture()
                self.outbox.finish()
                self.pendings.finish()
                self.early?.stop()
            }
            if let early { group.addTask { await early.run() } }
            try await group.waitForAll()
        }
        try Task.checkCancellation()
    }

    // MARK: The container's life

    private func capture() async throws {
        var backoff = Backoff()
        while true {
            let before = status.records
            do {
                try await captureOnce()
            } catch let error as EngineError where error.code == .notFound || error.code == .conflict {
                return try await end()
            } catch let error as EngineError where error.isConnectionFailure {
                needsReading = true
                status.phase = .reading
            } catch let error as EngineError {
                // An engine that is removing the container says all kinds of things; the next look tells.
                refusals += 1
                if refusals > 1 {
                    refusals = 0
                    surroundings.warn("Cannot read the output of \(source.label): \(error)")
                    try await settle()
                }
            }
            if status.phase == .settled {
                // Somebody has said that there is something to do.
                status.phase = .reading
            } else if status.records > before {
                backoff.reset()
            } else {
                try await surroundings.clock.sleep(for: backoff.next())
            }
        }
    }

    /// Captures one run of the container to its end, as far as the engine stays, and waits for the next.
    private func captureOnce() async throws {
        let follows = surroundings.options.follows
        if wasStarted, !needsReading, follows, mode == .logs {
            wasStarted = false
            try await follow()
        }
        if follows, !needsReading, mode == .attach {
            if try await captureAttached() { return }
        }
        wasStarted = false
        try await askForStored()
        let looked = EngineTime.now()
        let details = try await surroundings.engine.container(source.container)
        if !attachedTails.isEmpty { try await leaveAttachment() }
        learn(details.logging)
        switch details.state {
        case .running where !follows, .paused where !follows:
            try await readAll(surroundings.backfills)
            try await settle()
        case .running, .paused:
            if account.drops, needsReading { try await readAll(surroundings.backfills) }
            needsReading = false
            try await follow()
        case .created:
            needsReading = false
            capturedUntil = looked
            if mode == .logs || !follows { try await settle() }
        case .restarting, .removing, .exited, .dead:
            try await readAll(surroundings.audits, isLast: true)
            refusals = 0
            needsReading = false
            capturedUntil = looked
            if mode == .logs || !follows { try await settle() }
        }
    }

    /// Everything is durable; waits until there is something to do.
    private func settle() async throws {
        try await send(flushed(OutputStream.allCases))
        try await outbox.flush()
        status.phase = .settled
        tellSettled()
        guard await nudges.next() != nil else { throw CancellationError() }
    }

    func tellSettled() {
        for waiter in settlementWaiters { waiter.offer(()) }
        settlementWaiters = []
    }

    /// Many times what an engine needs to end the output of a container that it has removed.
    static let earlyEnd: Duration = .seconds(2)

    /// The container has gone, and with it whatever was not read.
    private func end() async throws {
        // What tells whether it has run may be on its way.
        while isBorn, !hasRun, !isGone { guard await nudges.next() != nil else { throw CancellationError() } }
        var records: [LogRecord] = []
        if !remainder.isEmpty {
            var rest = remainder
            remainder = []
            if account.drops { _ = account.follow(&rest) } else { _ = account.read(&rest) }
            pass(rest, into: &records)
        }
        let isDoubtful = account.drops && policy?.isSuspicious == true
        // An engine that removes a container by itself may end the stream before its first line.
        let isUnread = hasRun && !wasRead && status.records == 0 && records.isEmpty
        var isKnown = false
        if isUnread, let early {
            var lines: [LogRecord] = []
            (lines, isKnown) = await early.output(
                start: firstStart, within: ContainerCapture.earlyEnd, surroundings.clock)
            pass(lines, into: &records)
        }
        if isDoubtful || isUnread && !isKnown {
            status.gaps += 1
            let begin = latestPlace?.time ?? EngineTime.now().nanoseconds
            records.append(LogGap(from: begin, to: nil, reason: LogGap.removed).record(of: source, on: .stdout))
        }
        records += flushed(OutputStream.allCases)
        var batch = batch(of: records)
        batch.position = CapturePosition(container: source.container, content: nil)
        try await outbox.send(batch)
        try await outbox.flush()
        hasEnded = true
    }

    private func learn(_ logging: LoggingSpec?) {
        guard !isLearned else { return }
        isLearned = true
        let retention = Retention(logging)
        account.drops = retention != nil
        policy = retention.map(AuditPolicy.init)
    }

    // MARK: Reading

    private func follow() async throws {
        let engine = surroundings.engine
        let since = account.since(now: .now())
        hasFollowedToEnd = false
        let options = LogOptions(follow: true, timestamps: true, since: since)
        try await engine.withLogs(of: source.container, options) { stream in
            try await askForStored()
            if !isLearned {
                do {
                    learn(try await engine.container(source.container).logging)
                } catch let error as EngineError where error.code == .notFound {
                    // It has gone already; what it wrote is in the stream.
                    learn(nil)
                }
            }
            status.phase = .following
            if account.drops { account.beginFollowing() } else { account.beginReading(since: since) }
            var assembler = LineAssembler(source: source, hasTimes: true, omitsTorn: account.drops)
            var torn = 0
            for try await frames in stream {
                let records = assembler.take(frames)
                if !account.drops { account.openTime = assembler.openTime }
                if assembler.torn > torn {
                    torn = assembler.torn
                    policy?.suspect()
                }
                try await takeFollowed(consume records)
                if account.isFull { try await audit() }
            }
            remainder = assembler.finish()
        }
        status.phase = .reading
        hasFollowedToEnd = !account.drops
        policy?.suspect()
    }

    private func audit() async throws {
        try await readAll(surroundings.audits, until: account.auditEnd)
    }

    /// Reads everything that is not known yet, as far as the engine keeps it.
    ///
    /// - Parameter isLast: whether the container has ended, so that a line without its newline is whole.
    private func readAll(_ queue: ReadingQueue, until: EngineTime? = nil, isLast: Bool = false) async throws {
        try await queue.run {
            let begin = ContinuousClock.now
            policy?.begin()
            let guardTime = isLast && hasFollowedToEnd ? OutputAccount.endGuardTime : OutputAccount.guardTime
            let since = account.since(now: .now(), guardTime: guardTime)
            account.beginReading(since: since)
            var repairs = Repairs(source, surroundings.options)
            let options = LogOptions(timestamps: true, since: since, until: until)
            try await surroundings.engine.withLogs(of: source.container, options) { stream in
                var assembler = LineAssembler(source: source, hasTimes: true)
                for try await frames in stream {
                    let records = assembler.take(frames)
                    account.openTime = assembler.openTime
                    try await takeWhole(consume records, &repairs)
                }
                if isLast {
                    account.openTime = nil
                    try await takeWhole(assembler.finish(), &repairs)
                }
            }
            account.endReading()
            wasRead = true
            remainder = []
            policy?.end(after: .now - begin)
            status.audits += 1
            if account.drops { pend() }
            var output: [LogRecord] = []
            repairs.finish(into: &output)
            try await send(output)
        }
    }

    // MARK: What is due

    /// Audits when it is due, and ends what the stages hold back when nothing has followed for long.
    private func attend() async throws {
        while await pendings.next() != nil {
            while isPending {
                if policy?.isDue == true {
                    do {
                        try await audit()
                    } catch is EngineError {
                        // Whoever follows finds out what became of the container; what was not audited still is to be.
                        policy?.suspect()
                        policy?.end(after: .zero)
                    }
                }
                try await surroundings.clock.sleep(for: ContainerCapture.beat)
                policy?.rested(ContainerCapture.beat)
                for index in streams.indices { streams[index].silence += ContainerCapture.beat }
                let silent = OutputStream.allCases.filter {
                    let stream = streams[ContainerCapture.index($0)]
                    return stream.isHolding && stream.silence >= surroundings.options.holdTime
                }
                if !silent.isEmpty { try await send(flushed(silent)) }
            }
        }
    }

    private var isPending: Bool {
        status.phase == .following && (policy?.isPending == true || streams.contains(where: \.isHolding))
    }
}
