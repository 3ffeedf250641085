package import ComposePlanner
import FoundationEssentials
import GRDB
import Synchronization

/// The identity of a transaction; objects that it makes carry it in a label.
package struct TransactionID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// A new one: sixteen random hexadecimal digits.
    package init() {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        rawValue = String(repeating: "0", count: 16 - digits.count) + digits
    }
    package var description: String { rawValue }
}

/// Which engine and project a transaction is for. An engine is known by its address.
package struct JournalScope: Hashable, Sendable {
    package let engine: String
    package let project: String

    package init(engine: String, project: String) {
        self.engine = engine
        self.project = project
    }
}

/// A transaction as the journal knows it.
package struct JournaledTransaction: Sendable, Equatable {
    package let id: TransactionID
    /// The command that began it, for messages.
    package let command: String
    /// Whether it is past the point of no return: it is finished, not taken back.
    package let isCommitted: Bool
    package fileprivate(set) var steps: [Step]

    package struct Step: Sendable, Equatable {
        package enum Progress: String, Sendable {
            /// The engine has not been asked.
            case pending
            /// The engine was asked; whether it did anything is not known.
            case intended
            /// The engine did it.
            case done
            /// The engine was asked and has answered that it failed: what it did of it can be seen, and no more comes.
            case failed
            /// It was taken back.
            case undone
        }
        package let operation: Operation
        package let isFinish: Bool
        package fileprivate(set) var progress: Progress
        /// The identifier of what the operation made, or what was noted with it.
        package fileprivate(set) var result: String?
    }
}

