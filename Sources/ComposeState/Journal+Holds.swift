package import ComposePlanner
import GRDB

extension Journal {
    /// Which services of a project are up only because others depend on them, and which runs hold some while they live.
    package func holds(in scope: JournalScope) async throws -> HoldSet {
        let unheld = try await store.read { database in
            try String.fetchSet(
                database, sql: "SELECT service FROM unheld WHERE engine = ? AND project = ?",
                arguments: [scope.engine, scope.project])
        }
        return HoldSet(unheld: unheld, runs: try await livingRuns(in: scope))
    }

    /// Records what a command that has no transaction made of the holds.
    package func change(_ holds: HoldChange, in scope: JournalScope) async throws {
        try await store.write { try Journal.write(holds, in: scope, $0) }
    }

    static func write(_ holds: HoldChange, in scope: JournalScope, _ database: Database) throws {
        for service in holds.held.sorted() {
            try database.execute(
                sql: "DELETE FROM unheld WHERE engine = ? AND project = ? AND service = ?",
                arguments: [scope.engine, scope.project, service])
        }
        for service in holds.unheld.sorted() {
            try database.execute(
                sql: "INSERT OR IGNORE INTO unheld (engine, project, service) VALUES (?, ?, ?)",
                arguments: [scope.engine, scope.project, service])
        }
        if let run = holds.run { try own(holds.unheld, run, in: scope, database) }
    }
}
