import ComposeExecutor
import ComposeModel
import ComposePlanner
import ComposeState
import EngineTesting
import FoundationEssentials
import Synchronization
import Testing

/// Every failure of every scenario, one after the other: whatever goes wrong at whichever call, the stack ends as it was
/// or as it was to be.
@Suite struct FaultSweepTests {
    @Test(arguments: Scenario.all, FaultSchedule.Fault.allCases)
    func aFaultLeavesNothingBetween(scenario: Scenario, fault: FaultSchedule.Fault) async throws {
        let trial = try await Trial(scenario)
        for number in 1...trial.count {
            try await trial.run("\(fault) at \(number)") { cancel in
                FaultSchedule(fault, at: number, onCancellation: cancel)
            }
        }
    }

    /// The second fault strikes what the first one set going: taking back, or what follows it.
    @Test(arguments: [Scenario.fresh, .replacement], [FaultSchedule.Fault.error, .droppedConnection, .crash])
    func aSecondFaultIsReportedAndRepaired(scenario: Scenario, second: FaultSchedule.Fault) async throws {
        let trial = try await Trial(scenario)
        for first in 1...trial.count {
            for number in first + 1...2 * trial.count {
                try await trial.run("error at \(first), \(second) at \(number)") { _ in
                    FaultSchedule(.error, at: first).adding(second, at: number)
                }
            }
        }
    }

    /// The crash of the command, then the crash of the one that recovers.
    @Test(arguments: [Scenario.fresh, .replacement])
    func aCrashedRecoveryIsRecovered(scenario: Scenario) async throws {
        let trial = try await Trial(scenario)
        for first in 1...trial.count {
            for second in 1...trial.count {
                try await trial.run("crash at \(first), then at \(second)", recoveryFault: second) { _ in
                    FaultSchedule(.crash, at: first)
                }
            }
        }
    }
}

/// Runs one scenario again and again, each time with other faults.
private struct Trial {
    let scenario: Scenario
    /// How many calls change something when all goes well.
    let count: Int
    private let wanted: String

    init(_ scenario: Scenario) async throws {
        self.scenario = scenario
        let stage = try await scenario.stage()
        stage.engine.forgetCalls()
        #expect(try await stage.up(scenario.wanted, scenario.options) == [])
        count = stage.changes.count
        wanted = stage.snapshot.shape
    }

    func run(
        _ title: String, recoveryFault: Int? = nil,
        _ faults: (_ cancel: @escaping @Sendable () -> Void) -> FaultSchedule
    ) async throws {
        let stage = try await scenario.stage()
        let file = try TemporaryFile()
        let store = try StateStore(path: file.path)
        let before = stage.snapshot
        let plan = try await stage.plan(scenario.wanted, scenario.options)

        let runner = Mutex<Task<Outcome, Never>?>(nil)
        stage.engine.setFaults(faults { runner.withLock { $0?.cancel() } })
        let task = runner.withLock { runner in
            let task = Task { await attempt(plan, stage.executor(store)) }
            runner = task
            return task
        }
        let result = await task.value

        if !stage.engine.isCrashed {
            stage.engine.setFaults(.none)
            if result.leftovers.isEmpty {
                // Without a word about leftovers there are none, and the state is one of the two.
                expectEnd(stage, before, result.isApplied, title)
                #expect(try await Journal(store).unfinished(in: Stage.scope) == [], "\(title)")
                return
            }
        }
        stage.engine.revive()
        if let recoveryFault {
            stage.engine.setFaults(FaultSchedule(.crash, at: recoveryFault))
            _ = try? await stage.executor(try StateStore(path: file.path)).recover()
            stage.engine.revive()
        }
        let reopened = try StateStore(path: file.path)
        let recovered = try await stage.executor(reopened).recover()
        #expect(recovered.flatMap(\.leftovers) == [], "\(title)")
        expectEnd(stage, before, nil, title)
        #expect(try await stage.executor(reopened).recover().isEmpty, "\(title)")
    }

    private func expectEnd(_ stage: Stage, _ before: EngineSnapshot, _ isApplied: Bool?, _ title: String) {
        let difference = before.difference(to: stage.snapshot)
        let shape = stage.snapshot.shape
        let isAsBefore = difference.isEmpty
        let isAsWanted = shape == wanted
        let isRight =
            switch isApplied {
            case true?: isAsWanted
            case false?: isAsBefore
            case nil: isAsBefore || isAsWanted
            }
        let calls = stage.changes.joined(separator: ", ")
        #expect(isRight, "\(scenario), \(title):\n\(difference)\n--\n\(shape)\n-- wanted\n\(wanted)\n-- \(calls)")
    }

    private struct Outcome: Sendable {
        var isApplied: Bool
        var leftovers: [Leftover]
    }

    private func attempt(_ plan: Plan, _ executor: Executor) async -> Outcome {
        do {
            return Outcome(isApplied: true, leftovers: try await executor.apply(plan, command: "up"))
        } catch let failure as ApplyFailure {
            return Outcome(isApplied: false, leftovers: failure.leftovers)
        } catch {
            Issue.record(error)
            return Outcome(isApplied: false, leftovers: [])
        }
    }
}

/// A path for a state file, whose folder goes with the value.
final class TemporaryFile: Sendable {
    private let folder: URL
    let path: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appending(path: "state.sqlite").path
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
