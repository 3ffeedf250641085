import Synchronization

/// Where the reader of a stream stands. A stream has one reader, so the lock is never waited for.
final class Cursor<Position: Sendable>: Sendable {
    private let position: Mutex<Position>

    init(_ position: Position) { self.position = Mutex(position) }

    func move<Value: Sendable>(_ body: (inout Position) throws -> Value) throws -> Value {
        try position.withLock { try body(&$0) }
    }
}

/// What an attempt to read comes to.
enum Attempt<Value: Sendable>: Sendable {
    /// Nothing yet: to be tried again after a change.
    case wait
    case done(Value)
}
