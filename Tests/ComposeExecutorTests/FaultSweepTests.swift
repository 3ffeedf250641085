import ComposeExecutor
import ComposeModel
import ComposePlanner
import ComposeState
import EngineTesting
import Testing

/// Every failure of every scenario, one after the other: whatever goes wrong at whichever call, the stack ends as it was
/// or as it was to be.
///
/// One case at a time: hundreds at once would leave tests with deadlines no time on a small machine.
@Suite(.serialized) struct FaultSweepTests {
    @Test func theTableIsLong() async throws {
        #expect(Set(Scenario.all.map(\.description)).count == Scenario.all.count)
        #expect(Scenario.all.count >= 25)
        var calls = 0
        for scenario in Scenario.all { calls += try await Trial(scenario).count }
        let faults = FaultSchedule.Fault.allCases.count
        print(
            "\(Scenario.all.count) scenarios, \(calls) calls, each failing in \(faults) ways: \(calls * faults) cases")
    }

    @Test(arguments: Scenario.all, FaultSchedule.Fault.allCases)
    func aFaultLeavesNothingBetween(scenario: Scenario, fault: FaultSchedule.Fault) async throws {
        let trial = try await Trial(scenario)
        try #require(trial.count > 0)
        for number in 1...trial.count {
            try await trial.run("\(fault) at \(number)") { cancel in
                FaultSchedule(fault, at: number, of: scenario.scope, onCancellation: cancel)
            }
        }
    }

    /// The second fault strikes what the first one set going: taking back, or what follows it.
    @Test(
        arguments: [Scenario.fresh, .replacement, .networkChanged],
        [FaultSchedule.Fault.error, .droppedConnection, .crash])
    func aSecondFaultIsReportedAndRepaired(scenario: Scenario, second: FaultSchedule.Fault) async throws {
        let trial = try await Trial(scenario)
        for first in 1...trial.count {
            // Taking back takes at most as many calls as were made.
            for number in first + 1...2 * first + 1 {
                try await trial.run("error at \(first), \(second) at \(number)") { _ in
                    FaultSchedule(.error, at: first).adding(second, at: number)
                }
            }
        }
    }

    /// The crash of the command, then the crash of the one that recovers.
    @Test(arguments: [Scenario.fresh, .replacement, .networkChanged, .volumeAnew])
    func aCrashedRecoveryIsRecovered(scenario: Scenario) async throws {
        let trial = try await Trial(scenario)
        for first in 1...trial.count {
            for second in 1...trial.count {
                // The state file is read again by each new process.
                try await trial.run("crash at \(first), then at \(second)", recoveryFault: second) { _ in
                    FaultSchedule(.crash, at: first)
                }
            }
        }
    }

    /// The command crashes and its journal is lost: the next one finds by the labels what there is to do.
    @Test(arguments: Scenario.all.filter(\.isRepeatable)) func withoutAJournalTheLabelsSuffice(scenario: Scenario)
        async throws
    {
        let trial = try await Trial(scenario)
        for number in 1...trial.count {
            var crashed = try await scenario.stage()
            // One call after the other: of two replicas that are made at once a crash may leave the second alone, and
            // the next command counts on from the highest number that is there.
            crashed.limits.parallel = 1
            crashed.engine.setFaults(FaultSchedule(.crash, at: number, of: scenario.scope))
            _ = try? await crashed.up(scenario.wanted, scenario.options)
            crashed.engine.revive()

            let stage = try Stage(engine: crashed.engine)
            #expect(try await stage.up(scenario.wanted, scenario.options) == [], "crash at \(number)")
            #expect(stage.snapshot.shape == trial.wanted, "crash at \(number)")
        }
    }
}
