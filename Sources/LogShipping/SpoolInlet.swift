import LogProcessing
import LogSpool
import Metrics
import SinkAPI
import Synchronization

/// Gathers the records of all captures and appends them to the spool in large pieces, in the order in which they came.
///
/// Captures go on while a piece is on its way to the disk, up to a bound; then they wait. What the spool refuses, because
/// the disk is full, is kept and tried again: captures wait meanwhile, and the engine's own files keep what is to come.
final class SpoolInlet: Sendable {
    private struct State {
        var records: [LogRecord] = []
        var positions: [CapturePosition] = []
        var bytes = 0
        /// How many calls were taken, and for how many of them everything is durable.
        var taken = 0
        var done = 0
        var isClosed = false
    }

    /// Of the lines' bytes that are gathered: a piece of a size that the spool commits at once.
    static let pieceSize = 512 << 10
    /// What a record has besides its line, and its source's description now and then.
    private static let overhead = 64
    /// Between attempts to append to a spool that fails.
    private static let pause: Duration = .seconds(2)

    private let spool: Spool
    private let folder: String
    private let largestPiece: Int
    private let context: ShippingContext
    private let metrics: SpoolGauges
    private let state = Mutex(State())
    private let arrived = Signal()
    private let departed = Signal()

    /// - Parameter bound: the spool's.
    init(_ spool: Spool, in folder: String, bound: Int, context: ShippingContext, metrics: SpoolGauges) {
        self.spool = spool
        self.folder = folder
        self.context = context
        self.metrics = metrics
        // What the spool takes at once is a share of its bound.
        largestPiece = min(SpoolInlet.pieceSize, bound / 8)
    }

    /// Takes records, and what is captured with them; waits while there is no room.
    ///
    /// - Throws: `CancellationError` and ``SpoolError/closed(folder:)``: nothing was taken then.
    func append(_ records: [LogRecord], positions: [CapturePosition]) async throws {
        guard !records.isEmpty || !positions.isEmpty else { return }
        let size = records.indices.reduce(0) { $0 + records[$1].line.count + SpoolInlet.overhead }
        while true {
            try Task.checkCancellation()
            let seen = departed.count
            let isTaken = try state.withLock { state in
                if state.isClosed { throw SpoolError.closed(folder: folder) }
                // One call more than fits is taken, so that any size can be.
                guard state.bytes < SpoolInlet.pieceSize else { return false }
                state.records.take(records)
                state.positions += positions
                state.bytes += size
                state.taken += 1
                return true
            }
            if isTaken { return arrived.raise() }
            await departed.wait(past: seen)
        }
    }

    /// Returns when everything that was taken before is durable, or the inlet has ended, or the task is cancelled.
    func flush() async {
        let taken = state.withLock { $0.taken }
        while !Task.isCancelled {
            let seen = departed.count
            if state.withLock({ $0.done >= taken || $0.isClosed }) { return }
            await departed.wait(past: seen)
        }
    }

    /// Appends what is taken until the task is cancelled or the spool is closed. What is not durable then is lost to the
    /// spool; no position says that it is there.
    @concurrent
    func run() async {
        defer {
            state.withLock { $0.isClosed = true }
            departed.raise()
        }
        while !Task.isCancelled {
            let seen = arrived.count
            let (records, positions, taken) = state.withLock { state in
                defer { (state.records, state.positions, state.bytes) = ([], [], 0) }
                return (state.records, state.positions, state.taken)
            }
            if records.isEmpty, positions.isEmpty {
                await arrived.wait(past: seen)
                continue
            }
            // There is room for the next piece while this one is on its way.
            departed.raise()
            guard await append(records, positions) else { return }
            state.withLock { $0.done = taken }
            departed.raise()
        }
    }

    private func append(_ records: [LogRecord], _ positions: [CapturePosition]) async -> Bool {
        var start = 0
        while start < records.count {
            var (end, size) = (start, 0)
            repeat {
                size += records[end].line.count + SpoolInlet.overhead
                end += 1
            } while end < records.count && size + records[end].line.count < largestPiece
            let isLast = end == records.count
            let piece = start == 0 && isLast ? records : Array(records[start..<end])
            guard await append(piece: piece, isLast ? positions : []) else { return false }
            start = end
        }
        if records.isEmpty { await spool.note(positions) }
        return true
    }

    private func append(piece: [LogRecord], _ positions: [CapturePosition]) async -> Bool {
        var isReported = false
        while !Task.isCancelled {
            do {
                try await spool.append(piece, positions: positions)
                metrics.records.increment(by: piece.count)
                metrics.bytes.increment(by: piece.indices.reduce(0) { $0 + piece[$1].line.count })
                return true
            } catch SpoolError.closed {
                return false
            } catch SpoolError.tooLarge(let bytes, let limit) {
                let middle = piece.count / 2
                if piece.count > 1 {
                    let isFirst = await append(piece: Array(piece[..<middle]), [])
                    return isFirst ? await append(piece: Array(piece[middle...]), positions) : false
                }
                // A single line that is larger than what fits: no later attempt takes it.
                context.report(.spoolFails(reason: SpoolError.tooLarge(bytes: bytes, limit: limit).description))
                return true
            } catch {
                if Task.isCancelled { return false }
                if !isReported { context.report(.spoolFails(reason: String(describing: error))) }
                isReported = true
                try? await context.clock.sleep(for: SpoolInlet.pause)
            }
        }
        return false
    }
}
