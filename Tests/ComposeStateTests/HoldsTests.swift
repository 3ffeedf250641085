import ComposePlanner
import ComposeState
import Testing

@Suite struct HoldsTests {
    private static let scope = JournalScope(engine: "unix:///run/docker.sock", project: "shop")

    private static func journal() throws -> Journal { Journal(try StateStore()) }

    @Test func theCommitAndTheHoldsAreOne() async throws {
        let journal = try HoldsTests.journal()
        try await journal.change(HoldChange(unheld: ["web", "cache"]), in: HoldsTests.scope)
        let id = try await journal.begin(Plan(project: "shop"), in: HoldsTests.scope, command: "up")
        #expect(try await journal.holds(in: HoldsTests.scope) == HoldSet(unheld: ["web", "cache"]))
        try await journal.commit(id, holding: HoldChange(held: ["web"], unheld: ["db"]), in: HoldsTests.scope)
        #expect(try await journal.holds(in: HoldsTests.scope) == HoldSet(unheld: ["cache", "db"]))
        #expect(try await journal.transaction(id)?.isCommitted == true)
        // They outlive the transaction.
        try await journal.end(id)
        #expect(try await journal.holds(in: HoldsTests.scope) == HoldSet(unheld: ["cache", "db"]))
    }

    @Test func eachProjectOfEachEngineHasItsOwn() async throws {
        let journal = try HoldsTests.journal()
        let elsewhere = JournalScope(engine: "tcp://elsewhere:2375", project: "shop")
        try await journal.change(HoldChange(unheld: ["db"]), in: HoldsTests.scope)
        try await journal.change(HoldChange(held: ["db"]), in: elsewhere)
        #expect(try await journal.holds(in: HoldsTests.scope) == HoldSet(unheld: ["db"]))
        #expect(try await journal.holds(in: elsewhere) == HoldSet())
    }

    @Test func aRunHoldsUntilItEnds() async throws {
        let folder = try TemporaryFolder()
        let journal = Journal(try StateStore(path: folder.path("state.db")))
        let run = RunHold(id: "1", holder: "gantry up", named: ["web"], services: ["web", "db"])
        let living = try await journal.begin(run, in: HoldsTests.scope)
        try await journal.change(HoldChange(unheld: ["web"], run: "1"), in: HoldsTests.scope)
        try await journal.leave(["1": ["db"]], in: HoldsTests.scope)
        var owning = run
        owning.own = ["web", "db"]
        #expect(try await journal.holds(in: HoldsTests.scope) == HoldSet(unheld: ["web"], runs: [owning]))
        try await journal.release("1", in: HoldsTests.scope)
        #expect(try await journal.holds(in: HoldsTests.scope).runs.map(\.isEnding) == [true])
        try await journal.end(living, in: HoldsTests.scope)
        #expect(try await journal.holds(in: HoldsTests.scope) == HoldSet(unheld: ["web"]))
    }

    /// Its record is left, and its lock is not.
    @Test func aDeadRunHoldsNothing() async throws {
        let folder = try TemporaryFolder()
        let journal = Journal(try StateStore(path: folder.path("state.db")))
        let run = RunHold(id: "1", holder: "gantry up", named: ["web"], services: ["web"])
        do { _ = try await journal.begin(run, in: HoldsTests.scope) }
        #expect(try await journal.holds(in: HoldsTests.scope) == HoldSet())
    }

    @Test func aRepeatedChangeIsNone() async throws {
        let journal = try HoldsTests.journal()
        for _ in 0..<2 { try await journal.change(HoldChange(held: ["web"], unheld: ["db"]), in: HoldsTests.scope) }
        #expect(try await journal.holds(in: HoldsTests.scope) == HoldSet(unheld: ["db"]))
    }
}
