import EngineAPI

/// What a container printed, over all of its runs, and how those ended. Outlives the container, because its readers
/// may be behind.
struct ContainerOutput {
    /// The engine cuts longer lines into pieces of this size.
    static let pieceSize = 16 * 1024

    struct Piece {
        var stream: OutputStream
        var bytes: ArraySlice<UInt8>
        /// The pieces of one line share the time of the first.
        var time: EngineTime
        /// Which run of the container printed it, from 1.
        var run: Int
        var beginsLine: Bool
        var audience = OutputAudience.everyone
    }

    var pieces = BoundedLog<Piece>(limit: EngineState.keptLines)
    var begunRuns = 0
    /// Of the runs that ended.
    var exitCodes: [Int] = []
    var isRemoved = false

    /// Gives those who follow the last pieces again, with their times.
    mutating func repeatLast(_ count: Int) {
        for var piece in pieces.elements.suffix(count) where piece.audience == .everyone {
            piece.audience = .followers
            pieces.append(piece)
        }
    }

    mutating func append(
        _ bytes: [UInt8], to stream: OutputStream, for audience: OutputAudience = .everyone, time: () -> EngineTime
    ) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
            let instant = time()
            var line = rest[..<end]
            var beginsLine = true
            while !line.isEmpty {
                let piece = line.prefix(ContainerOutput.pieceSize)
                pieces.append(
                    Piece(
                        stream: stream, bytes: piece, time: instant, run: begunRuns, beginsLine: beginsLine,
                        audience: audience))
                line = line.dropFirst(piece.count)
                beginsLine = false
            }
            rest = rest[end...]
        }
    }
}

/// A reader of a container's output: first what was kept, then what comes until a run ends.
struct OutputReader {
    /// How many pieces are delivered together; few enough that a slow reader holds little.
    private static let batchSize = 64

    private var kept: ArraySlice<ContainerOutput.Piece> = []
    private var position: Int
    private let lastRun: Int
    private let options: LogOptions

    /// A reader of what is printed from here to the end of run `lastRun`.
    init(attachedTo output: ContainerOutput, lastRun: Int) {
        position = output.pieces.end
        self.lastRun = lastRun
        options = LogOptions()
    }

    /// A reader of what was kept, and with `follows` of the rest of the run that goes on.
    init(of output: ContainerOutput, follows: Bool, _ options: LogOptions) {
        position = output.pieces.end
        lastRun = follows ? output.begunRuns : 0
        self.options = options
        kept = output.pieces.elements.filter { $0.audience != .followers && includes($0) }[...]
        if let tail = options.tail { kept = OutputReader.lastLines(tail, of: kept) }
    }

    /// The next batch, nil at the end.
    mutating func next(from output: ContainerOutput) throws -> Attempt<[OutputFrame]?> {
        if !kept.isEmpty {
            let batch = kept.prefix(OutputReader.batchSize)
            kept = kept.dropFirst(batch.count)
            return .done(batch.map(frame))
        }
        guard let fresh = output.pieces.suffix(from: position) else {
            throw EngineError(
                .disconnected, call: "output",
                message: "the reader fell more than \(EngineState.keptLines) lines behind")
        }
        let candidates = fresh.prefix { $0.run <= lastRun }.prefix(OutputReader.batchSize)
        position += candidates.count
        let batch = candidates.filter { $0.audience != .readers && includes($0) }
        if !batch.isEmpty { return .done(batch.map(frame)) }
        if !candidates.isEmpty { return try next(from: output) }
        return output.exitCodes.count >= lastRun || output.isRemoved ? .done(nil) : .wait
    }

    private func includes(_ piece: ContainerOutput.Piece) -> Bool {
        options.streams.contains(piece.stream) && options.since.map { piece.time >= $0 } ?? true
            && options.until.map { piece.time < $0 } ?? true
    }

    private func frame(_ piece: ContainerOutput.Piece) -> OutputFrame {
        let prefix = options.timestamps ? Array((piece.time.rfc3339 + " ").utf8) : []
        return OutputFrame(stream: piece.stream, bytes: prefix.isEmpty ? piece.bytes : (prefix + piece.bytes)[...])
    }

    private static func lastLines(
        _ count: Int, of pieces: ArraySlice<ContainerOutput.Piece>
    ) -> ArraySlice<ContainerOutput.Piece> {
        let beginnings = pieces.indices.filter { pieces[$0].beginsLine }
        guard count < beginnings.count else { return pieces }
        return count <= 0 ? [] : pieces[beginnings[beginnings.count - count]...]
    }
}
