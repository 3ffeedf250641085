package import EngineAPI

/// What is known of a segment without reading it.
package struct SegmentSummary: Sendable, Equatable {
    let name: SegmentName
    /// The sequence at which the one before it ended, or ends.
    let previousEnd: UInt64
    /// The sequence after its last line.
    package var end: UInt64
    /// Durable bytes.
    package var bytes: Int
    package var oldest: EngineTime?
    /// The latest time of each container's lines.
    var newest: [ContainerID: EngineTime] = [:]

    package var first: UInt64 { name.first }

    mutating func note(_ time: EngineTime, of container: ContainerID) {
        oldest = min(oldest ?? time, time)
        newest[container] = max(newest[container] ?? time, time)
    }
}
