import EngineAPI
import SinkAPI

/// Writes one segment after another: records are encoded into a buffer, and committed together.
struct SegmentWriter {
    /// Of one segment; each is described in it twice.
    static let mostSources = 1 << 16

    private let folder: SpoolFolder
    private let files: any SpoolFiles
    private let epoch: UInt32
    private let buffer = WriteBuffer()

    /// The segment that is written; its file is made by its first commit.
    private var descriptor: Int32?
    private(set) var segment: SegmentSummary?
    /// Its sources by their references, kept so that an object's identity stays its own.
    private var sources: [LogSource] = []
    private var references: [ObjectIdentifier: UInt32] = [:]
    /// The latest time of each source in the buffer, by reference.
    private var newest: [Int64?] = []
    private var end: UInt64 = 0

    init(folder: SpoolFolder, files: any SpoolFiles, epoch: UInt32) {
        self.folder = folder
        self.files = files
        self.epoch = epoch
    }

    /// Bytes that are not durable yet.
    var pending: Int { buffer.count }
    /// Of the segment, with what is not durable yet.
    var size: Int { (segment?.bytes ?? 0) + buffer.count }
    var isFullOfSources: Bool { sources.count >= SegmentWriter.mostSources }

    /// How many bytes records take, without their sources' descriptions.
    ///
    /// - Throws: ``SpoolError/tooLarge(bytes:limit:)`` for a line that no segment can hold.
    static func size(of records: [LogRecord]) throws(SpoolError) -> Int {
        var size = 0
        for index in records.indices {
            let length = records[index].line.count
            guard length <= RecordHeader.longestPayload else {
                throw .tooLarge(bytes: length, limit: RecordHeader.longestPayload)
            }
            size += RecordHeader.size + length
        }
        return size
    }

    // MARK: Encoding

    /// Puts records into the buffer, with rising sequences from `first`; begins a segment where there is none.
    ///
    /// - Parameter previousEnd: where the segments end that are there.
    mutating func encode(_ records: [LogRecord], from first: UInt64, previousEnd: UInt64) {
        if segment == nil { begin(first, previousEnd: previousEnd) }
        let known = sources.count
        var sequence = first
        // By index, and run by run: to take a record out of the array costs more than to write it.
        records.withUnsafeBufferPointer { records in
            var next = 0
            while next < records.count {
                let source = records[next].source
                let reference = refer(to: source, before: sequence)
                var latest = Int64.min
                let (buffer, epoch) = (buffer, epoch)
                while next < records.count, records[next].source === source {
                    let time = records[next].time.nanoseconds
                    latest = max(latest, time)
                    let header = RecordHeader(
                        kind: .line, stream: records[next].stream == .stderr ? 1 : 0,
                        flags: records[next].flags.rawValue,
                        level: records[next].level?.rawValue ?? RecordHeader.noLevel, sequence: sequence, time: time,
                        reference: reference, length: records[next].line.count)
                    records[next].line.withUnsafeBytes { buffer.append(header, $0, seed: epoch) }
                    sequence += 1
                    next += 1
                }
                note(latest, of: reference)
            }
        }
        // Again, some way behind, so that no single damage takes both descriptions.
        for index in known..<sources.count { describe(sources[index], UInt32(index), before: sequence) }
        end = sequence
    }

    private mutating func begin(_ first: UInt64, previousEnd: UInt64) {
        segment = SegmentSummary(
            name: SegmentName(first: first, epoch: epoch), previousEnd: previousEnd, end: first, bytes: 0)
        let header = SegmentHeader(first: first, previousEnd: previousEnd).bytes
        header.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress {
                buffer.extend(by: bytes.count)?.copyMemory(from: base, byteCount: bytes.count)
            }
        }
    }

    private mutating func refer(to source: LogSource, before sequence: UInt64) -> UInt32 {
        if let reference = references[ObjectIdentifier(source)] { return reference }
        let reference = UInt32(sources.count)
        references[ObjectIdentifier(source)] = reference
        sources.append(source)
        newest.append(nil)
        describe(source, reference, before: sequence)
        return reference
    }

    private func describe(_ source: LogSource, _ reference: UInt32, before sequence: UInt64) {
        let description = SourceDescription.encode(source)
        let header = RecordHeader(kind: .source, sequence: sequence, reference: reference, length: description.count)
        description.withUnsafeBytes { buffer.append(header, $0, seed: epoch) }
    }

    private mutating func note(_ time: Int64, of reference: UInt32) {
        let index = Int(reference)
        newest[index] = max(newest[index] ?? time, time)
    }

    // MARK: Committing

    /// Makes what is in the buffer durable, and returns the segment as it is then.
    ///
    /// After an error nothing of it is kept: call ``abandon()``.
    mutating func commit() throws(FileFailure) -> SegmentSummary? {
        guard var segment, buffer.count > 0 else { return nil }
        let file: Int32
        if let descriptor {
            file = descriptor
        } else {
            file = try files.create(folder.path(of: segment.name))
            descriptor = file
        }
        try files.write(buffer.bytes, to: file, at: segment.bytes)
        try files.synchronize(file)
        // The name of a new file is as durable as its bytes.
        if segment.bytes == 0 { try files.synchronizeFolder(folder.path) }
        segment.bytes += buffer.count
        segment.end = end
        for (index, time) in newest.enumerated() {
            guard let time else { continue }
            segment.note(EngineTime(nanoseconds: time), of: sources[index].container)
            newest[index] = nil
        }
        buffer.removeAll()
        self.segment = segment
        return segment
    }

    /// Drops what is in the buffer and ends the segment with what is durable of it: what an error left behind that must
    /// not be written on to.
    mutating func abandon() {
        buffer.removeAll()
        if descriptor != nil, let segment {
            if segment.bytes == 0 {
                try? files.remove(folder.path(of: segment.name))
            } else {
                // Where this fails too, the next segment's header says where this one ends.
                try? files.truncate(folder.path(of: segment.name), to: segment.bytes)
            }
        }
        seal()
    }

    /// Ends the segment; the next record begins another one. Nothing may be in the buffer.
    mutating func seal() {
        if let descriptor { files.close(descriptor) }
        descriptor = nil
        segment = nil
        sources = []
        references = [:]
        newest = []
    }
}
