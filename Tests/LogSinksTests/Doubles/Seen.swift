import Synchronization

/// What has been seen.
final class Seen: Sendable {
    private let names = Mutex<Set<String>>([])
    /// Whether it is new.
    func insert(_ name: String) -> Bool { names.withLock { $0.insert(name).inserted } }
}
