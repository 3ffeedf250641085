import EngineAPI
import FoundationEssentials
import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The SQLite file beside the segments: cursors, batches under way, capture positions.
///
/// It says only what is true of durable segments, because they are synced first. Each commit is synced too: a batch that
/// was sent must have the same bounds after a power cut, and a few syncs a second cost nothing.
struct SpoolIndex: Sendable {
    /// What the file holds, or what of it has changed.
    struct Contents: Sendable {
        /// No sequence from here on was given to a record that somebody was told of.
        var next: UInt64 = 1
        /// Nil is for a sink that is forgotten.
        var claims: [String: SinkClaim?] = [:]
        /// Nil is for a container that is forgotten.
        var positions: [ContainerID: [UInt8]?] = [:]
    }

    private let database: DatabaseQueue
    /// Nil in a file that was just begun.
    let epoch: UInt32?
    let contents: Contents
    /// Where a damaged file was put that this one replaces.
    let setAside: String?

    /// A file as large as this has something wrong with it, and must not fill the disk.
    private static let largestSize = 64 << 20
    private static let usualPageSize = 4096

    /// Opens the file at `path`, or begins one; puts a damaged one aside.
    ///
    /// - Throws: ``SpoolError``.
    init(_ folder: SpoolFolder) throws {
        do {
            (database, epoch, contents) = try SpoolIndex.open(folder)
            setAside = nil
        } catch let error as DatabaseError where SpoolIndex.isDamage(error) {
            let aside = folder.index + ".damaged"
            for end in ["", "-wal", "-shm"] {
                unlink(aside + end)
                guard rename(folder.index + end, aside + end) == 0 || errno == ENOENT else {
                    throw FileFailure("put \(folder.index) aside", errno).error
                }
            }
            (database, epoch, contents) = try SpoolIndex.opened { try SpoolIndex.open(folder) }
            setAside = aside
        } catch {
            throw SpoolIndex.failure(error)
        }
    }

    /// Fixes the spool's epoch in a file that has none, or a damaged one.
    func begin(epoch: UInt32, next: UInt64) throws {
        try SpoolIndex.opened {
            try database.write {
                try $0.execute(
                    sql: "INSERT OR REPLACE INTO spool (id, epoch, next) VALUES (1, ?, ?)",
                    arguments: [Int64(epoch), Int64(bitPattern: next)])
            }
        }
    }

    /// Writes what has changed, all or nothing; blocks until it is durable.
    func write(_ changes: Contents) throws {
        try SpoolIndex.opened { try SpoolIndex.write(changes, to: database) }
    }

    private static func write(_ changes: Contents, to queue: DatabaseQueue) throws {
        try queue.write { database in
            try database.execute(
                sql: "UPDATE spool SET next = max(next, ?)", arguments: [Int64(bitPattern: changes.next)])
            for (name, claim) in changes.claims { try write(claim, of: name, to: database) }
            for (container, position) in changes.positions { try write(position, of: container, to: database) }
        }
    }

    private static func write(_ position: [UInt8]?, of container: ContainerID, to database: Database) throws {
        try database.execute(sql: "DELETE FROM position WHERE container = ?", arguments: [container.rawValue])
        guard let position else { return }
        try database.execute(
            sql: "INSERT INTO position (container, content, checksum) VALUES (?, ?, ?)",
            arguments: [container.rawValue, Data(position), checksum(container.rawValue, position)])
    }

    func close() { try? database.close() }

