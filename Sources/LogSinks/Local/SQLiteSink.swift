import EngineAPI
import GRDB
import SinkAPI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// An SQLite database: `sqlite:./logs.db`.
///
/// Settings: `keep.age` and `keep.size` (older records are removed, in steps, when they are exceeded; kept for ever
/// unless it is said otherwise), `search` (an FTS5 index over the messages, false).
///
/// Table `log`: `uid` (unique), `time` (RFC 3339), `nanoseconds` (since 1970), `project`, `service`, `replica`, `name`,
/// `container`, `stream`, `level`, `flags`, `message`; one that is not UTF-8, or has a NUL, is a BLOB. With `search`,
/// `log_search` is its index. Effectively once: what comes twice has the same `uid`. A batch is one transaction, on the
/// disk when it is acknowledged.
actor SQLiteSink: Sink {
    nonisolated let limits = BatchLimits.ordered

    private let path: String
    private let keepAge: Duration?
    private let keepSize: Int?
    private let isSearched: Bool
    private var queue: DatabaseQueue?

    /// A receiver's other readers may hold the database for so long.
    private static let patience: Double = 10
    /// Records that one delivery removes at most, so that it does not take long.
    private static let removedAtOnce = 20_000
    /// Smaller databases hold hardly more than their own tables.
    private static let smallestSize = 1 << 20
    private static let longestAge = Duration.seconds(100 * 366 * 86_400)

    init(_ location: SinkLocation) throws {
        var settings = SinkSettings(location)
        path = location.host + location.path
        guard location.transport.isEmpty, !path.isEmpty, !path.hasSuffix("/") else {
            throw SinkConfigurationError("\(location.text) names no file, as sqlite:./logs.db does")
        }
        keepAge = try settings.duration("keep.age", most: SQLiteSink.longestAge)
        keepSize = try settings.byteCount("keep.size", in: SQLiteSink.smallestSize...Int.max)
        isSearched = try settings.flag("search") ?? false
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        let (keepAge, keepSize) = (keepAge, keepSize)
        do {
            try await opened().write { database in
                try SQLiteSink.insert(batch, into: database)
                try SQLiteSink.remove(from: database, before: batch, age: keepAge, size: keepSize)
            }
        } catch let error as DatabaseError {
            queue = nil
            throw failure(error)
        }
        return [:]
    }

    private static func insert(_ batch: RecordBatch, into database: Database) throws {
        var timeText = TimeText()
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO log (uid, time, nanoseconds, project, service, replica, name, container, stream, level, flags, message)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uid) DO NOTHING
                """)
        for record in batch.records {
            var time: [UInt8] = []
            timeText.append(record.time, as: .rfc3339, to: &time)
            // A text ends at its first NUL.
            let text = record.line.contains(0) ? nil : String(validating: record.line, as: UTF8.self)
            let source = record.source
            try statement.execute(arguments: [
                batch.uid(of: record), String(decoding: time, as: UTF8.self), record.time.nanoseconds, source.project,
                source.service, source.number, source.name, source.container.rawValue, record.stream.rawValue,
                record.level?.name, record.flags.isEmpty ? nil : record.flags.names.joined(separator: ","),
                text.map { $0.databaseValue } ?? Data(record.line).databaseValue,
            ])
        }
    }

    private static func remove(
        from database: Database, before batch: RecordBatch, age: Duration?, size: Int?
    ) throws {
        if let age, let newest = batch.records.last?.time.nanoseconds {
            try database.execute(
                sql: """
                    DELETE FROM log WHERE rowid IN
                    (SELECT rowid FROM log INDEXED BY log_time WHERE nanoseconds < ? ORDER BY nanoseconds LIMIT ?)
                    """, arguments: [newest - age.nanoseconds, SQLiteSink.removedAtOnce])
        }
        guard let size else { return }
        let used = try Int.fetchOne(
            database,
            sql: """
                SELECT (page_count - freelist_count) * page_size
                FROM pragma_page_count, pragma_freelist_count, pragma_page_size
                """)
        // Twice what comes in, so that it shrinks.
        if let used, used > size {
            try database.execute(
                sql: "DELETE FROM log WHERE rowid IN (SELECT rowid FROM log ORDER BY rowid LIMIT ?)",
                arguments: [min(batch.records.count * 2, SQLiteSink.removedAtOnce)])
        }
    }

    private func opened() async throws -> DatabaseQueue {
        if let queue { return queue }
        let (path, isSearched) = (path, isSearched)
        let opened = try await onBlockingThread { try SQLiteSink.open(path, isSearched: isSearched) }
        queue = opened
        return opened
    }

    private static func open(_ path: String, isSearched: Bool) throws -> DatabaseQueue {
        try LogFile.makeFolders(of: path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(patience)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS log (
                        uid TEXT NOT NULL UNIQUE, time TEXT NOT NULL, nanoseconds INTEGER NOT NULL, project TEXT,
                        service TEXT NOT NULL, replica INTEGER NOT NULL, name TEXT NOT NULL, container TEXT NOT NULL,
                        stream TEXT NOT NULL, level TEXT, flags TEXT, message NOT NULL);
                    CREATE INDEX IF NOT EXISTS log_time ON log (nanoseconds);
                    CREATE INDEX IF NOT EXISTS log_service ON log (project, service, nanoseconds);
                    """)
            guard isSearched else { return }
            let isNew = try !database.tableExists("log_search")
            try database.execute(
                sql: """
                    CREATE VIRTUAL TABLE IF NOT EXISTS log_search USING fts5(message, content='log', content_rowid='rowid');
                    CREATE TRIGGER IF NOT EXISTS log_added AFTER INSERT ON log BEGIN
                        INSERT INTO log_search (rowid, message) VALUES (new.rowid, new.message);
                    END;
                    CREATE TRIGGER IF NOT EXISTS log_removed AFTER DELETE ON log BEGIN
                        INSERT INTO log_search (log_search, rowid, message) VALUES ('delete', old.rowid, old.message);
                    END;
                    """)
            if isNew { try database.execute(sql: "INSERT INTO log_search (log_search) VALUES ('rebuild')") }
        }
        return queue
    }

    private func failure(_ error: DatabaseError) -> SinkFailure {
        let text = "the database \(path) cannot be written: \(error.message ?? "\(error.resultCode)")"
        return switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_ERROR, .SQLITE_AUTH, .SQLITE_PERM:
            .misconfigured(text)
        default: .unavailable(text)
        }
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {
        do {
            _ = try await opened()
        } catch let error as DatabaseError {
            throw failure(error)
        }
        await step("the database \(path) is open")
    }

    func shutDown() async {
        try? queue?.close()
        queue = nil
    }
}

/// `sqlite:PATH`: see ``SQLiteSink``.
enum SQLiteSinkKind: SinkKind {
    static let scheme = "sqlite"
    static let form = "sqlite:./logs.db"
    static let summary = "an SQLite database"
    static func make(_ location: SinkLocation) throws -> any Sink { try SQLiteSink(location) }
}
