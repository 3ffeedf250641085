import EngineAPI
import LogProcessing
import LogSpool
import Metrics
import SinkAPI
import Synchronization

/// Takes records from the spool to one sink. It shares nothing with other sinks but the spool, so that none can delay
/// another.
///
/// Batches are begun in order, up to a window at once, and end in any. While the receiver is unavailable only the oldest
/// of them asks it; the others follow when it is back.
final class SinkRunner: Sendable {
    let plan: SinkPlan
    let letters: DeadLetters
    /// Raised with every acknowledgement.
    let progress = Signal()
    private let sink: any Sink
    private let spool: Spool
    private let context: ShippingContext
    private let limits: BatchLimits
    private let departure: Departure
    private let metrics: SinkMetrics
    private let state: Mutex<SinkAccount>
    /// How long batches that are under way go on when the task is cancelled.
    private let grace = Mutex(Duration.zero)

    /// Between attempts to use a spool that fails.
    private static let spoolPause: Duration = .seconds(2)

    init(_ plan: SinkPlan, sink: any Sink, spool: Spool, letters: DeadLetters, context: ShippingContext) {
        self.plan = plan
        self.sink = sink
        self.spool = spool
        self.letters = letters
        self.context = context
        limits = plan.limits(over: sink.limits)
        departure = Departure(clock: context.clock)
        metrics = SinkMetrics(sink: plan.name, factory: context.metrics)
        state = Mutex(SinkAccount(now: context.now()))
    }

    var account: SinkAccount { state.withLock { $0 } }

    /// From now on batches leave at once.
    func flush() { departure.flush() }

    /// Shows what is known to the metrics.
    func measure(_ backlog: SpoolMetrics.Backlog) { metrics.measure(account, backlog, now: context.now()) }

    /// When the task is cancelled, batches that are under way get so long to be acknowledged. The next runner may have
    /// another receiver, and would send them there once more.
    func letFinish(within grace: Duration) { self.grace.withLock { $0 = grace } }

    /// Delivers until the task is cancelled or the spool is closed; then nothing is under way any more. What was not
    /// acknowledged is delivered again by the next runner.
    @concurrent
    func run(_ registration: SinkRegistration) async {
        guard let reader = try? await spool.reader(for: plan.name) else { return }
        var former = BatchFormer(
            reader: reader, registration: registration, filter: RouteFilter(plan.rules, epoch: spool.epoch),
            limits: limits, epoch: spool.epoch, departure: departure, now: context.now)
        await withTaskGroup(of: Void.self) { group in
            var underWay = 0
            var previous: Signal?
            shipping: while !Task.isCancelled {
                if underWay == limits.window {
                    await group.next()
                    underWay -= 1
                }
                guard let formed = await persist({ try await former.next() }) else { break shipping }
                noteDrops(&former)
                switch formed {
                case .nothing(let range):
                    try? await spool.acknowledge(plan.name, range)
                    progress.raise()
                case .batch(let batch, let isIntended):
                    let isFixed: Void? =
                        isIntended ? () : await persist { try await spool.intend(plan.name, [batch.range]) }
                    guard isFixed != nil else { break shipping }
                    let now = context.now()
                    state.withLock { $0.begin(batch, now: now) }
                    let done = Signal()
                    underWay += 1
                    // It begins at once, so that the sink sees the batches in order.
                    group.addImmediateTask { [previous] in
                        await self.withGrace { await self.deliver(batch, after: previous) }
                        done.raise()
                    }
                    previous = done
                }
            }
            group.cancelAll()
        }
    }

    func shutDown() async { await sink.shutDown() }

    /// Runs `body`, which is cancelled ``letFinish(within:)`` after this task.
    private func withGrace(_ body: @escaping @Sendable () async -> Void) async {
        let delivery = Task.immediate { await body() }
        await withTaskCancellationHandler {
            await delivery.value
        } onCancel: {
            let grace = grace.withLock { $0 }
            guard grace > .zero else { return delivery.cancel() }
            Task {
                try? await context.clock.sleep(for: grace)
                delivery.cancel()
            }
        }
    }

    private func noteDrops(_ former: inout BatchFormer) {
        let (dropped, lost) = (former.dropped, former.takeLost())
        let before = state.withLock { state in
            defer {
                state.dropped = dropped
                state.lost += lost
            }
            return state.dropped
        }
        metrics.dropped(dropped, before: before)
        guard lost > 0 else { return }
        metrics.lost.increment(by: lost)
        context.report(.lost(sink: plan.name, records: lost))
    }

