/// Lets a bounded number of scenarios run at the same time, in the order in which they came.
///
/// An engine on a small machine gains nothing from more, and scenarios that starve fail for no reason of their own.
actor Gate {
    /// The only one: all scenarios share an engine.
    static let shared = Gate(places: 3)

    private let places: Int
    private var free: Int
    private var waiting: [(places: Int, continuation: CheckedContinuation<Void, Never>)] = []

    private init(places: Int) {
        self.places = places
        free = places
    }

    /// Runs `body` when there is room for it; alone, if it asks for that.
    func enter<Result: Sendable>(alone: Bool, _ body: @Sendable () async throws -> Result) async rethrows -> Result {
        let needed = alone ? places : 1
        if !waiting.isEmpty || free < needed {
            await withCheckedContinuation { waiting.append((needed, $0)) }
        } else {
            free -= needed
        }
        defer { leave(needed) }
        return try await body()
    }

    private func leave(_ count: Int) {
        free += count
        while let next = waiting.first, next.places <= free {
            free -= next.places
            waiting.removeFirst()
            next.continuation.resume()
        }
    }
}

/// A wait that has not come to its end in time.
struct DeadlinePassed: Error, CustomStringConvertible {
    let limit: Duration
    let what: String
    var description: String { "\(what) took longer than \(limit)" }
}

/// Runs `body`, cancelled when `limit` has passed.
func withDeadline<Result: Sendable>(
    _ limit: Duration, _ what: String, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw DeadlinePassed(limit: limit, what: what)
        }
        return result
    }
}
