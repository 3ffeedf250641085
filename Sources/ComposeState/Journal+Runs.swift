package import ComposePlanner
import GRDB
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// Runs in the foreground, and the services that they hold.
extension Journal {
    /// Records a run, which lives until the result is ended, or this process.
    package func begin(_ run: RunHold, in scope: JournalScope) async throws -> LivingRun {
        var lock: ProjectLock?
        if let path = store.runPath(run.id),
            case .locked(let free) = try ProjectLock.attempt(path: path, holder: run.holder)
        {
            lock = consume free
        }
        let living = LivingRun(id: run.id, path: store.runPath(run.id), lock: lock)
        let dead = try await recordedRuns(in: scope).filter { !isAlive($0) }.map(\.id)
        try await store.write { database in
            for id in dead { try Journal.forget(id, in: scope, database) }
            for service in run.services.union(run.named).sorted() {
                try database.execute(
                    sql: """
                        INSERT INTO run (engine, project, id, holder, service, isNamed, isOwn) VALUES (?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        scope.engine, scope.project, run.id, run.holder, service, run.named.contains(service),
                        run.own.contains(service),
                    ])
            }
        }
        return living
    }

    /// Forgets a run that is over.
    package func end(_ run: LivingRun, in scope: JournalScope) async throws {
        run.end()
        try await store.write { try Journal.forget(run.id, in: scope, $0) }
    }

    /// Records that a run is about to end, and holds nothing any more.
    package func release(_ run: String, in scope: JournalScope) async throws {
        try await store.write { database in
            try database.execute(
                sql: "UPDATE run SET isEnding = 1 WHERE engine = ? AND project = ? AND id = ?",
                arguments: [scope.engine, scope.project, run])
        }
    }

    /// Leaves services to runs that go on, by identifier.
    package func leave(_ heirs: [String: Set<String>], in scope: JournalScope) async throws {
        try await store.write { database in
            for (run, services) in heirs { try Journal.own(services, run, in: scope, database) }
        }
    }

    /// The runs of a project that live.
    func livingRuns(in scope: JournalScope) async throws -> [RunHold] {
        try await recordedRuns(in: scope).filter(isAlive)
    }

    static func own(
        _ services: Set<String>, _ run: String, in scope: JournalScope, _ database: Database
    ) throws {
        for service in services.sorted() {
            try database.execute(
                sql: "UPDATE run SET isOwn = 1 WHERE engine = ? AND project = ? AND id = ? AND service = ?",
                arguments: [scope.engine, scope.project, run, service])
        }
    }

    private static func forget(_ run: String, in scope: JournalScope, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM run WHERE engine = ? AND project = ? AND id = ?",
            arguments: [scope.engine, scope.project, run])
    }

    private func recordedRuns(in scope: JournalScope) async throws -> [RunHold] {
        try await store.read { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT * FROM run WHERE engine = ? AND project = ? ORDER BY id, service",
                arguments: [scope.engine, scope.project])
            return Dictionary(grouping: rows) { $0["id"] as String }.sorted { $0.key < $1.key }.map { id, rows in
                func services(_ isSo: (Row) -> Bool = { _ in true }) -> Set<String> {
                    Set(rows.filter(isSo).map { $0["service"] })
                }
                return RunHold(
                    id: id, holder: rows[0]["holder"], named: services { $0["isNamed"] }, services: services(),
                    own: services { $0["isOwn"] }, isEnding: rows[0]["isEnding"])
            }
        }
    }

    /// A process that has died holds no lock. What it left of its own is taken away on the way.
    private func isAlive(_ run: RunHold) -> Bool {
        guard let path = store.runPath(run.id) else { return true }
        guard access(path, F_OK) == 0 else { return false }
        switch try? ProjectLock.attempt(path: path, holder: run.holder) {
        case .held: return true
        case .locked:
            unlink(path)
            return false
        case nil: return false
        }
    }
}

/// A run in the foreground of this process, for as long as this lasts.
package final class LivingRun: Sendable {
    package let id: String
    private let path: String?
    private let lock: Mutex<ProjectLock?>

    init(id: String, path: String?, lock: consuming ProjectLock?) {
        self.id = id
        self.path = path
        self.lock = Mutex(lock)
    }

    func end() {
        if let path { unlink(path) }
        lock.withLock { $0 = nil }
    }

    deinit { end() }
}
