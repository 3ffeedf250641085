import ComposePlanner
import ComposeState
import EngineAPI
import FoundationEssentials
import Testing

@Suite struct JournalTests {
    private static let scope = JournalScope(engine: "unix:///run/docker.sock", project: "shop")

    /// A plan with an operation of each kind.
    private static let plan: Plan = {
        let new = ContainerHandle.planned(OperationID(3), name: "shop-web-1")
        let old = ContainerHandle.existing("c0ffee", name: "shop-web-1")
        let actions: [Operation.Action] = [
            .createNetwork(name: "n"), .createVolume(name: "v"), .createContainer(name: "c0ffee_shop-web-1"),
            .stopContainer(old, grace: 3), .startContainer(new), .awaitContainer(new, .healthy),
        ]
        let finish: [Operation.Action] = [
            .removeContainer(old, anonymousVolumes: true), .renameContainer(new, to: "shop-web-1"),
            .removeNetwork("n1", name: "n"), .removeVolume(name: "v"),
        ]
        var plan = Plan(project: "shop")
        plan.prepare = actions.enumerated().map { index, action in
            Operation(
                id: OperationID(index + 1), action: action, cause: "because",
                needs: index > 0 ? [OperationID(index)] : [],
                service: "web", isOptional: index == 5)
        }
        plan.finish = finish.enumerated().map { index, action in
            Operation(id: OperationID(index + 7), action: action, cause: "because")
        }
        return plan
    }()

