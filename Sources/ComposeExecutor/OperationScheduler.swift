import ComposePlanner

/// Runs operations, each as soon as what it needs is done.
struct OperationScheduler: Sendable {
    /// What a failure means for the others.
    enum Policy: Sendable {
        /// Nothing further begins, waits end, and calls in flight are let finish.
        case stopAtFailure
        /// Everything is tried; one whose need failed is tried too, unless it comes after a guard that failed.
        case carryOn
    }

    /// Why an operation was not tried.
    struct Skipped: Error, CustomStringConvertible {
        /// The guard that failed.
        let failed: Operation
        var description: String { "was not done, because \(failed.action.hook ?? failed.action.description) failed" }
    }

    /// An operation that threw.
    struct Failure: Sendable {
        let operation: Operation
        let error: any Error
    }

    let parallel: Int
    let policy: Policy

    /// Runs all of `operations`, at most `parallel` at once; waits do not count.
    ///
    /// Returns the failures in the order in which they happened, and after them a `CancellationError` for each
    /// operation that never began. Cancelling the calling task stops as a failure does under `.stopAtFailure`.
    func run(
        _ operations: [Operation], _ perform: @escaping @Sendable (Operation) async throws -> Void
    ) async -> [Failure] {
        var queue = Queue(operations)
        var failures: [Failure] = []
        var running = 0
        await withTaskGroup(of: (Operation, (any Error)?).self) { group in
            func launch() {
                while !isStopped(failures), let next = queue.next(withPlaces: running < parallel) {
                    if !next.action.isWait { running += 1 }
                    group.addTask {
                        do {
                            try await perform(next)
                            return (next, nil)
                        } catch {
                            return (next, error)
                        }
                    }
                }
            }
            launch()
            while let (operation, error) = await group.next() {
                if !operation.action.isWait { running -= 1 }
                if let error { failures.append(Failure(operation: operation, error: error)) }
                if isStopped(failures) {
                    group.cancelAll()
                } else if error != nil, operation.action.isGuard {
                    failures += queue.skip(after: operation.id)
                        .map { Failure(operation: $0, error: Skipped(failed: operation)) }
                } else {
                    queue.finished(operation.id)
                }
                launch()
            }
        }
        return failures + queue.rest.map { Failure(operation: $0, error: CancellationError()) }
    }

    private func isStopped(_ failures: [Failure]) -> Bool {
        Task.isCancelled || policy == .stopAtFailure && failures.contains { !$0.operation.isOptional }
    }

    /// Operations that have not begun: those that may, and those that still need something.
    private struct Queue {
        private var ready: [Operation] = []
        private var waiting: [OperationID: Operation] = [:]
        private var missing: [OperationID: Int] = [:]
        private var dependents: [OperationID: [OperationID]] = [:]

        init(_ operations: [Operation]) {
            let known = Set(operations.map(\.id))
            for operation in operations {
                let needs = operation.needs.filter(known.contains)
                if needs.isEmpty {
                    ready.append(operation)
                } else {
                    waiting[operation.id] = operation
                    missing[operation.id] = needs.count
                    for need in needs { dependents[need, default: []].append(operation.id) }
                }
            }
            ready.sort { $0.id > $1.id }
        }

        var rest: [Operation] { (ready + waiting.values).sorted { $0.id < $1.id } }

        /// The next operation that may begin; without places only a wait.
        mutating func next(withPlaces hasPlace: Bool) -> Operation? {
            if hasPlace { return ready.popLast() }
            guard let index = ready.lastIndex(where: \.action.isWait) else { return nil }
            return ready.remove(at: index)
        }

        /// Takes out all that needs an operation, directly or through others.
        mutating func skip(after id: OperationID) -> [Operation] {
            (dependents.removeValue(forKey: id) ?? []).flatMap { dependent in
                guard let operation = waiting.removeValue(forKey: dependent) else { return [Operation]() }
                return [operation] + skip(after: dependent)
            }
        }

        mutating func finished(_ id: OperationID) {
            for dependent in dependents.removeValue(forKey: id) ?? [] {
                missing[dependent, default: 0] -= 1
                guard missing[dependent] == 0, let operation = waiting.removeValue(forKey: dependent) else { continue }
                // Kept in falling order, so that the last is the one with the lowest number.
                let position = ready.firstIndex { $0.id < dependent } ?? ready.endIndex
                ready.insert(operation, at: position)
            }
        }
    }
}
