package import ComposePlanner
import FoundationEssentials
import GRDB

extension Journal {
    /// How many releases of a project are kept: more than one goes back, and with the largest projects a few megabytes.
    package static let keptReleases = 10

    /// The releases of a project, the latest first. One that cannot be read is left out.
    package func releases(in scope: JournalScope) async throws -> [Release] {
        try await store.read { database in
            try Row.fetchAll(
                database,
                sql: #"SELECT number, content FROM "release" WHERE engine = ? AND project = ? ORDER BY number DESC"#,
                arguments: [scope.engine, scope.project]
            ).compactMap(Journal.release)
        }
    }

    /// The latest release of a project.
    package func lastRelease(in scope: JournalScope) async throws -> Release? {
        try await store.read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT number, content FROM "release" WHERE engine = ? AND project = ? ORDER BY number DESC LIMIT 1
                    """,
                arguments: [scope.engine, scope.project]
            ).flatMap(Journal.release)
        }
    }

    /// The images of the releases that are still kept when there is one more. Those of one that cannot be read are
    /// left out.
    package func keptImages(in scope: JournalScope) async throws -> Set<String> {
        // Models are large, so that the rest of a release is not decoded.
        let texts = try await store.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT CASE WHEN json_valid(content) THEN coalesce(json_extract(content, '$.images'), '') ELSE '' END
                    FROM "release" WHERE engine = ? AND project = ? ORDER BY number DESC LIMIT ?
                    """,
                arguments: [scope.engine, scope.project, Journal.keptReleases - 1])
        }
        let images = texts.compactMap { try? JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
        return Set(images.flatMap(\.values))
    }

    /// Gives a release the next number, and forgets the project's oldest where there are too many.
    static func keep(_ release: Release, in scope: JournalScope, _ database: Database) throws {
        let last = try Int.fetchOne(
            database, sql: #"SELECT max(number) FROM "release" WHERE engine = ? AND project = ?"#,
            arguments: [scope.engine, scope.project])
        let number = (last ?? 0) + 1
        try database.execute(
            sql: #"INSERT INTO "release" (engine, project, number, content) VALUES (?, ?, ?, ?)"#,
            arguments: [
                scope.engine, scope.project, number, String(decoding: try JSONEncoder().encode(release), as: UTF8.self),
            ])
        try database.execute(
            sql: #"DELETE FROM "release" WHERE engine = ? AND project = ? AND number <= ?"#,
            arguments: [scope.engine, scope.project, number - keptReleases])
    }

    /// Notes of containers of the latest release whether they are to run, since stopping them is no release of its own.
    package func note(_ containers: Set<String>, areWanted: Bool, in scope: JournalScope) async throws {
        guard !containers.isEmpty, var release = try await lastRelease(in: scope) else { return }
        for index in release.containers.indices where containers.contains(release.containers[index].id) {
            release.containers[index].isWanted = areWanted
        }
        let (number, content) = (
            release.number, String(decoding: try JSONEncoder().encode(release), as: UTF8.self)
        )
        try await store.write { database in
            try database.execute(
                sql: #"UPDATE "release" SET content = ? WHERE engine = ? AND project = ? AND number = ?"#,
                arguments: [content, scope.engine, scope.project, number])
        }
    }

    private static func release(_ row: Row) -> Release? {
        let content: String = row["content"]
        var release = try? JSONDecoder().decode(Release.self, from: Data(content.utf8))
        release?.number = row["number"]
        return release
    }
}
