import EngineAPI
package import SinkAPI

/// What one reading takes at most.
package struct ReadLimit: Sendable {
    /// Of the lines' bytes; a single longer line is taken all the same.
    package var bytes: Int
    package var count: Int
    /// Nothing behind this position, and everything up to it: for a batch whose bounds are fixed.
    package var through: UInt64?

    package init(bytes: Int = 1 << 20, count: Int = 5000, through: UInt64? = nil) {
        self.bytes = bytes
        self.count = count
        self.through = through
    }
}

/// What one reading gave.
package struct SpoolReading: Sendable, Equatable {
    /// With rising sequences. The lines of one chunk share its memory.
    package var records: [LogRecord] = []
    /// All positions that it covers, also those without a record.
    package let range: ClosedRange<UInt64>
    /// Those of them whose records the spool once had.
    package var gaps: [SpoolGap] = []
}

/// Reads the spool for one sink, in order, at the sink's own pace. Nobody waits for it.
package actor SpoolReader {
    private nonisolated let executor = BlockingExecutor(label: "gantry.spool.reader")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let sink: String
    private let folder: SpoolFolder
    private let catalog: SegmentCatalog
    /// What is read next.
    private var position: UInt64
    private var walk: SegmentWalk?
    /// The sources of the segment that is read, by reference.
    private var sources: [LogSource?] = []

    /// - Parameter through: what was read before; reading begins behind it.
    init(sink: String, through: UInt64, folder: SpoolFolder, catalog: SegmentCatalog) {
        self.sink = sink
        self.folder = folder
        self.catalog = catalog
        position = through + 1
    }

    /// The next records, as many as are durable and within the limit; waits while there are none.
    ///
    /// With ``ReadLimit/through`` it waits for nothing once everything up to there was read, and returns nil.
    ///
    /// - Throws: `CancellationError`; ``SpoolError/closed(folder:)``; ``FileFailure`` where the disk cannot be read, and
    ///   the same records are read the next time.
    package func next(_ limit: ReadLimit = ReadLimit()) async throws -> SpoolReading? {
        let last = limit.through ?? .max
        let (start, sink) = (position, sink)
        guard start <= last else { return nil }
        while true {
            try Task.checkCancellation()
            var gathered = Gathered(limit: limit)
            do {
                while position <= last, !gathered.isFull, try readOn(&gathered, last: last) {}
            } catch {
                // What was gathered is not handed over.
                position = start
                walk = nil
                throw error
            }
            if position > start {
                return SpoolReading(records: gathered.records, range: start...position - 1, gaps: gathered.gaps)
            }
            try await catalog.wait { [position] contents in
                contents.end > position || contents.isClosed || (contents.evictions[sink] ?? 0) > position
            }
            if catalog.read({ $0.isClosed && $0.end <= position }) { throw SpoolError.closed(folder: folder.path) }
        }
    }

    /// What a reading has so far.
    private struct Gathered {
        let limit: ReadLimit
        var records: [LogRecord] = []
        var gaps: [SpoolGap] = []
        var bytes = 0
        var isFull = false

        mutating func takes(_ length: Int) -> Bool {
            // A batch whose bounds are fixed has no others.
            guard limit.through == nil, !records.isEmpty else { return true }
            isFull = records.count >= limit.count || bytes + length > limit.bytes
            return !isFull
        }
    }

    /// Reads one chunk, or passes what is not there; false where nothing more is durable.
    private func readOn(_ gathered: inout Gathered, last: UInt64) throws -> Bool {
        let (found, eviction, droppedEnd) = catalog.read {
            ($0.segment(for: position), $0.evictions[sink] ?? 0, $0.droppedEnd)
        }
        if eviction > position {
            skip(to: eviction, last, .dropped, &gathered)
            return true
        }
        guard let segment = found else { return false }
        if position < segment.first {
            let cause: SpoolGap.Cause = segment.previousEnd <= droppedEnd ? .dropped : .damaged
            skip(to: segment.previousEnd, last, cause, &gathered)
            // Nothing was ever between the two: a spool whose index was lost goes on far behind what it may have given.
            position = max(position, last < segment.first ? last + 1 : segment.first)
            return true
        }
        do {
            if try readChunk(of: segment, &gathered, last: last) { return true }
        } catch let error as FileFailure where error.isMissing {}
        // The file has less than was written to it, or has gone; perhaps just now, to make room.
        if catalog.read({ contents in !contents.segments.contains { $0.name == segment.name } }) { return true }
        skip(to: segment.end, last, .damaged, &gathered)
        return true
    }

    /// - Returns: whether the segment may have more.
    private func readChunk(of segment: SegmentSummary, _ gathered: inout Gathered, last: UInt64) throws -> Bool {
        if walk?.name != segment.name {
            walk = nil
            sources = []
            walk = try SegmentWalk(folder.path(of: segment.name), name: segment.name)
        }
        guard var walk else { return false }
        self.walk = nil
        defer { self.walk = walk }
        let start = walk
        let hasMore = try walk.advance(to: segment.bytes) { header, payload, bytes in
            if header.kind == .source {
                define(header.reference, SourceDescription.decode(bytes[payload]))
                return true
            }
            guard header.sequence >= position else { return true }
            guard header.sequence <= last, header.sequence < segment.end, gathered.takes(payload.count) else {
                skip(to: min(header.sequence, segment.end), last, .damaged, &gathered)
                gathered.isFull = true
                return false
            }
            skip(to: header.sequence, last, .damaged, &gathered)
            if gathered.records.isEmpty { gathered.records.reserveCapacity(min(gathered.limit.count, 1024)) }
            gathered.bytes += payload.count
            gathered.records.append(
                LogRecord(
                    source: try source(header.reference, segment, from: start),
                    stream: header.stream == 1 ? .stderr : .stdout, time: EngineTime(nanoseconds: header.time),
                    line: bytes[payload], flags: LogRecord.Flags(rawValue: header.flags), sequence: header.sequence,
                    level: LogLevel(rawValue: header.level)))
            position = header.sequence + 1
            return true
        }
        for damage in walk.takeDamage() {
            Quarantine(path: folder.quarantine).keep(damage, from: walk)
            catalog.change { $0.note(damage) }
        }
        return hasMore || position >= segment.end
    }

    /// Passes what is before `end` and not there, as far as it is not behind `last`.
    private func skip(to end: UInt64, _ last: UInt64, _ cause: SpoolGap.Cause, _ gathered: inout Gathered) {
        let end = last < end ? last + 1 : end
        guard end > position else { return }
        gathered.gaps.append(SpoolGap(range: position...end - 1, cause: cause))
        position = end
    }

    // MARK: Sources

    private func define(_ reference: UInt32, _ source: LogSource?) {
        let index = Int(reference)
        guard index < SegmentWriter.mostSources else { return }
        if index >= sources.count { sources += [LogSource?](repeating: nil, count: index + 1 - sources.count) }
        if sources[index] == nil { sources[index] = source }
    }

    /// The source of a reference. Where its first description is damaged, the second is looked for further on.
    private func source(
        _ reference: UInt32, _ segment: SegmentSummary, from start: SegmentWalk
    ) throws -> LogSource {
        let index = Int(reference)
        if index < sources.count, let source = sources[index] { return source }
        var ahead = start
        var found: LogSource?
        while found == nil,
            try ahead.advance(
                to: segment.bytes,
                { header, payload, bytes in
                    if header.kind == .source, header.reference == reference {
                        found = SourceDescription.decode(bytes[payload])
                    }
                    return true
                })
        {}
        define(reference, found ?? SourceDescription.unknown)
        return found ?? SourceDescription.unknown
    }
}
