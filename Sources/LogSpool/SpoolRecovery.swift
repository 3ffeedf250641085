import EngineAPI
import SinkAPI

/// Goes through the segments that a spool finds when it is opened, and says what is left of them.
struct SpoolRecovery {
    /// What is found in a segment.
    private struct Found {
        var summary: SegmentSummary
        var damage: [SpoolDamage]
        /// Where the last record ends.
        var recordsEnd: Int
        let size: Int
    }

    private(set) var segments: [SegmentSummary] = []
    private(set) var report = OpeningReport()
    /// No sequence from here on was ever used, as far as the segments tell.
    private(set) var next: UInt64 = 1

    /// Reads all segments in the folder, copies damaged parts aside, cuts off what is behind the last record, and removes
    /// a last segment without any.
    ///
    /// - Throws: ``SpoolError/newer(folder:)``, and `unusable` where the folder cannot be read; never for damage.
    init(_ folder: SpoolFolder, files: any SpoolFiles) throws {
        let names = try folder.segments()
        let headers = names.map { SpoolRecovery.header(folder, $0) }
        for header in headers where (header?.version ?? 0) > SegmentHeader.currentVersion {
            throw SpoolError.newer(folder: folder.path)
        }
        let quarantine = Quarantine(path: folder.quarantine)
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            // Without the next header its name must do: what was written and not confirmed counts as kept then.
            let end = isLast ? UInt64.max : headers[index + 1]?.previousEnd ?? names[index + 1].first
            var walk: SegmentWalk
            do { walk = try SegmentWalk(folder.path(of: name), name: name) } catch {
                report.add(SpoolDamage(segment: name, bytes: 0..<0, records: 0))
                continue
            }
            var found = SpoolRecovery.scan(&walk, previousEnd: headers[index]?.previousEnd ?? name.first, until: end)
            if isLast, found.size > found.recordsEnd {
                cut(&found)
                let torn = SpoolDamage(segment: name, bytes: found.recordsEnd..<found.size, records: 0)
                quarantine.keep(torn, from: walk)
                try? files.truncate(folder.path(of: name), to: found.recordsEnd)
            }
            noteMissing(before: found.summary)
            if headers[index] == nil, found.size > 0, !(isLast && found.summary.end == name.first) {
                found.damage.insert(
                    SpoolDamage(segment: name, bytes: 0..<min(SegmentHeader.size, found.size), records: 0), at: 0)
            }
            for damage in found.damage {
                report.add(damage)
                quarantine.keep(damage, from: walk)
            }
            next = max(next, name.first, found.summary.end)
            // As many records as can have been there: a number that may have been used is not used again.
            if isLast, report.cutBytes > 0 { next += UInt64(report.cutBytes / RecordHeader.size + 1) }
            if isLast, found.summary.end == name.first {
                try? files.remove(folder.path(of: name))
            } else {
                segments.append(found.summary)
            }
        }
    }

    private static func header(_ folder: SpoolFolder, _ name: SegmentName) -> SegmentHeader? {
        try? SegmentWalk(folder.path(of: name), name: name).header()
    }

    /// - Parameter end: the sequence at which the next segment says that this one ends.
    private static func scan(_ walk: inout SegmentWalk, previousEnd: UInt64, until end: UInt64) -> Found {
        var summary = SegmentSummary(name: walk.name, previousEnd: previousEnd, end: walk.name.first, bytes: 0)
        var containers: [UInt32: ContainerID] = [:]
        var newest: [UInt32: Int64] = [:]
        var oldest: Int64?
        let size = walk.size
        var damage: [SpoolDamage] = []
        var recordsEnd = SegmentHeader.size
        var isOver = false
        do {
            var hasMore = true
            while hasMore, !isOver {
                let begin = walk.offset
                hasMore = try walk.advance(to: size) { header, payload, bytes in
                    guard header.sequence < end || header.kind == .source else {
                        isOver = true
                        return false
                    }
                    if header.kind == .source {
                        containers[header.reference] = SourceDescription.decode(bytes[payload])?.container
                    } else {
                        newest[header.reference] = max(newest[header.reference] ?? header.time, header.time)
                        oldest = min(oldest ?? header.time, header.time)
                        summary.end = header.sequence + 1
                    }
                    recordsEnd = begin + payload.upperBound
                    return true
                }
                damage += walk.takeDamage()
            }
        } catch {
            // The disk does not give the rest back.
            damage.append(SpoolDamage(segment: walk.name, bytes: walk.offset..<max(walk.offset, size), records: 0))
        }
        summary.oldest = oldest.map(EngineTime.init(nanoseconds:))
        for (reference, time) in newest {
            summary.note(
                EngineTime(nanoseconds: time), of: containers[reference] ?? SourceDescription.unknown.container)
        }
        // What a failed write left behind the records that count is no damage.
        if summary.end >= end { isOver = true }
        if isOver { damage.removeAll { $0.bytes.lowerBound >= recordsEnd } }
        summary.bytes = isOver ? recordsEnd : size
        return Found(summary: summary, damage: damage, recordsEnd: recordsEnd, size: size)
    }

    /// Takes what is behind the last record for what a crash interrupted.
    private mutating func cut(_ found: inout Found) {
        report.cutBytes = found.size - found.recordsEnd
        found.summary.bytes = found.recordsEnd
        found.damage.removeAll { $0.bytes.lowerBound >= found.recordsEnd }
    }

    /// Counts what the segment before ended with, as this one says, and is not there.
    private mutating func noteMissing(before segment: SegmentSummary) {
        guard let last = segments.last, segment.previousEnd > last.end else { return }
        report.add(
            SpoolDamage(segment: last.name, bytes: last.bytes..<last.bytes, records: segment.previousEnd - last.end))
    }
}