    /// Does what the spool may refuse until it does not; nil when cancelled, or when the spool is closed.
    private func persist<Value>(_ body: () async throws -> Value) async -> Value? {
        var isReported = false
        while !Task.isCancelled {
            do { return try await body() } catch SpoolError.closed, SpoolError.unknownSink {
                return nil
            } catch {
                if Task.isCancelled { return nil }
                if !isReported { context.report(.spoolFails(reason: String(describing: error))) }
                isReported = true
                try? await context.clock.sleep(for: SinkRunner.spoolPause)
            }
        }
        return nil
    }

    // MARK: Delivering

    /// Delivers a batch, in parts where it is refused as a whole, and acknowledges it.
    private func deliver(_ batch: RecordBatch, after previous: Signal?) async {
        var parts = [batch]
        while let part = parts.popLast() {
            guard let answer = await attempt(part, after: previous) else { return }
            var refused: [UInt64: String] = [:]
            switch answer {
            case .accepted(let some): refused = some
            case .refused(let reason):
                if let (first, second) = part.halves {
                    parts += [second, first]
                    continue
                }
                for record in part.records { refused[record.sequence] = reason }
            }
            guard await bury(refused, of: part) else { return }
            account(part, refused)
        }
        try? await spool.acknowledge(plan.name, batch.range)
        let now = context.now()
        state.withLock { $0.acknowledged(batch, now: now) }
        metrics.batches.increment()
        progress.raise()
    }

    private func account(_ part: RecordBatch, _ refused: [UInt64: String]) {
        let accepted = refused.isEmpty ? part.records : part.records.filter { refused[$0.sequence] == nil }
        let bytes = accepted.reduce(0) { $0 + $1.line.count }
        state.withLock { $0.accepted(records: accepted.count, bytes: bytes) }
        metrics.records.increment(by: accepted.count)
        metrics.bytes.increment(by: bytes)
    }

    private enum Answer {
        case accepted(except: [UInt64: String])
        case refused(String)
    }

    /// Sends a batch until the receiver answers; nil when cancelled.
    private func attempt(_ batch: RecordBatch, after previous: Signal?) async -> Answer? {
        var delay = RetryDelay()
        while !Task.isCancelled {
            let pause: Duration
            var mustPause = true
            do {
                let refused = try await sink.deliver(batch)
                answered()
                return .accepted(except: refused)
            } catch SinkFailure.refused(let reason) {
                answered()
                return .refused(reason)
            } catch SinkFailure.misconfigured(let reason) {
                pause = RetryDelay.whileMisconfigured()
                failed(.misconfigured(reason))
            } catch SinkFailure.unavailable(let reason, let asked) {
                pause = delay.next(asked: asked)
                mustPause = asked != nil
                failed(.unavailable(reason))
            } catch {
                if Task.isCancelled { return nil }
                pause = delay.next(asked: nil)
                mustPause = false
                failed(.unavailable(String(describing: error)))
            }
            if let previous, previous.count == 0 {
                await previous.wait()
                if !mustPause { continue }
            }
            try? await context.clock.sleep(for: pause)
        }
        return nil
    }

    private func answered() {
        if state.withLock({ $0.answered() }) { context.report(.recovered(sink: plan.name)) }
    }

    private func failed(_ trouble: SinkAccount.Trouble) {
        metrics.retries.increment()
        let now = context.now()
        guard state.withLock({ $0.failed(trouble, now: now) }) else { return }
        switch trouble {
        case .unavailable(let reason): context.report(.unavailable(sink: plan.name, reason: reason))
        case .misconfigured(let reason): context.report(.misconfigured(sink: plan.name, reason: reason))
        }
    }

    /// Keeps records as dead letters; false when cancelled before they are safe.
    private func bury(_ refused: [UInt64: String], of batch: RecordBatch) async -> Bool {
        guard !refused.isEmpty else { return true }
        let now = context.now()
        let dead = batch.records.compactMap { record in
            refused[record.sequence].map { DeadLetter(record, of: batch, reason: $0, time: now) }
        }
        guard await persist({ try await letters.add(dead) }) != nil else { return false }
        let reason = dead.first?.reason ?? ""
        state.withLock { $0.refused(dead.count, reason, now: now) }
        metrics.dead.increment(by: dead.count)
        context.report(.refused(sink: plan.name, records: dead.count, reason: reason))
        return true
    }
}

extension RecordBatch {
    /// Both halves, each with bounds that follow from the whole; nil for a single record.
    var halves: (RecordBatch, RecordBatch)? {
        guard records.count > 1 else { return nil }
        let middle = records.count / 2
        let last = records[middle - 1].sequence
        return (
            RecordBatch(epoch: epoch, records: Array(records[..<middle]), range: range.lowerBound...last),
            RecordBatch(epoch: epoch, records: Array(records[middle...]), range: last + 1...range.upperBound)
        )
    }
}