/// What has been begun and not ended: written before each engine call, soon after it, and whole at the commit; read when a
/// command starts.
///
/// Every failure of the file's is a ``StateError``.
package struct Journal: Sendable {
    let store: StateStore
    private let steps: StepWriter
    private let running = RunningTransactions()

    package init(_ store: StateStore) {
        self.store = store
        steps = StepWriter(store)
    }

    /// Records a transaction with all of its operations, before the first of them.
    package func begin(_ plan: Plan, in scope: JournalScope, command: String) async throws -> TransactionID {
        let id = TransactionID()
        let encoder = JSONEncoder()
        let steps = try (plan.prepare.map { ($0, false) } + plan.finish.map { ($0, true) }).map { operation, isFinish in
            (operation.id.rawValue, String(decoding: try encoder.encode(operation), as: UTF8.self), isFinish)
        }
        do {
            try await store.write { database in
                try database.execute(
                    sql: #"INSERT INTO "transaction" (id, engine, project, command) VALUES (?, ?, ?, ?)"#,
                    arguments: [id.rawValue, scope.engine, scope.project, command])
                let insert = try database.makeStatement(
                    sql: #"INSERT INTO step ("transaction", operation, content, isFinish) VALUES (?, ?, ?, ?)"#)
                for (operation, content, isFinish) in steps {
                    try insert.execute(arguments: [id.rawValue, operation, content, isFinish])
                }
            }
        } catch var error as StateError {
            error.isBeforeChange = true
            throw error
        }
        running.begin(
            JournaledTransaction(
                id: id, command: command, isCommitted: false,
                steps: plan.prepare.map { .init(operation: $0, isFinish: false, progress: .pending, result: nil) }
                    + plan.finish.map { .init(operation: $0, isFinish: true, progress: .pending, result: nil) }))
        return id
    }

    /// Records that the engine is about to be asked.
    ///
    /// - Parameter start: the start of the container that the operation makes. To take that back is to remove the
    ///   container, whether or not it was started; so both are recorded at once.
    package func intend(
        _ operation: OperationID, andThen start: OperationID? = nil, in transaction: TransactionID
    ) async throws {
        try await steps.begin(
            .init(transaction: transaction, operation: operation),
            and: start.map { .init(transaction: transaction, operation: $0) })
        // Not before: where it cannot be written, the engine is not asked.
        running.set(.intended, result: nil, operation, transaction)
    }

    /// Records that the engine did it, and the identifier of what was made.
    package func complete(_ operation: OperationID, result: String?, in transaction: TransactionID) async throws {
        running.set(.done, result: result, operation, transaction)
        try await steps.end(record(.done, result: result, operation, transaction))
    }

    /// Records that the engine answered with an error, and so will do no more of it.
    package func fail(_ operation: OperationID, in transaction: TransactionID) async throws {
        running.set(.failed, result: nil, operation, transaction)
        try await steps.write(record(.failed, result: nil, operation, transaction))
    }

    /// Notes with an operation what taking it back has to know, should that be interrupted.
    package func note(_ text: String, on operation: OperationID, in transaction: TransactionID) async throws {
        try await store.write { database in
            try database.execute(
                sql: #"UPDATE step SET result = ? WHERE "transaction" = ? AND operation = ?"#,
                arguments: [text, transaction.rawValue, operation.rawValue])
        }
    }

    /// Records that an operation was taken back.
    package func undo(_ operation: OperationID, in transaction: TransactionID) async throws {
        running.set(.undone, result: nil, operation, transaction)
        try await steps.write(record(.undone, result: nil, operation, transaction))
    }

    /// The point of no return. A release is kept, and services are held, exactly when the commit is.
    package func commit(
        _ transaction: TransactionID, holding holds: HoldChange = HoldChange(), releasing release: Release? = nil,
        in scope: JournalScope? = nil
    ) async throws {
        // Whoever finishes it has to know what was made.
        try await steps.flush()
        try await store.write { database in
            try database.execute(
                sql: #"UPDATE "transaction" SET isCommitted = 1 WHERE id = ?"#, arguments: [transaction.rawValue])
            guard let scope else { return }
            try Journal.write(holds, in: scope, database)
            if let release { try Journal.keep(release, in: scope, database) }
        }
    }

    /// Forgets a transaction that is finished or wholly taken back.
    package func end(_ transaction: TransactionID) async throws {
        running.end(transaction)
        try await store.write { database in
            try database.execute(sql: #"DELETE FROM "transaction" WHERE id = ?"#, arguments: [transaction.rawValue])
        }
    }

    /// A transaction as it stands, nil when it has ended.
    package func transaction(_ id: TransactionID) async throws -> JournaledTransaction? {
        try? await steps.flush()
        return try await store.read { database in
            try Row.fetchOne(database, sql: #"SELECT * FROM "transaction" WHERE id = ?"#, arguments: [id.rawValue])
                .map { try Journal.transaction($0, database) }
        }
    }

    /// What this process knows of a transaction that it has begun and not ended, else what the file tells. It is right
    /// also where the file cannot be written or read any more.
    package func account(of id: TransactionID) async throws -> JournaledTransaction? {
        if let transaction = running.transaction(id) { return transaction }
        return try await transaction(id)
    }

    /// The projects of an engine that have transactions which were not ended.
    package func unfinishedProjects(engine: String) async throws -> [String] {
        try await store.read { database in
            try String.fetchAll(
                database, sql: #"SELECT DISTINCT project FROM "transaction" WHERE engine = ? ORDER BY project"#,
                arguments: [engine])
        }
    }

    /// The transactions that were begun and not ended, in the order in which they began.
    package func unfinished(in scope: JournalScope) async throws -> [JournaledTransaction] {
        try await store.read { database in
            try Row.fetchAll(
                database, sql: #"SELECT * FROM "transaction" WHERE engine = ? AND project = ? ORDER BY rowid"#,
                arguments: [scope.engine, scope.project]
            ).map { try Journal.transaction($0, database) }
        }
    }

    private func record(
        _ progress: JournaledTransaction.Step.Progress, result: String?, _ operation: OperationID,
        _ transaction: TransactionID
    ) -> StepWriter.Record {
        StepWriter.Record(
            progress: progress, result: result, step: .init(transaction: transaction, operation: operation))
    }

    /// Throws what reading any transaction would throw.
    static func check(_ database: Database) throws {
        for row in try Row.fetchAll(database, sql: #"SELECT * FROM "transaction""#) {
            _ = try transaction(row, database)
        }
    }

    private static func transaction(_ row: Row, _ database: Database) throws -> JournaledTransaction {
        let id: String = row["id"]
        let decoder = JSONDecoder()
        let steps = try Row.fetchAll(
            database, sql: #"SELECT * FROM step WHERE "transaction" = ? ORDER BY operation"#, arguments: [id]
        ).map { step in
            let content: String = step["content"]
            let progress: String = step["progress"]
            return JournaledTransaction.Step(
                operation: try decoder.decode(Operation.self, from: Data(content.utf8)), isFinish: step["isFinish"],
                progress: .init(rawValue: progress) ?? .intended, result: step["result"])
        }
        return JournaledTransaction(
            id: TransactionID(rawValue: id), command: row["command"], isCommitted: row["isCommitted"], steps: steps)
    }
}

/// The transactions that this process has begun and not ended; an object, because copies of a journal share it.
private final class RunningTransactions: Sendable {
    private struct Entry {
        var transaction: JournaledTransaction
        let places: [OperationID: Int]
    }

    private let all = Mutex<[TransactionID: Entry]>([:])

    func begin(_ transaction: JournaledTransaction) {
        let places = Dictionary(
            transaction.steps.enumerated().map { ($1.operation.id, $0) }, uniquingKeysWith: { first, _ in first })
        all.withLock { $0[transaction.id] = Entry(transaction: transaction, places: places) }
    }

    func end(_ id: TransactionID) { all.withLock { $0[id] = nil } }

    func transaction(_ id: TransactionID) -> JournaledTransaction? { all.withLock { $0[id]?.transaction } }

    func set(
        _ progress: JournaledTransaction.Step.Progress, result: String?, _ operation: OperationID, _ id: TransactionID
    ) {
        all.withLock { all in
            guard let place = all[id]?.places[operation] else { return }
            all[id]?.transaction.steps[place].progress = progress
            if let result { all[id]?.transaction.steps[place].result = result }
        }
    }
}
