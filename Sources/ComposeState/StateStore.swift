import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The file that remembers what Gantry has begun, and what failed: one for a user, in a private folder.
///
/// What looks like a secret in a configuration does not get into it; a failure's report holds what the container printed.
package struct StateStore: Sendable {
    private let database: DatabaseQueue
    private let path: String
    private let isInMemory: Bool
    /// Where a damaged file was put, which this one replaces; nil where nothing was wrong.
    package let setAside: String?

    /// How long a writer waits for another process's write to end; each lasts well under a millisecond.
    package static let busyTimeout: Double = 10
    /// How large the file may get: journals and reports of hundreds of projects. Beyond it something is wrong, and must
    /// not fill the disk.
    private static let largestSize = 256 << 20
    private static let usualPageSize = 4096

    /// Opens the store at `path`, making it where it is missing, for its owner alone; the folder must exist. A damaged
    /// file is put aside.
    ///
    /// - Parameters:
    ///   - version: this program's, for the sentence that an older one says when it cannot read the file.
    ///   - pageLimit: the largest number of pages; less than the default only where a test wants a full disk.
    package init(
        path: String, version: String = "", busyTimeout: Double = StateStore.busyTimeout, pageLimit: Int? = nil
    ) throws {
        // One at a time: switching a new file to WAL and migrating it fail where two do it at once, and only one may put
        // a damaged file aside. Another file than the state's own, because closing that one would free the locks that
        // SQLite has in this process.
        let turn = StateStore.opening(path + "-open")
        defer { if let turn { close(turn) } }
        let file = StateFile(path: path)
        var configuration = StateStore.configuration(pageLimit: pageLimit)
        configuration.busyMode = .timeout(busyTimeout)
        try file.prepare()
        do {
            database = try StateStore.open(path, configuration, version: version)
            setAside = nil
        } catch let error as StateError where error.condition == .damaged {
            setAside = try file.setAside()
            try file.prepare()
            database = try StateStore.open(path, configuration, version: version)
        }
        self.path = path
        isInMemory = false
    }

    /// A store in memory, for tests.
    package init(pageLimit: Int? = nil, pageSize: Int? = nil) throws {
        path = "memory"
        isInMemory = true
        setAside = nil
        database = try DatabaseQueue(
            configuration: StateStore.configuration(pageLimit: pageLimit, pageSize: pageSize))
        try StateStore.migrator.migrate(database)
    }

    /// The file that a run in the foreground keeps locked while it lives; nil for a store in memory, where all live.
    func runPath(_ id: String) -> String? { isInMemory ? nil : "\(path).run-\(id)" }

    /// Reads; every failure of the file's is a ``StateError``.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await database.read(body)
        } catch {
            throw described(error)
        }
    }

    /// Writes all or nothing; every failure of the file's is a ``StateError``.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await database.write(body)
        } catch {
            throw described(error)
        }
    }

    /// Has `body` called in turn with all reads and writes, and returns at once.
    func enqueue(_ body: @escaping @Sendable (Database) -> Void) { database.asyncWriteWithoutTransaction(body) }

    /// The ``StateError`` that a failure of the file's is.
    func described(_ error: any Error) -> any Error { StateError(error, path: path) ?? error }

    // MARK: Opening

    private static func configuration(pageLimit: Int?, pageSize: Int? = nil) -> Configuration {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            if let pageSize { try database.execute(sql: "PRAGMA page_size = \(pageSize)") }
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            // A record that is written survives the death of the process at any instant, because the system has it. It
            // need not survive a power failure, and the database stays whole all the same: that stops every container
            // too, and what a transaction made carries its label. An fsync for each record would cost more time than
            // the engine's own calls.
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            try database.execute(sql: "PRAGMA max_page_count = \(pageLimit ?? largestSize / usualPageSize)")
        }
        return configuration
    }

    /// Opens a file, checks it as a whole, and gives it the form of this version.
    private static func open(
        _ path: String, _ configuration: Configuration, version: String
    ) throws -> DatabaseQueue {
        do {
            let database = try DatabaseQueue(path: path, configuration: configuration)
            do {
                try check(database, path: path)
                try migrate(database, version: version)
                return database
            } catch {
                // Before the file is renamed: what closes later would write to the new one's companions.
                try? database.close()
                throw error
            }
        } catch {
            throw StateError(error, path: path) ?? error
        }
    }

    private static func check(_ database: DatabaseQueue, path: String) throws {
        try database.read { database in
            // A page that is wrong would else be found in the middle of a transaction.
            guard try String.fetchOne(database, sql: "PRAGMA quick_check(1)") == "ok" else {
                throw StateError(.damaged, path: path)
            }
            if try migrator.hasBeenSuperseded(database) {
                let writer =
                    try database.tableExists("writer")
                    ? String.fetchOne(database, sql: "SELECT version FROM writer") : nil
                throw StateError(.newer(version: writer ?? ""), path: path)
            }
            if try database.tableExists("step") { try Journal.check(database) }
        }
    }

    private static func migrate(_ database: DatabaseQueue, version: String) throws {
        let isComplete = try database.read { try migrator.hasCompletedMigrations($0) }
        if isComplete { return }
        try migrator.migrate(database)
        try database.write { database in
            try database.execute(sql: "DELETE FROM writer")
            try database.execute(sql: "INSERT INTO writer (version) VALUES (?)", arguments: [version])
        }
    }

    /// Opens a file for its owner alone and holds its lock until the result is closed; nil where that cannot be had.
    private static func opening(_ path: String) -> Int32? {
        let descriptor = openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
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
        migrator.registerMigration("reports") { database in
            try database.execute(
                sql: """
                    CREATE TABLE report (
                        id TEXT PRIMARY KEY NOT NULL,
                        engine TEXT NOT NULL,
                        project TEXT NOT NULL,
                        content TEXT NOT NULL
                    );
                    -- Which program gave the file its form: every version must keep this table, for older ones to read.
                    CREATE TABLE writer (version TEXT NOT NULL);
                    """)
        }
        migrator.registerMigration("releases") { database in
            try database.execute(
                sql: """
                    CREATE TABLE "release" (
                        engine TEXT NOT NULL,
                        project TEXT NOT NULL,
                        number INTEGER NOT NULL,
                        content TEXT NOT NULL,
                        PRIMARY KEY (engine, project, number)
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("holds") { database in
            try database.execute(
                sql: """
                    -- The services that are up only because others depend on them.
                    CREATE TABLE unheld (
                        engine TEXT NOT NULL,
                        project TEXT NOT NULL,
                        service TEXT NOT NULL,
                        PRIMARY KEY (engine, project, service)
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("runs") { database in
            try database.execute(
                sql: """
                    -- The services that runs in the foreground hold while they live.
                    CREATE TABLE run (
                        engine TEXT NOT NULL,
                        project TEXT NOT NULL,
                        id TEXT NOT NULL,
                        holder TEXT NOT NULL,
                        service TEXT NOT NULL,
                        isNamed BOOLEAN NOT NULL,
                        isOwn BOOLEAN NOT NULL DEFAULT 0,
                        isEnding BOOLEAN NOT NULL DEFAULT 0,
                        PRIMARY KEY (engine, project, id, service)
                    ) WITHOUT ROWID;
                    """)
        }
        return migrator
    }
}
