package import EngineAPI
package import SinkAPI

/// What tells a record from others of its container, so that one that is read again is known again.
package struct RecordIdentity: Hashable, Sendable {
    package let stream: OutputStream
    package let time: EngineTime
    /// Of the line's bytes. It is no secret and no proof: who makes two lines with the same hash and time makes one of
    /// their own lines disappear.
    package let hash: UInt64

    package init(_ record: LogRecord) {
        self.init(stream: record.stream, time: record.time, hash: record.line.withUnsafeBytes(RecordIdentity.hash))
    }

    init(stream: OutputStream, time: EngineTime, hash: UInt64) {
        self.stream = stream
        self.time = time
        self.hash = hash
    }

    /// Eight bytes a step, each mixed in by a multiplication and a shift.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        // An odd number with as many ones as zeros, without a pattern: the golden ratio's fraction.
        let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
        var state = UInt64(bytes.count) &* factor
        var position = 0
        while position + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            state = (state ^ word) &* factor
            state ^= state >> 32
            position += 8
        }
        var word: UInt64 = 0
        for byte in bytes[position...] { word = word << 8 | UInt64(byte) }
        state = (state ^ word) &* factor
        return state ^ state >> 29
    }
}

/// The records that a container wrote last, as far as they are in the segments.
enum SpoolTail {
    /// Of one container: what an engine may give again out of order. More would take memory without end.
    static let mostIdentities = 256 << 10

    /// The identities of the records at or after each container's time, in the order in which they were spooled; the last
    /// ``mostIdentities`` of each. Blocks; goes once through those segments that have such records.
    static func identities(
        since times: [ContainerID: EngineTime], in segments: [SegmentSummary], _ folder: SpoolFolder
    ) throws -> [ContainerID: [RecordIdentity]] {
        var tails: [ContainerID: [RecordIdentity]] = [:]
        for segment in segments
        where times.contains(where: { container, time in segment.newest[container].map { $0 >= time } ?? false }) {
            guard var walk = try? SegmentWalk(folder.path(of: segment.name), name: segment.name) else { continue }
            var containers: [UInt32: ContainerID] = [:]
            while try walk.advance(
                to: segment.bytes,
                { header, payload, bytes in
                    guard header.sequence < segment.end else { return true }
                    if header.kind == .source {
                        containers[header.reference] = SourceDescription.decode(bytes[payload])?.container
                        return true
                    }
                    guard let container = containers[header.reference], let since = times[container],
                        header.time >= since.nanoseconds
                    else { return true }
                    tails[container, default: []].append(
                        RecordIdentity(
                            stream: header.stream == 1 ? .stderr : .stdout,
                            time: EngineTime(nanoseconds: header.time),
                            hash: bytes[payload].withUnsafeBytes(RecordIdentity.hash)))
                    return true
                })
            {}
            for (container, tail) in tails where tail.count > mostIdentities {
                tails[container] = Array(tail.suffix(mostIdentities))
            }
        }
        return tails
    }
}
