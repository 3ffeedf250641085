/// Between attempts to reach an engine that does not answer: longer each time, so that one that restarts is found at
/// once and one that is down is left in peace.
package struct Backoff: Sendable {
    private static let shortest: Duration = .milliseconds(100)
    private static let longest: Duration = .seconds(5)

    private var delay = shortest

    package init() {}

    package mutating func next() -> Duration {
        defer { delay = min(delay * 2, Backoff.longest) }
        return delay
    }

    package mutating func reset() { delay = Backoff.shortest }
}
