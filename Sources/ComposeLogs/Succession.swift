package import EngineAPI
package import SinkAPI

/// Tells the end of the last container from the gap before another takes its place.
///
/// A container that ends by itself is over, unless the engine restarts it. One that was killed may be in the middle of
/// a `docker restart` or of its replacement: then another look, a while later, decides.
package struct Succession: Sendable {
    /// How long nothing may run before it counts as the end. Between the end of the old and the start of the new there
    /// are a few calls, tenths of a second on a busy host; longer would only hold up who waits for the end.
    package static let grace: Duration = .seconds(2)

    /// Whether something may still come when nothing runs.
    package private(set) var isPossible = false

    package init() {}

    /// Takes note of an event of a followed container.
    package mutating func happened(_ action: String) { if action == "kill" { isPossible = true } }

    /// The engine is about to restart a container, or events may have been missed.
    package mutating func expect() { isPossible = true }

    /// Takes the list of containers after the grace: what is about to be restarted is waited for, and what was made
    /// meanwhile and not started yet, which a replacement is while its predecessor is taken away.
    ///
    /// - Parameter isOld: whether the container was there from the beginning; one that was never started may never be.
    package mutating func looked(
        at containers: [(source: LogSource, state: ContainerState)], isOld: (ContainerID) -> Bool
    ) {
        isPossible = containers.contains { source, state in
            state == .restarting || state == .created && !isOld(source.container)
        }
    }
}
