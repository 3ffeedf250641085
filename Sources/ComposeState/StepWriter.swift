import ComposePlanner
import GRDB
import Synchronization

/// Writes what becomes of operations, in the order in which it is told. What is told while a write goes on shares the
/// next one.
final class StepWriter: Sendable {
    struct Record: Sendable {
        let progress: JournaledTransaction.Step.Progress
        let result: String?
        let step: Step
    }

    struct Step: Hashable, Sendable {
        let transaction: TransactionID
        let operation: OperationID
    }

    private struct Entry: Sendable {
        var record: Record?
        /// Who is told of the outcome; an entry of nobody's is written again where its write failed.
        var waiter: CheckedContinuation<Void, any Error>?
    }

    private struct State {
        var next: [Entry] = []
        var isScheduled = false
        var underWay: Set<Step> = []
        /// Those that are written as asked for, and are not yet.
        var ahead: Set<Step> = []
    }

    private let store: StateStore
    private let state = Mutex(State())

    init(_ store: StateStore) { self.store = store }

    /// Records that the engine is about to be asked; returns when that is written. `next` is written with it, and then need
    /// not be when it begins.
    func begin(_ step: Step, and next: Step? = nil) async throws {
        let isWritten = state.withLock { state in
            state.underWay.insert(step)
            return state.ahead.remove(step) != nil
        }
        if isWritten { return }
        do {
            if let next { note(Record(progress: .intended, result: nil, step: next)) }
            try await add(Record(progress: .intended, result: nil, step: step))
        } catch {
            state.withLock { _ = $0.underWay.remove(step) }
            throw error
        }
        if let next { _ = state.withLock { $0.ahead.insert(next) } }
    }

    /// Records an outcome. While the engine is at others, that waits for the next record, which will come: a recovery looks
    /// for what an unanswered call has done, and so finds what one did whose answer was not written.
    func end(_ record: Record) async throws {
        let othersFollow = state.withLock { state in
            state.underWay.remove(record.step)
            return !state.underWay.isEmpty
        }
        if othersFollow { note(record) } else { try await write(record) }
    }

    /// Returns when a record, and all before it, are written.
    func write(_ record: Record) async throws {
        _ = state.withLock { $0.underWay.remove(record.step) }
        try await add(record)
    }

    /// Returns when all that was told is written.
    func flush() async throws {
        if state.withLock({ $0.isScheduled || !$0.next.isEmpty }) { try await add(nil) }
    }

    private func note(_ record: Record) { state.withLock { $0.next.append(Entry(record: record)) } }

    private func add(_ record: Record?) async throws {
        try await withCheckedThrowingContinuation { waiter in
            let isFirst = state.withLock { state in
                state.next.append(Entry(record: record, waiter: waiter))
                defer { state.isScheduled = true }
                return !state.isScheduled
            }
            if isFirst { store.enqueue { self.writeAll($0) } }
        }
    }

    private func writeAll(_ database: Database) {
        let entries = state.withLock { state in
            defer { (state.next, state.isScheduled) = ([], false) }
            return state.next
        }
        do {
            try inTransaction(database) {
                let statement = try database.cachedStatement(
                    sql: """
                        UPDATE step SET progress = ?, result = coalesce(?, result)
                        WHERE "transaction" = ? AND operation = ?
                        """)
                for record in entries.lazy.compactMap(\.record) {
                    try statement.execute(
                        arguments: [
                            record.progress.rawValue, record.result, record.step.transaction.rawValue,
                            record.step.operation.rawValue,
                        ])
                }
            }
            for entry in entries { entry.waiter?.resume() }
        } catch {
            state.withLock { $0.next.insert(contentsOf: entries.filter { $0.waiter == nil }, at: 0) }
            let error = store.described(error)
            for entry in entries { entry.waiter?.resume(throwing: error) }
        }
    }

    /// The database's own would be parsed anew each time, which costs more than what is written.
    private func inTransaction(_ database: Database, _ body: () throws -> Void) throws {
        try database.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
        do {
            try body()
            try database.cachedStatement(sql: "COMMIT").execute()
        } catch {
            try? database.rollback()
            throw error
        }
    }
}
