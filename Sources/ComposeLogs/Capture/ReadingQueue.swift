/// Lets one reading at a time have the engine, in the order in which they ask: reading all that an engine keeps of a
/// container makes it decode as much.
package final class ReadingQueue: Sendable {
    private let places = BoundedQueue<Void>(capacity: 1)

    package init() {}

    /// Runs `body` when it is its turn.
    func run<Value>(_ body: () async throws -> Value) async throws -> Value {
        guard await places.send(()) else { throw CancellationError() }
        defer { _ = places.poll() }
        return try await body()
    }
}
