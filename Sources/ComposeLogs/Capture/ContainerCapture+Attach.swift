import EngineAPI
import LogProcessing
import LogSpool
import SinkAPI

/// Capturing runs by an attachment from before their start. Each run is wholly captured in this way, or as what the engine
/// keeps.
extension ContainerCapture {
    /// Lines are read again from so long before the first one that is looked for, in nanoseconds: attachments give lines
    /// later than the engine notes them.
    private static let searchTime = 5 * OutputAccount.guardTime

    /// Captures the container's next run.
    ///
    /// - Returns: false where it runs already; nothing is captured then.
    func captureAttached() async throws -> Bool {
        defer { isAttached = false }
        do {
            return try await surroundings.engine.withAttachment(to: source.container, input: false) { connection in
                let opened = EngineTime.now()
                let details = try await surroundings.engine.container(source.container)
                let isRunning = details.state == .running || details.state == .paused
                if isLate(details, isRunning: isRunning, opened: opened) {
                    guard details.logging?.driver == "none" else { return false }
                    status.gaps += 1
                    let gap = LogGap(from: attachedEnd ?? opened.nanoseconds, to: nil, reason: LogGap.unattached)
                    try await send([gap.record(of: source, on: .stdout)])
                }
                try await begin(isRunning: isRunning, details)
                try await attend(connection.output, details)
                return true
            }
        } catch let error as EngineError where error.code == .conflict {
            // Engines refuse to attach to a container that they are about to start again.
            return false
        }
    }

    private func isLate(_ details: ContainerDetails, isRunning: Bool, opened: EngineTime) -> Bool {
        guard details.state != .created, let start = details.startedAt else { return false }
        // What is asked for during the start is answered after it.
        if isRunning { return start < opened }
        return capturedUntil.map { start > $0 } ?? true
    }

    private var attachedEnd: Int64? { attachedTails.values.compactMap(\.last).max() }

    private func begin(isRunning: Bool, _ details: ContainerDetails) async throws {
        // From here on the place in the engine's files tells nothing any more.
        account = OutputAccount(drops: true)
        policy = nil
        isLearned = false
        pending = nil
        if noted != nil {
            noted = nil
            try await outbox.send(
                RecordOutbox.Batch(position: CapturePosition(container: source.container, content: nil)))
        }
        isAttached = true
        isRunBegun = isRunning
        tellAttached()
        status.phase = .following
        if !isRunning { try await tellIdle() }
    }

    /// Takes a run's output; meanwhile sees to it that who waits for the end of the run before, or for the container to go,
    /// waits for no start.
    private func attend(_ output: EngineStream<[OutputFrame]>, _ details: ContainerDetails) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.takeAttached(output)
                return true
            }
            group.addTask {
                try await self.heedNudges(until: details.startedAt)
                return false
            }
            defer { group.cancelAll() }
            while let isOver = try await group.next() { if isOver { return } }
        }
    }

    private func heedNudges(until start: EngineTime?) async throws {
        while await nudges.next() != nil {
            if isGone { return try await leaveWhenSilent() }
            if isRunBegun { continue }
            let details = try await surroundings.engine.container(source.container)
            if !details.state.isRunning, details.startedAt == start { try await tellIdle() }
        }
    }

    /// The output of a container that has gone ends when it was read, unless it was attached to after its end.
    private func leaveWhenSilent() async throws {
        var seen = -1
        while seen != attachedBatches {
            seen = attachedBatches
            try await surroundings.clock.sleep(for: ContainerCapture.earlyEnd)
        }
        throw EngineError(.notFound, call: "attach \(source.container)", message: "the container has gone")
    }

    private func tellIdle() async throws {
        try await outbox.flush()
        status.phase = .settled
        tellSettled()
    }

    private func takeAttached(_ output: EngineStream<[OutputFrame]>) async throws {
        var assembler = LineAssembler(source: source, hasTimes: false)
        for try await frames in output {
            status.phase = .following
            isRunBegun = true
            attachedBatches += 1
            try await takeAttached(assembler.take(frames))
        }
        try await takeAttached(assembler.finish())
        let rest = flushed(OutputStream.allCases)
        note(rest)
        try await send(rest)
        wasRead = true
        capturedUntil = .now()
        status.phase = .reading
    }

    private func takeAttached(_ records: [LogRecord]) async throws {
        guard !records.isEmpty else { return }
        var output: [LogRecord] = []
        pass(records, into: &output)
        note(output)
        try await send(output)
    }

    private func note(_ records: [LogRecord]) {
        for record in records { attachedTails[record.stream, default: AttachedTail()].note(RecordIdentity(record)) }
    }

    /// Goes over from an attachment to what the engine keeps: finds there the end of what was captured.
    func leaveAttachment() async throws {
        guard let first = attachedTails.values.compactMap(\.first).min() else { return }
        var found = try await attachedEnds(since: EngineTime(nanoseconds: first - ContainerCapture.searchTime))
        // The engine's clock may be another one than ours.
        if found.count < attachedTails.count { found = try await attachedEnds(since: nil) }
        isLearned = false
        if found.count == attachedTails.count, let since = found.values.map(\.time).max() {
            account = OutputAccount(
                place: OutputPlace(stdout: found[.stdout], stderr: found[.stderr], since: since), drops: true)
        } else {
            let end = attachedEnd ?? first
            status.gaps += 1
            let gap = LogGap(from: end, to: nil, reason: LogGap.unmatched)
            try await send([gap.record(of: source, on: .stdout)])
            account = OutputAccount(floor: EngineTime(nanoseconds: end), drops: true)
        }
        attachedTails = [:]
        needsReading = true
    }

    /// The places of the last lines that attachments gave, of those that are there.
    private func attachedEnds(since begin: EngineTime?) async throws -> [OutputStream: StreamPlace] {
        var searches = attachedTails.mapValues(AttachedTail.Search.init)
        var places: [OutputStream: StreamPlace] = [:]
        var stages: [OutputStream: RecordStages] = [:]
        for stream in OutputStream.allCases {
            stages[stream] = RecordStages(surroundings.options.stages(source, stream))
        }
        let options = LogOptions(timestamps: true, since: begin)
        try await surroundings.engine.withLogs(of: source.container, options) { frames in
            var assembler = LineAssembler(source: source, hasTimes: true)
            for try await batch in frames {
                for record in assembler.take(batch) {
                    let before = places[record.stream]
                    let place = StreamPlace(behind: record, after: before)
                    places[record.stream] = place
                    var output: [LogRecord] = []
                    stages[record.stream]?.take([record], into: &output)
                    // What is held back comes out with the line after it.
                    let end = stages[record.stream]?.isHolding == true ? before : place
                    guard let end else { continue }
                    for record in output { searches[record.stream]?.take(record, end) }
                }
            }
        }
        return searches.compactMapValues(\.place)
    }
}

extension StreamPlace {
    /// The place behind a line of a whole reading.
    fileprivate init(behind record: LogRecord, after before: StreamPlace?) {
        let time = record.time.nanoseconds
        let identity = LineIdentity.of(record, part: 0)
        let isRepeated = before?.time == time && before?.identity == identity
        self.init(
            time: time, identity: identity, count: isRepeated ? (before?.count ?? 0) + 1 : 1,
            high: max(time, before?.high ?? time))
    }
}