    @Test func whatIsBegunIsFoundAgain() async throws {
        let journal = Journal(try StateStore())
        let id = try await journal.begin(JournalTests.plan, in: JournalTests.scope, command: "up")
        let transaction = try #require(try await journal.transaction(id))
        #expect(transaction.command == "up")
        #expect(!transaction.isCommitted)
        #expect(transaction.steps.map(\.operation) == JournalTests.plan.prepare + JournalTests.plan.finish)
        #expect(
            transaction.steps.map(\.isFinish) == Array(repeating: false, count: 6) + Array(repeating: true, count: 4))
        #expect(transaction.steps.allSatisfy { $0.progress == .pending && $0.result == nil })
    }

    @Test func progressSurvivesReopening() async throws {
        let folder = try TemporaryFolder()
        let id = try await {
            let journal = Journal(try StateStore(path: folder.path("state")))
            let id = try await journal.begin(JournalTests.plan, in: JournalTests.scope, command: "up")
            try await journal.intend(OperationID(1), in: id)
            try await journal.intend(OperationID(3), in: id)
            try await journal.complete(OperationID(3), result: "new", in: id)
            try await journal.intend(OperationID(4), in: id)
            try await journal.complete(OperationID(4), result: nil, in: id)
            try await journal.undo(OperationID(4), in: id)
            try await journal.undo(OperationID(3), in: id)
            try await journal.intend(OperationID(5), in: id)
            try await journal.fail(OperationID(5), in: id)
            try await journal.commit(id)
            return id
        }()
        let journal = Journal(try StateStore(path: folder.path("state")))
        let transaction = try #require(try await journal.transaction(id))
        #expect(transaction.isCommitted)
        #expect(transaction.steps.prefix(5).map(\.progress) == [.intended, .pending, .undone, .undone, .failed])
        // What was made stays known when it is taken back.
        #expect(transaction.steps[2].result == "new")
        try await journal.end(id)
        #expect(try await journal.transaction(id) == nil)
        #expect(try await journal.unfinished(in: JournalTests.scope) == [])
    }

    /// An intent is in the file when it is recorded; an outcome waits for the next record while the engine is at others,
    /// and is there at the commit at the latest.
    @Test func outcomesShareTheNextRecordsWrite() async throws {
        let folder = try TemporaryFolder()
        let (journal, other) = (
            Journal(try StateStore(path: folder.path("state"))), Journal(try StateStore(path: folder.path("state")))
        )
        let id = try await journal.begin(JournalTests.plan, in: JournalTests.scope, command: "up")
        func inFile() async throws -> [JournaledTransaction.Step.Progress] {
            try await other.transaction(id)?.steps.prefix(5).map(\.progress) ?? []
        }
        try await journal.intend(OperationID(1), in: id)
        try await journal.intend(OperationID(2), in: id)
        #expect(try await inFile() == [.intended, .intended, .pending, .pending, .pending])
        try await journal.complete(OperationID(1), result: "n", in: id)
        #expect(try await inFile() == [.intended, .intended, .pending, .pending, .pending])
        // The start is recorded with the creation, which is all that is taken back of it.
        try await journal.intend(OperationID(3), andThen: OperationID(5), in: id)
        #expect(try await inFile() == [.done, .intended, .intended, .pending, .intended])
        #expect(try await journal.account(of: id)?.steps[4].progress == .pending)
        try await journal.complete(OperationID(3), result: "new", in: id)
        try await journal.intend(OperationID(5), in: id)
        try await journal.complete(OperationID(5), result: nil, in: id)
        try await journal.commit(id)
        #expect(try await inFile() == [.done, .intended, .done, .pending, .done])
        #expect(try await other.transaction(id)?.steps[2].result == "new")
        // Where nothing else is under way, no record would follow.
        try await journal.complete(OperationID(2), result: nil, in: id)
        #expect(try await inFile() == [.done, .done, .done, .pending, .done])
    }

    @Test func theUnfinishedComeInTheirOrderAndScope() async throws {
        let journal = Journal(try StateStore())
        let scope = JournalTests.scope
        var ids: [TransactionID] = []
        for number in 1...5 {
            ids.append(try await journal.begin(Plan(project: "shop"), in: scope, command: "up \(number)"))
        }
        let elsewhere = JournalScope(engine: "tcp://elsewhere", project: "shop")
        let other = JournalScope(engine: scope.engine, project: "other")
        _ = try await journal.begin(Plan(project: "shop"), in: elsewhere, command: "up")
        try await journal.end(ids.remove(at: 2))
        ids.append(try await journal.begin(Plan(project: "shop"), in: scope, command: "up 6"))
        #expect(try await journal.unfinished(in: scope).map(\.id) == ids)
        #expect(try await journal.unfinished(in: scope).map(\.command) == ["up 1", "up 2", "up 4", "up 5", "up 6"])
        #expect(try await journal.unfinished(in: elsewhere).count == 1)
        #expect(try await journal.unfinished(in: other) == [])
    }

    /// Two processes have a connection each; a writer waits for the other one.
    @Test func writersOfOneFileTakeTurns() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("state")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let journal = Journal(try StateStore(path: path))
                    for _ in 0..<25 {
                        let id = try await journal.begin(
                            JournalTests.plan, in: JournalTests.scope, command: "\(writer)")
                        try await journal.complete(OperationID(1), result: "x", in: id)
                    }
                }
            }
            try await group.waitForAll()
        }
        let all = try await Journal(try StateStore(path: path)).unfinished(in: JournalTests.scope)
        #expect(all.count == 100)
        #expect(all.allSatisfy { $0.steps.count == 10 && $0.steps[0].progress == .done })
    }

    @Test func aNewFileMayBeOpenedByManyAtOnce() async throws {
        for _ in 0..<20 {
            let folder = try TemporaryFolder()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { _ = try StateStore(path: folder.path("state")) } }
                try await group.waitForAll()
            }
        }
    }

    @Test func theFileIsItsOwnersAlone() async throws {
        let folder = try TemporaryFolder()
        let store = try StateStore(path: folder.path("state"))
        _ = try await Journal(store).begin(JournalTests.plan, in: JournalTests.scope, command: "up")
        for name in ["state", "state-wal", "state-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test func identifiersAreSixteenDigits() {
        let ids = (0..<100).map { _ in TransactionID() }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { $0.rawValue.count == 16 && $0.rawValue.allSatisfy(\.isHexDigit) })
    }
}

/// A folder that goes with the value.
final class TemporaryFolder: Sendable {
    private let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }
}
