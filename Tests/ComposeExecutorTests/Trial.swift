import ComposeExecutor
import ComposeModel
import ComposePlanner
import ComposeState
import EngineTesting
import FoundationEssentials
import Synchronization
import Testing

/// Runs one scenario again and again, each time with other faults.
struct Trial {
    let scenario: Scenario
    /// How many calls of the scenario's scope there are when all goes well.
    let count: Int
    /// What is there when all goes well.
    let wanted: String

    init(_ scenario: Scenario) async throws {
        self.scenario = scenario
        let stage = try await scenario.stage()
        stage.engine.forgetCalls()
        #expect(try await stage.up(scenario.wanted, scenario.options) == [])
        count = stage.engine.calls.count(where: scenario.covers)
        wanted = stage.snapshot.shape
    }

    func run(
        _ title: String, recoveryFault: Int? = nil,
        _ faults: (_ cancel: @escaping @Sendable () -> Void) -> FaultSchedule
    ) async throws {
        let stage = try await scenario.stage()
        // A file only where it is opened again: it is a hundred times as slow.
        let file = recoveryFault == nil ? nil : try TemporaryFile()
        func open() throws -> StateStore { try file.map { try StateStore(path: $0.path) } ?? stage.store }
        let store = try open()
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
                await expectEnd(stage, before, result.isApplied, title)
                #expect(try await Journal(store).unfinished(in: Stage.scope) == [], "\(title)")
                return
            }
        }
        stage.engine.revive()
        if let recoveryFault {
            stage.engine.setFaults(FaultSchedule(.crash, at: recoveryFault))
            _ = try? await stage.executor(try open()).recover()
            stage.engine.revive()
        }
        let reopened = try open()
        let recovered = try await stage.executor(reopened).recover()
        #expect(recovered.flatMap(\.leftovers) == [], "\(title)")
        await expectEnd(stage, before, nil, title)
        #expect(try await stage.executor(reopened).recover().isEmpty, "\(title)")
    }

    private func expectEnd(_ stage: Stage, _ before: EngineSnapshot, _ isApplied: Bool?, _ title: String) async {
        await stage.lookOnAndOn()
        let after = stage.snapshot
        let difference =
            scenario.replacesNetworks
            ? before.withNamedNetworks.difference(to: after.withNamedNetworks) : before.difference(to: after)
        let shape = after.shape
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
