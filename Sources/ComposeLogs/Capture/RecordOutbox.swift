import EngineAPI
import LogProcessing
import LogSpool
import SinkAPI
import Synchronization

/// Hands a container's records to the store. What comes while an append is under way is gathered for the next one.
final class RecordOutbox: Sendable {
    /// Of the lines' bytes: what the store commits at once.
    private static let gatheredBytes = 512 << 10
    /// How many batches wait; each is at most what is read ahead of a connection, so that all take a few megabytes.
    private static let waitingBatches = 16

    struct Batch: Sendable {
        var records: [LogRecord] = []
        var bytes = 0
        /// What is known for good with these records.
        var position: CapturePosition?
        /// Is sent to when they are durable.
        var marks: [BoundedQueue<Void>] = []
    }

    private let queue = BoundedQueue<Batch>(capacity: RecordOutbox.waitingBatches)
    private let store: any RecordStore
    private let clock: any Clock<Duration>
    private let warn: @Sendable (String) -> Void

    init(
        _ store: any RecordStore, clock: any Clock<Duration>, warn: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.clock = clock
        self.warn = warn
    }

    /// Takes a batch; waits while too many wait.
    ///
    /// - Throws: `CancellationError` where nobody takes it any more.
    func send(_ batch: Batch) async throws {
        guard await queue.send(batch) else { throw CancellationError() }
    }

    /// Returns when everything that was sent before is durable.
    func flush() async throws {
        let mark = BoundedQueue<Void>(capacity: 1)
        try await send(Batch(marks: [mark]))
        guard await mark.next() != nil else { throw CancellationError() }
    }

    /// Nothing is sent any more.
    func finish() { queue.finish() }

    /// Appends what is sent until ``finish()``. Where the store has no room or its disk fails, it tries again until the
    /// task is cancelled: the engine keeps what is not read meanwhile.
    func run() async throws {
        while var batch = await queue.next() {
            while batch.bytes < RecordOutbox.gatheredBytes, let next = queue.poll() {
                batch.records.take(next.records)
                batch.bytes += next.bytes
                batch.position = next.position ?? batch.position
                batch.marks += next.marks
            }
            try await append(batch.records, batch.position)
            for mark in batch.marks { mark.offer(()) }
        }
    }

    private func append(_ records: [LogRecord], _ position: CapturePosition?) async throws {
        var backoff = Backoff()
        while true {
            do {
                if !records.isEmpty || position != nil {
                    try await store.append(records, positions: position.map { [$0] } ?? [])
                }
                return
            } catch SpoolError.tooLarge where records.count > 1 {
                try await append(Array(records[..<(records.count / 2)]), nil)
                return try await append(Array(records[(records.count / 2)...]), position)
            } catch let error as SpoolError {
                if case .closed = error { throw error }
                warn("\(error) Trying again.")
            }
            try await clock.sleep(for: backoff.next())
        }
    }
}
