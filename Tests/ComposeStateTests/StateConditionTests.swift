import ComposePlanner
import ComposeState
import Foundation
import GRDB
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The state file in every condition that a machine brings about.
@Suite struct StateConditionTests {
    private static let scope = JournalScope(engine: "unix:///run/docker.sock", project: "shop")

    private static func plan(operations: Int = 1) -> Plan {
        var plan = Plan(project: "shop")
        plan.prepare = (1...operations).map {
            Operation(id: OperationID($0), action: .createContainer(name: "shop-web-\($0)"), cause: "is not there yet")
        }
        return plan
    }

    /// A file with an open transaction in it, closed.
    private static func used(_ path: String, version: String = "0.1.0") async throws {
        _ = try await Journal(StateStore(path: path, version: version))
            .begin(plan(operations: 40), in: scope, command: "up")
    }

    private static func condition(of path: String, busyTimeout: Double = 0.01) -> StateError.Condition? {
        do {
            _ = try StateStore(path: path, busyTimeout: busyTimeout)
            return nil
        } catch {
            return (error as? StateError)?.condition
        }
    }

    enum Damage: CaseIterable {
        case garbage, truncated, halfAPage, flippedPage, flippedSchema, unreadableContent

        func apply(to path: String) throws {
            var bytes = Array(try Data(contentsOf: URL(filePath: path)))
            switch self {
            case .garbage: bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            case .truncated: bytes.removeLast(2 * 4096)
            case .halfAPage: bytes.removeLast(bytes.count - 2048)
            case .flippedPage: for index in (bytes.count - 4096)..<bytes.count { bytes[index] ^= 0xFF }
            case .flippedSchema: for index in 100..<4096 { bytes[index] ^= 0xFF }
            case .unreadableContent:
                let text = Array("createContainer".utf8)
                let start = bytes.indices.first { bytes[$0...].starts(with: text) }
                bytes[try #require(start)] = UInt8(ascii: "x")
            }
            try Data(bytes).write(to: URL(filePath: path))
        }
    }

    @Test(arguments: Damage.allCases)
    func aDamagedFileIsPutAsideWholeAndANewOneBegun(damage: Damage) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("state.db")
        for number in 1...2 {
            try await Self.used(path)
            try damage.apply(to: path)
            let damaged = try Data(contentsOf: URL(filePath: path))
            let store = try StateStore(path: path)
            #expect(store.setAside == "\(path).corrupt-\(number)")
            #expect(try Data(contentsOf: URL(filePath: "\(path).corrupt-\(number)")) == damaged)
            #expect(try await Journal(store).unfinished(in: Self.scope) == [])
        }
        try await Self.used(path)
        #expect(try StateStore(path: path).setAside == nil)
    }

    /// What is in the log only is lost with it; the file itself stays of use.
    @Test func aDamagedLogLosesItsRecordsOnly() async throws {
        let folder = try TemporaryFolder()
        let (path, copy) = (folder.path("state.db"), folder.path("copy.db"))
        let journal = Journal(try StateStore(path: path))
        _ = try await journal.begin(Self.plan(), in: Self.scope, command: "up")
        // As after a kill, with a log that was not written back.
        try Data(contentsOf: URL(filePath: path)).write(to: URL(filePath: copy))
        var log = Array(try Data(contentsOf: URL(filePath: path + "-wal")))
        for index in log.indices where index % 512 == 100 { log[index] ^= 0xFF }
        try Data(log).write(to: URL(filePath: copy + "-wal"))
        let opened = Journal(try StateStore(path: copy))
        #expect(try await opened.unfinished(in: Self.scope) == [])
        _ = try await opened.begin(Self.plan(), in: Self.scope, command: "up")
        #expect(try await opened.unfinished(in: Self.scope).count == 1)
    }

