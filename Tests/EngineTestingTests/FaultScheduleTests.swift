import EngineAPI
import EngineTesting
import Testing

@Suite struct FaultScheduleTests {
    private func mutations(of engine: InMemoryEngine) -> [String] {
        engine.calls.filter { $0.kind == .mutating }.map(\.description)
    }

    @Test func recordsCallsByName() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1")
        _ = try await stage.engine.container(id)
        try await stage.engine.renameContainer(id, to: "web-2")
        try await stage.engine.stopContainer(id, timeout: nil)
        #expect(mutations(of: stage.engine) == ["create web-1", "start web-1", "rename web-1 to web-2", "stop web-2"])
        #expect(stage.engine.calls.map(\.description).contains("inspect web-1"))
        stage.engine.forgetCalls()
        #expect(stage.engine.calls.isEmpty)
    }

    /// Which faults leave the call's effect behind, and what the caller sees.
    @Test(
        arguments: [
            (.error, false, .serverFailure), (.timeout, false, .timedOut), (.timeoutAfterEffect, true, .timedOut),
            (.droppedConnection, true, .disconnected),
        ] as [(FaultSchedule.Fault, Bool, EngineError.Code)])
    func failsTheNumberedCallOnly(fault: FaultSchedule.Fault, takesEffect: Bool, code: EngineError.Code) async throws {
        let stage = Stage()
        stage.engine.setFaults(FaultSchedule(fault, at: 2))
        let id = try await stage.create("web-1")
        await expectRefusal(code, "") { try await stage.engine.startContainer(id) }
        #expect(try await stage.engine.container(id).state.isRunning == takesEffect)
        try await stage.engine.startContainer(id)
        #expect(try await stage.engine.container(id).state == .running)
    }

    @Test func aLateEffectShowsAfterSomeLooks() async throws {
        let stage = Stage()
        let id = try await stage.create("web-1")
        stage.engine.setFaults(FaultSchedule(.lateEffect, at: 1))
        await expectRefusal(.disconnected, "") { try await stage.engine.startContainer(id) }
        for _ in 1...FaultSchedule.lateReads { #expect(try await stage.engine.container(id).state == .created) }
        #expect(try await stage.engine.container(id).state == .running)
    }

    @Test func theSameCallAgainWaitsForALateEffect() async throws {
        let stage = Stage()
        stage.engine.setFaults(FaultSchedule(.lateEffect, at: 1))
        await expectRefusal(.disconnected, "") { _ = try await stage.create("web-1") }
        await expectRefusal(.conflict, "in use") { _ = try await stage.create("web-1") }
        #expect(try await stage.engine.containers(matching: ObjectFilter()).count == 1)
    }

    @Test func countsWithinItsScope() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1")
        stage.engine.setFaults(
            FaultSchedule(.error, at: 2, of: .call("inspect web-1")).adding(.timeout, at: 2, of: .any))
        await #expect(throws: Never.self) { _ = try await stage.engine.container(id) }
        await expectRefusal(.timedOut, "") { _ = try await stage.engine.ping() }
        await expectRefusal(.serverFailure, "as scheduled") { _ = try await stage.engine.container(id) }
        stage.engine.setFaults(.none)
        _ = try await stage.engine.container(id)
    }

    @Test func cancellationStrikesBeforeTheEffectAndCallsTheHook() async throws {
        let stage = Stage()
        // The hook runs in the caller's task, which it cancels as Ctrl-C would.
        stage.engine.setFaults(FaultSchedule(.cancellation, at: 1) { withUnsafeCurrentTask { $0?.cancel() } })
        let scenario = Task {
            await #expect(throws: CancellationError.self) { _ = try await stage.create("web-1") }
            return Task.isCancelled
        }
        #expect(await scenario.value)
        #expect(try await stage.engine.containers(matching: ObjectFilter()).isEmpty)
        _ = try await stage.create("web-1")
    }

    @Test func aCrashTakesEffectAndEndsEverythingUntilTheRevival() async throws {
        let stage = Stage()
        let id = try await stage.create("web-1")
        stage.engine.setFaults(FaultSchedule(.crash, at: 1))
        await #expect(throws: SimulatedCrash.self) {
            try await stage.engine.withEvents(matching: EventFilter(types: ["network"]), since: nil) { events in
                async let start: Void? = try? stage.engine.startContainer(id)
                // Network events come with the start, but the client is dead by then.
                for try await _ in events { Issue.record("a dead client read an event") }
                _ = await start
            }
        }
        #expect(stage.engine.isCrashed)
        let calls = stage.engine.calls.count
        await #expect(throws: SimulatedCrash.self) { _ = try await stage.engine.ping() }
        #expect(stage.engine.calls.count == calls)
        stage.engine.revive()
        #expect(try await stage.engine.container(id).state == .running)
    }

    /// The way in which a transaction is tested: a dry run counts the calls, then each of them fails once.
    @Test(arguments: FaultSchedule.Fault.allCases)
    func everyCallOfAScenarioCanBeMadeToFail(fault: FaultSchedule.Fault) async throws {
        let dryRun = Stage()
        _ = try await dryRun.run("web-1")
        let count = mutations(of: dryRun.engine).count
        #expect(count == 2)
        for number in 1...count {
            let stage = Stage()
            stage.engine.setFaults(FaultSchedule(fault, at: number))
            await #expect(throws: (any Error).self) { _ = try await stage.run("web-1") }
            #expect(mutations(of: stage.engine) == Array(mutations(of: dryRun.engine).prefix(number)))
        }
    }

    @Test func aCancelledTaskMakesNoCalls() async throws {
        let stage = Stage()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await stage.create("web-1")
        }
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(stage.engine.calls.isEmpty)
    }
}
