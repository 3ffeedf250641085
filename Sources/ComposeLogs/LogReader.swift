package import EngineAPI
import SinkAPI

/// Shows what containers wrote: the `logs` command.
package struct LogReader: Sendable {
    package struct Options: Sendable, Equatable {
        /// Whether to go on with what is written later.
        package var follow: Bool
        /// How many of each container's last lines; nil is all.
        package var tail: Int?
        /// Only lines from this instant on.
        package var since: EngineTime?
        /// Only lines before this instant.
        package var until: EngineTime?
        /// What of the lines is shown.
        package var view: LogView
        /// Whether, while following, the sink is told of ends, restarts and replacements, in records with the flag
        /// `notice`.
        package var tellsEnds: Bool

        package init(
            follow: Bool = false, tail: Int? = nil, since: EngineTime? = nil, until: EngineTime? = nil,
            view: LogView = LogView(), tellsEnds: Bool = false
        ) {
            self.follow = follow
            self.tail = tail
            self.since = since
            self.until = until
            self.view = view
            self.tellsEnds = tellsEnds
        }
    }

    /// How many batches of a source wait to be merged, besides the one that is being merged: enough that a source reads
    /// on while the others are merged.
    private static let waitingBatches = 2
    /// How many records go to the sink at once.
    static let batchSize = 1024

    let engine: any ContainerEngine
    let selection: LogSelection
    let options: Options
    let sink: any LogSink
    let clock: any Clock<Duration>
    let warn: @Sendable (String) -> Void

    /// - Parameter warn: is told of a container that cannot be read while the others are; must return at once.
    package init(
        engine: any ContainerEngine, selection: LogSelection, options: Options, sink: any LogSink,
        clock: any Clock<Duration> = ContinuousClock(), warn: @escaping @Sendable (String) -> Void
    ) {
        self.engine = engine
        self.selection = selection
        self.options = options
        self.sink = sink
        self.clock = clock
        self.warn = warn
    }

    /// Reads until the end; with `follow` until no selected container runs any more, or the task is cancelled.
    ///
    /// Lines come in the order of the engine's times, across containers; with `follow` as far as ``FollowMerge`` has it,
    /// and containers that start or are made meanwhile are read too.
    ///
    /// - Throws: `EngineError` where the engine cannot be reached, ``OutputFailure`` where the sink takes no more.
    package func run() async throws {
        if options.follow {
            try await follow()
        } else {
            try await readKept()
        }
    }

    var beginning: ResumePoint { ResumePoint(floor: options.since, until: options.until, tail: options.tail) }

    private func readKept() async throws {
        let sources = try await selection.list(on: engine).map(\.source)
        sink.register(sources)
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            let queues = sources.map { source in
                let queue = BoundedQueue<[LogRecord]>(capacity: LogReader.waitingBatches)
                group.addTask { await read(source, into: queue) }
                return queue
            }
            try await merge(queues)
        }
    }

    private func read(_ source: LogSource, into queue: BoundedQueue<[LogRecord]>) async {
        defer { queue.finish() }
        do {
            try await engine.withLogs(of: source.container, beginning.options(follow: false)) { stream in
                var assembler = LineAssembler(
                    source: source, hasTimes: true, keepsReturns: options.view.isExact)
                var sieve = options.view.query.map { LogSieve($0) }
                for try await frames in stream {
                    var records = assembler.take(frames)
                    if sieve != nil { records = sieve?.take(records) ?? [] }
                    guard records.isEmpty || !Task.isCancelled else { return }
                    if !records.isEmpty { await queue.send(records) }
                }
                var rest = assembler.finish()
                if sieve != nil { rest = sieve?.take(rest) ?? [] }
                if !rest.isEmpty { await queue.send(rest) }
            }
        } catch {
            report(error, about: source)
        }
    }

    private func merge(_ queues: [BoundedQueue<[LogRecord]>]) async throws {
        var merge = TimeMerge()
        for (number, queue) in queues.enumerated() {
            if let records = await queue.next() { merge.add(records, from: number) }
        }
        var batch: [LogRecord] = []
        batch.reserveCapacity(LogReader.batchSize)
        while !merge.isEmpty || !batch.isEmpty {
            if let exhausted = merge.take(LogReader.batchSize, into: &batch) {
                if let records = await queues[exhausted].next() { merge.add(records, from: exhausted) }
            }
            if batch.count >= LogReader.batchSize || merge.isEmpty {
                try await sink.write(batch)
                batch.removeAll(keepingCapacity: true)
            }
        }
        try Task.checkCancellation()
    }

    /// A container that went meanwhile has nothing to say; anything else is worth a warning.
    func report(_ error: any Error, about source: LogSource) {
        guard !(error is CancellationError), (error as? EngineError)?.code != .notFound else { return }
        warn("Cannot read the output of \(source.label): \(error)")
    }
}
