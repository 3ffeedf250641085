import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The file that remembers what Gantry has begun: one for a user, in a private folder.
///
/// It never holds configuration, so no secret gets into it. SQLite in WAL mode with `synchronous = NORMAL` survives the
/// death of the process at any instant; a power failure may lose the last records, and takes the containers with it.
package struct StateStore: Sendable {
    let database: DatabaseQueue

    /// How long a writer waits for another process's write to end; each lasts well under a millisecond.
    private static let busyTimeout: Double = 10

    /// Opens the store at `path`, making it where it is missing, for its owner alone; the folder must exist.
    package init(path: String) throws {
        // One at a time: switching a new file to WAL and migrating it fail where two do it at once. Another file than the
        // state's own, because closing that one would free the locks that SQLite has in this process.
        let turn = StateStore.opening(path + "-open")
        defer { if let turn { close(turn) } }
        // SQLite gives its own companion files the permissions of this one.
        let created = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if created >= 0 { close(created) }
        var configuration = Configuration()
        configuration.busyMode = .timeout(StateStore.busyTimeout)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        try self.init(DatabaseQueue(path: path, configuration: configuration))
    }

    /// A store in memory, for tests.
    package init() throws { try self.init(DatabaseQueue()) }

    private init(_ database: DatabaseQueue) throws {
        self.database = database
        try StateStore.migrator.migrate(database)
    }

    /// Opens a file for its owner alone and holds its lock until the result is closed; nil where that cannot be had.
    private static func opening(_ path: String) -> Int32? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                close(descriptor)
                return nil
            }
        }
        return descriptor
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("journal") { database in
            try database.execute(
                sql: """
                    CREATE TABLE "transaction" (
                        id TEXT PRIMARY KEY NOT NULL,
                        engine TEXT NOT NULL,
                        project TEXT NOT NULL,
                        command TEXT NOT NULL,
                        isCommitted BOOLEAN NOT NULL DEFAULT 0
                    );
                    CREATE TABLE step (
                        "transaction" TEXT NOT NULL REFERENCES "transaction"(id) ON DELETE CASCADE,
                        operation INTEGER NOT NULL,
                        content TEXT NOT NULL,
                        isFinish BOOLEAN NOT NULL,
                        progress TEXT NOT NULL DEFAULT 'pending',
                        result TEXT,
                        PRIMARY KEY ("transaction", operation)
                    ) WITHOUT ROWID;
                    """)
        }
        return migrator
    }
}