    private static func write(_ claim: SinkClaim?, of name: String, to database: Database) throws {
        try database.execute(sql: "DELETE FROM intent WHERE sink = ?", arguments: [name])
        try database.execute(sql: "DELETE FROM sink WHERE name = ?", arguments: [name])
        guard let claim else { return }
        try database.execute(
            sql: """
                INSERT INTO sink (name, policy, through, lost, checksum, untold_first, untold_last, untold_cause)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                name, claim.policy.rawValue, Int64(bitPattern: claim.through), Int64(bitPattern: claim.lost),
                checksum(name, claim), claim.untold.map { Int64(bitPattern: $0.range.lowerBound) },
                claim.untold.map { Int64(bitPattern: $0.range.upperBound) }, claim.untold?.cause.rawValue,
            ])
        for intent in claim.intents {
            try database.execute(
                sql: "INSERT INTO intent (sink, first, last) VALUES (?, ?, ?)",
                arguments: [name, Int64(bitPattern: intent.lowerBound), Int64(bitPattern: intent.upperBound)])
        }
    }

    // MARK: Opening

    private static func open(_ folder: SpoolFolder) throws -> (DatabaseQueue, UInt32?, Contents) {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA max_page_count = \(largestSize / usualPageSize)")
        }
        // SQLite gives its companion files the permissions of this one.
        if let descriptor = try? SystemFiles().create(folder.index) { SystemFiles().close(descriptor) }
        let database = try DatabaseQueue(path: folder.index, configuration: configuration)
        do {
            guard try database.read({ try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }) == "ok" else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT)
            }
            // Without our own migrations, the unknown ones are damage.
            let isNewer = try database.read {
                try migrator.hasBeenSuperseded($0) && migrator.hasCompletedMigrations($0)
            }
            if isNewer { throw SpoolError.newer(folder: folder.path) }
            try migrator.migrate(database)
            let (epoch, contents) = try database.read(load)
            // What is damaged in the form of the tables shows in writing.
            try write(contents, to: database)
            return (database, epoch, contents)
        } catch {
            // Before the file is renamed: what closes later would write to the new one's companions.
            try? database.close()
            throw error
        }
    }

    private static func load(_ database: Database) throws -> (UInt32?, Contents) {
        var contents = Contents()
        let spool = try Row.fetchOne(database, sql: "SELECT epoch, next FROM spool")
        if let spool { contents.next = try max(1, number(spool, "next")) }
        let columns = "name, policy, through, lost, checksum, untold_first, untold_last, untold_cause"
        for row in try Row.fetchAll(database, sql: "SELECT \(columns) FROM sink") {
            let name: String = try value(row, "name")
            var claim = SinkClaim(
                policy: FullSpoolPolicy(rawValue: try value(row, "policy")) ?? .keep,
                acknowledged: AcknowledgedRanges(through: try number(row, "through")), lost: try number(row, "lost"))
            let untold: DatabaseValue = row["untold_cause"]
            if let cause = String.fromDatabaseValue(untold).flatMap(SpoolGap.Cause.init) {
                let (first, last) = (try number(row, "untold_first"), try number(row, "untold_last"))
                guard first <= last else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
                claim.untold = SpoolGap(range: first...last, cause: cause)
            }
            let intents = try Row.fetchAll(
                database, sql: "SELECT first, last FROM intent WHERE sink = ? ORDER BY first", arguments: [name])
            for intent in intents {
                let (first, last) = (try number(intent, "first"), try number(intent, "last"))
                guard first <= last else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
                claim.intents.append(first...last)
            }
            try check(row, checksum(name, claim))
            contents.claims[name] = claim
        }
        for row in try Row.fetchAll(database, sql: "SELECT container, content, checksum FROM position") {
            let (container, content): (String, Data) = (try value(row, "container"), try value(row, "content"))
            try check(row, checksum(container, [UInt8](content)))
            contents.positions[ContainerID(container)] = [UInt8](content)
        }
        return (try spool.map { UInt32(truncatingIfNeeded: try number($0, "epoch")) }, contents)
    }

    // SQLite sees damage to its pages' form, not to the values in them: a cursor that is wrong by a bit would lose
    // records without a trace.

    private static func checksum(_ name: String, _ claim: SinkClaim) -> Int64 {
        let untold = claim.untold.map { " \($0.range) \($0.cause)" } ?? ""
        return checksum(
            name, Array("\(claim.policy.rawValue) \(claim.through) \(claim.lost) \(claim.intents)\(untold)".utf8))
    }

    private static func checksum(_ name: String, _ content: [UInt8]) -> Int64 {
        Int64((Array(name.utf8) + [0] + content).withUnsafeBytes { CRC32C.checksum($0) })
    }

    private static func check(_ row: Row, _ checksum: Int64) throws {
        guard try value(row, "checksum") == checksum else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
    }

    private static func value<Value: DatabaseValueConvertible>(_ row: Row, _ column: String) throws -> Value {
        let stored: DatabaseValue = row[column]
        guard let value = Value.fromDatabaseValue(stored) else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        return value
    }

    private static func number(_ row: Row, _ column: String) throws -> UInt64 {
        let stored: Int64 = try value(row, column)
        guard stored >= 0 else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        return UInt64(stored)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("spool") { database in
            try database.execute(
                sql: """
                    CREATE TABLE spool (id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, next INTEGER NOT NULL);
                    CREATE TABLE sink (
                        name TEXT PRIMARY KEY NOT NULL,
                        policy TEXT NOT NULL,
                        through INTEGER NOT NULL,
                        lost INTEGER NOT NULL,
                        checksum INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    CREATE TABLE intent (
                        sink TEXT NOT NULL,
                        first INTEGER NOT NULL,
                        last INTEGER NOT NULL,
                        PRIMARY KEY (sink, first)
                    ) WITHOUT ROWID;
                    CREATE TABLE position (
                        container TEXT PRIMARY KEY NOT NULL,
                        content BLOB NOT NULL,
                        checksum INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("untold") { database in
            try database.execute(
                sql: """
                    ALTER TABLE sink ADD COLUMN untold_first INTEGER;
                    ALTER TABLE sink ADD COLUMN untold_last INTEGER;
                    ALTER TABLE sink ADD COLUMN untold_cause TEXT;
                    """)
        }
        return migrator
    }

    /// Whether another file in its place would do better: whatever is not the system's fault. A disk that is read-only
    /// shows when the file is to be put aside.
    private static func isDamage(_ error: DatabaseError) -> Bool {
        let others: [ResultCode] = [
            .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_FULL, .SQLITE_PERM, .SQLITE_NOMEM,
            .SQLITE_AUTH,
        ]
        return !others.contains(error.resultCode)
    }

    private static func opened<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch { throw failure(error) }
    }

    private static func failure(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        return SpoolError.unusable(action: "use its index", reason: error.message ?? error.description)
    }
}
