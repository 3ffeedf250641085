import EngineAPI
import SinkAPI
import Synchronization

/// Passes on what several tasks write, one for each container, in the order of ``FollowMerge``.
final class OrderedOutput: Sendable {
    /// How many batches of a lane wait to be merged: enough that its source is read on meanwhile. Who writes more waits,
    /// which reaches the engine's files and never a container.
    private static let waitingBatches = 4
    /// How many records go to the sink at once.
    private static let batchSize = 1024

    /// What one task writes to.
    struct Lane: LogSink {
        fileprivate let number: Int
        fileprivate let queue = BoundedQueue<[LogRecord]>(capacity: OrderedOutput.waitingBatches)
        fileprivate let output: OrderedOutput

        func register(_ sources: [LogSource]) { output.sink.register(sources) }
        func waitForFailure() async -> OutputFailure? { await output.sink.waitForFailure() }

        func write(_ records: [LogRecord]) async throws {
            guard !records.isEmpty else { return }
            guard await queue.send(records) else { throw CancellationError() }
            output.doorbell.offer(())
        }

        /// Nothing more is written.
        func close() async {
            // An empty batch stands for the end, behind what was written before.
            await queue.send([])
            output.doorbell.offer(())
        }
    }

    private struct State {
        var issued = 0
        var opened: [Lane] = []
        var notices: [LogRecord] = []
        var isFinished = false
    }

    private let state = Mutex(State())
    private let doorbell = BoundedQueue<Void>(capacity: 1)
    private let sink: any LogSink

    init(to sink: any LogSink) { self.sink = sink }

    func open() -> Lane {
        let lane = state.withLock { state in
            state.issued += 1
            let lane = Lane(number: state.issued, output: self)
            state.opened.append(lane)
            return lane
        }
        doorbell.offer(())
        return lane
    }

    /// Puts a notice among the lines, where its time belongs.
    func say(_ notices: [LogRecord]) {
        if notices.isEmpty { return }
        state.withLock { $0.notices += notices }
        doorbell.offer(())
    }

    /// Lets ``run()`` return when everything that was written is passed on; all lanes must be closed.
    func finish() {
        state.withLock { $0.isFinished = true }
        doorbell.offer(())
    }

    /// Passes on what is written until ``finish()``, or the sink takes no more, which it throws.
    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            defer { group.cancelAll() }
            var merge = FollowMerge(beginning: .now())
            var queues: [Int: BoundedQueue<[LogRecord]>] = [:]
            var alarm: EngineTime?
            while true {
                let isFinished = collect(&merge, &queues)
                var batch: [LogRecord] = []
                let need = merge.take(OrderedOutput.batchSize, at: .now(), into: &batch)
                if !batch.isEmpty { try await sink.write(batch) }
                switch need {
                case .room: continue
                case .batch(let number):
                    if queues[number] != nil { merge.began(number, at: .now()) }
                    continue
                case .anything: if isFinished, queues.isEmpty { return }
                case .time(let time):
                    if let alarm, alarm <= time, alarm > .now() { break }
                    alarm = time
                    group.addTask { [doorbell] in
                        let distance = max(0, time.nanoseconds - EngineTime.now().nanoseconds)
                        try? await ContinuousClock().sleep(for: .nanoseconds(distance))
                        doorbell.offer(())
                    }
                }
                guard await doorbell.next() != nil else { throw CancellationError() }
            }
        }
    }

    /// Takes what has come of silent sources.
    ///
    /// - Returns: whether nothing more is to come but what the queues have.
    private func collect(_ merge: inout FollowMerge, _ queues: inout [Int: BoundedQueue<[LogRecord]>]) -> Bool {
        let now = EngineTime.now()
        let (opened, notices, isFinished) = state.withLock { state in
            defer { (state.opened, state.notices) = ([], []) }
            let numbered = state.notices.map { notice -> (Int, LogRecord) in
                state.issued += 1
                return (state.issued, notice)
            }
            return (state.opened, numbered, state.isFinished)
        }
        for lane in opened {
            queues[lane.number] = lane.queue
            merge.began(lane.number, at: now)
        }
        for (number, notice) in notices { merge.add([notice], from: number, at: now) }
        for number in merge.silent.keys {
            guard let batch = queues[number]?.poll() else { continue }
            if batch.isEmpty {
                queues[number] = nil
                merge.ended(number)
            } else {
                merge.add(batch, from: number, at: now)
            }
        }
        return isFinished
    }
}
