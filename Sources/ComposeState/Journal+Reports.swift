import FoundationEssentials
import GRDB

extension Journal {
    /// How many reports of a project are kept: more than one looks back for, and with their lines bounded less than a
    /// megabyte.
    package static let keptReports = 20

    /// Keeps a report, and forgets the project's oldest where there are too many.
    package func keep(_ report: FailureReport) async throws {
        let content = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        try await store.write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO report (id, engine, project, content) VALUES (?, ?, ?, ?)",
                arguments: [report.id, report.engine, report.project, content])
            try database.execute(
                sql: """
                    DELETE FROM report WHERE engine = ? AND project = ? AND rowid NOT IN (
                        SELECT rowid FROM report WHERE engine = ? AND project = ? ORDER BY rowid DESC LIMIT ?
                    )
                    """,
                arguments: [report.engine, report.project, report.engine, report.project, Journal.keptReports])
        }
    }

    /// The reports of a project, the latest first. One that cannot be read is left out.
    package func reports(in scope: JournalScope) async throws -> [FailureReport] {
        try await store.read { database in
            try String.fetchAll(
                database, sql: "SELECT content FROM report WHERE engine = ? AND project = ? ORDER BY rowid DESC",
                arguments: [scope.engine, scope.project]
            ).compactMap { try? JSONDecoder().decode(FailureReport.self, from: Data($0.utf8)) }
        }
    }
}