    @Test func anEmptyFileIsANewOne() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: URL(filePath: folder.path("state.db")))
        #expect(try StateStore(path: folder.path("state.db")).setAside == nil)
    }

    /// The command keeps its journal for itself; nobody else finds it, so labels have to do.
    @Test func aFileThatIsRemovedWhileItIsUsedStaysOfUse() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("state.db")
        let journal = Journal(try StateStore(path: path))
        let id = try await journal.begin(Self.plan(), in: Self.scope, command: "up")
        for end in ["", "-wal", "-shm", "-open"] { unlink(path + end) }
        try await journal.complete(OperationID(1), result: "c0ffee", in: id)
        #expect(try await journal.transaction(id)?.steps[0].progress == .done)
        #expect(try await Journal(StateStore(path: path)).unfinished(in: Self.scope) == [])
        try await journal.end(id)
    }

    @Test func aNewerFileIsLeftAsItIsAndItsWriterNamed() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("state.db")
        try await Self.used(path, version: "9.8.7")
        try await DatabaseQueue(path: path).write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('holds of the future')")
        }
        let before = try Data(contentsOf: URL(filePath: path))
        let error = #expect(throws: StateError.self) { _ = try StateStore(path: path, version: "0.1.0") }
        #expect(error?.condition == .newer(version: "9.8.7"))
        #expect(error?.description.contains("was written by gantry 9.8.7") == true)
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    @Test func aLockedFileIsReportedAsSuch() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("state.db")
        try await Self.used(path)
        let journal = Journal(try StateStore(path: path, busyTimeout: 0.01))
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: path, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let error = await #expect(throws: StateError.self) {
            _ = try await journal.begin(Self.plan(), in: Self.scope, command: "up")
        }
        #expect(error?.condition == .busy)
        #expect(error?.description.contains("Nothing was changed") == true)
        try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        _ = try await journal.begin(Self.plan(), in: Self.scope, command: "up")
    }

    @Test func whatIsNoFileIsRefused() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("folder"), withIntermediateDirectories: false)
        #expect(Self.condition(of: folder.path("folder")) == .notAFile)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link"), withDestinationPath: folder.path("elsewhere"))
        #expect(Self.condition(of: folder.path("link")) == .link)
        #expect(!FileManager.default.fileExists(atPath: folder.path("elsewhere")))
        #expect(Self.condition(of: folder.path("none") + "/state.db") == .unusable("No such file or directory"))
    }

    @Test func permissionsOfOthersAreTakenAway() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("state.db")
        try await Self.used(path)
        chmod(path, 0o666)
        let store = try StateStore(path: path)
        _ = try await Journal(store).begin(Self.plan(), in: Self.scope, command: "up")
        for end in ["", "-wal", "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path + end)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(end)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func aFileOfAnotherUserIsRefused() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("state.db")
        try await Self.used(path)
        chown(path, 12_345, 12_345)
        #expect(Self.condition(of: path) == .foreign(owner: 12_345))
    }

    // MARK: A full disk

    @Test func aFullDiskBeforeTheFirstChangeIsReportedAsSuch() async throws {
        let folder = try TemporaryFolder()
        // So many pages take the empty tables and no more.
        let path = folder.path("state.db")
        _ = try StateStore(path: path)
        let pages = try Data(contentsOf: URL(filePath: path)).count / 4096
        let journal = Journal(try StateStore(path: path, pageLimit: pages))
        let error = await #expect(throws: StateError.self) {
            _ = try await journal.begin(Self.plan(operations: 100), in: Self.scope, command: "up")
        }
        #expect(error?.condition == .full)
        #expect(error?.description.contains("Nothing was changed") == true)
        #expect(try await journal.unfinished(in: Self.scope) == [])
    }

    /// What this process has done stays known to it where the file takes no more.
    @Test func whatCannotBeWrittenIsStillKnown() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("state.db")
        try await Self.used(path)
        let pages = try Data(contentsOf: URL(filePath: path)).count / 4096 + 2
        let journal = Journal(try StateStore(path: path, pageLimit: pages))
        let id = try await journal.begin(Self.plan(), in: Self.scope, command: "up")
        try await journal.intend(OperationID(1), in: id)
        let error = await #expect(throws: StateError.self) {
            try await journal.complete(OperationID(1), result: String(repeating: "x", count: 100_000), in: id)
        }
        #expect(error?.condition == .full)
        #expect(error?.description.contains("Nothing was changed") == false)
        #expect(try await journal.transaction(id)?.steps[0].progress == .intended)
        #expect(try await journal.account(of: id)?.steps[0].progress == .done)
        try await journal.end(id)
        #expect(try await journal.account(of: id) == nil)
    }
}
