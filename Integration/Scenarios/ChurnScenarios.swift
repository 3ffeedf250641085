import EngineAPI
import Synchronization
import Testing

/// However often a project goes up and down, and whatever changes meanwhile, nothing of it stays behind.
@Suite(.onEngine) struct ChurnScenarios {
    /// How often the projects go up and down together.
    private static let alternations = Proof.rounds(of: 200)
    /// Enough to keep two cores busy while some commands wait.
    private static let workers = 4
    /// Many times what all takes on an idle machine.
    private static let limit: Duration = .seconds(1800)

    @Test func twoHundredAlternationsOfUpAndDownMustLeaveNothing() async throws {
        print("churn: GANTRY_SEED=\(SeededGenerator.seed)")
        let total = Mutex(Churn.Account())
        try await Scenario.withSeveral(Self.workers, "", limit: Self.limit) { number, scenario in
            let ports = [try await Listener.freePort(), try await Listener.freePort()]
            var churn = Churn(scenario, number: number, ports: ports)
            for _ in 0..<Self.alternations / Self.workers {
                try await churn.up()
                try await churn.down()
            }
            try await churn.end()
            let account = churn.account
            total.withLock { $0.add(account) }
        }
        let account = total.withLock { $0 }
        print("churn: \(account)")
        #expect(account.ups + account.takenBack + account.refused == Self.alternations)
        #expect(account.emptied > 0 && account.made > Self.alternations)
    }
}
