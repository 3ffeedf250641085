package import EngineAPI
import Synchronization

/// Up to where a container's output is spooled, in the words of whoever captures it.
package struct CapturePosition: Sendable, Equatable {
    package let container: ContainerID
    /// A few dozen bytes that only its maker reads; nil where the container is gone for good.
    package let content: [UInt8]?

    package init(container: ContainerID, content: [UInt8]?) {
        self.container = container
        self.content = content
    }
}

/// The capture positions whose records are durable, and which of them are not committed yet.
final class CapturePositions: Sendable {
    private struct State {
        var current: [ContainerID: [UInt8]]
        var changed: Set<ContainerID> = []
    }

    private let state: Mutex<State>

    init(_ current: [ContainerID: [UInt8]]) { state = Mutex(State(current: current)) }

    subscript(container: ContainerID) -> [UInt8]? { state.withLock { $0.current[container] } }

    /// Takes note of positions whose records are durable.
    func note(_ positions: [CapturePosition]) {
        state.withLock { state in
            for position in positions {
                state.current[position.container] = position.content
                state.changed.insert(position.container)
            }
        }
    }

    /// What is to be committed; it counts as committed from now on, unless it is given back.
    func takeChanges() -> [ContainerID: [UInt8]?] {
        state.withLock { state in
            defer { state.changed = [] }
            return Dictionary(uniqueKeysWithValues: state.changed.map { ($0, state.current[$0]) })
        }
    }

    /// Takes back what could not be committed.
    func giveBack(_ changes: [ContainerID: [UInt8]?]) {
        state.withLock { $0.changed.formUnion(changes.keys) }
    }
}
