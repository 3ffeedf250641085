import ComposeExecutor
import ComposeLogs
import ComposeModel
import EngineAPI
import EngineTesting
import Synchronization
import Testing

@testable import ComposeSupervisor

@Suite(.timeLimit(.minutes(5))) struct SupervisorTests {
    @Test func restartsAfterTheDelayUpToTheLimitInTheEnginesPlace() async throws {
        let stage = try await SupervisedStage(.app("web").restarting(delay: 5, attempts: 2))
        try await stage.keeping {
            await stage.waitFor("update shop-web-1 to restart no")
            for restart in 1...2 {
                try stage.engine.exit(try await stage.id("web"), code: 7)
                await stage.notes.waitFor(
                    "web-1 ended with code 7; it is started again in 5s.", times: restart)
                try await stage.pass(4)
                #expect(stage.count("start shop-web-1") == restart)
                try await stage.pass(1)
                await stage.waitFor("start shop-web-1", times: restart + 1)
                await stage.waitFor("web", .running)
            }
            try stage.engine.exit(try await stage.id("web"), code: 7)
            await stage.notes.waitFor { $0.contains("2 restarts have failed, which is the limit") }
            #expect(await stage.state("web") == .exited)
        }
    }

    @Test func restartsTheUnhealthyUpToTheLimitAndSaysWhy() async throws {
        let stage = try await SupervisedStage(.app("web").onUnhealthy("restart", attempts: 1))
        try await stage.keeping {
            try stage.engine.setHealth(.unhealthy, of: try await stage.id("web"))
            await stage.notes.waitFor("web-1 is unhealthy; it is restarted in 1s (attempt 1 of 1).")
            try await stage.pass(1)
            await stage.waitFor("start shop-web-1", times: 2)
            try stage.engine.setHealth(.unhealthy, of: try await stage.id("web"))
            await stage.notes.waitFor { $0.contains("after 1 restart, which is the limit") }
            #expect(stage.count("stop shop-web-1") == 1)
            #expect(await stage.state("web") == .running)
        }
    }

    @Test(arguments: [("stop", ContainerState.exited), ("notify", .running)])
    func doesWithTheUnhealthyWhatTheFileSays(_ action: String, _ state: ContainerState) async throws {
        let stage = try await SupervisedStage(.app("web").onUnhealthy(action))
        try await stage.keeping {
            try stage.engine.setHealth(.unhealthy, of: try await stage.id("web"))
            await stage.notes.waitFor { $0.hasPrefix("web-1 is unhealthy") }
            await stage.waitFor("web", state)
            #expect(stage.count("start shop-web-1") == 1)
        }
    }

    @Test func oneThatRecoversInTimeIsNotRestarted() async throws {
        let stage = try await SupervisedStage(.app("web").onUnhealthy("restart"), .app("db"))
        try await stage.keeping {
            let web = try await stage.id("web")
            try stage.engine.setHealth(.unhealthy, of: web)
            await stage.notes.waitFor { $0.hasPrefix("web-1 is unhealthy") }
            try stage.engine.setHealth(.healthy, of: web)
            // A later event, so that the one before it has been seen.
            try await stage.engine.stopContainer(try await stage.id("db"), timeout: nil)
            await stage.pass { stage.notes.words.contains { $0.hasPrefix("db-1 was stopped") } }
            #expect(stage.count("stop shop-web-1") == 0)
        }
    }

    @Test func whatSomebodyStoppedStaysStoppedAndIsSaidOnce() async throws {
        let stage = try await SupervisedStage(.app("web").restarting("any", delay: 0), .app("db"))
        try await stage.keeping {
            await stage.waitFor("update shop-web-1 to restart no")
            try await stage.engine.stopContainer(try await stage.id("web"), timeout: nil)
            try await stage.pass(2)
            await stage.notes.waitFor("web-1 was stopped by somebody, and is left so.")
            // Nor does a repair start it.
            try await stage.engine.removeContainer(try await stage.id("db"), force: true, anonymousVolumes: true)
            try await stage.pass(1)
            await stage.waitFor("create shop-db-1", times: 2)
            await stage.waitFor("db", .running)
            #expect(stage.count("start shop-web-1") == 1)
            #expect(stage.notes.words.count { $0.contains("was stopped") } == 1)
        }
    }

    /// Nothing tells of a container that does not run that somebody has stopped it, but Gantry's own word for it.
    @Test(arguments: [false, true]) func whatGantryWasToldToStopDuringItsDelayIsNotStarted(_ wasToldBefore: Bool)
        async throws
    {
        let stage = try await SupervisedStage(.app("web").restarting("any", delay: 5))
        try await stage.keeping {
            let web = try await stage.id("web")
            await stage.waitFor("update shop-web-1 to restart no")
            if wasToldBefore { stage.shop.unwanted.withLock { _ = $0.insert(web) } }
            try stage.engine.exit(web, code: 7)
            await stage.notes.waitFor("web-1 ended with code 7; it is started again in 5s.")
            try await stage.clock.waitForSleepers(1)
            stage.shop.unwanted.withLock { _ = $0.insert(web) }
            if wasToldBefore {
                // Somebody has started it since, by whatever tool.
                await stage.pass { stage.count("start shop-web-1") == 2 }
            } else {
                await stage.pass { stage.notes.words.contains("web-1 was stopped by somebody, and is left so.") }
                #expect(stage.count("start shop-web-1") == 1)
            }
        }
    }

    @Test func whatWasRemovedIsBroughtBackAndItsNewContainerKept() async throws {
        let stage = try await SupervisedStage(.app("web").restarting(delay: 5), .app("db"))
        try await stage.keeping {
            try await stage.engine.removeContainer(try await stage.id("web"), force: true, anonymousVolumes: true)
            try await stage.pass(1)
            await stage.waitFor("update shop-web-1 to restart no", times: 2)
            #expect(await stage.state("web") == .running)
            #expect(stage.count("start shop-db-1") == 1)
        }
    }

    @Test func endsWhenTheWholeProjectIsTakenDown() async throws {
        let stage = try await SupervisedStage(.app("web"))
        async let end: Void = stage.supervisor.run(reloads: stage.reloads.stream)
        while stage.supervisor.containers.isEmpty, !Task.isCancelled { await Task.yield() }
        try await stage.engine.removeContainer(try await stage.id("web"), force: true, anonymousVolumes: true)
        let network = try #require(
            try await stage.engine.networks(matching: ObjectFilter(names: ["shop_default"])).first)
        try await stage.engine.removeNetwork(network.id)
        try await stage.pass(1)
        try await end
        #expect(stage.notes.words == ["The project was taken down, so there is nothing to keep any more."])
    }

    @Test func dependentsRestartWhenTheRestartedOneIsReadyForThem() async throws {
        let stage = try await SupervisedStage(
            .app("db") {
                $0.healthCheck = HealthCheck(test: ["CMD", "check"])
                $0.restart = RestartPolicy(.always)
            },
            .app("api") { $0.dependencies["db"] = Dependency(.healthy, restart: true) },
            .app("worker") { $0.dependencies["api"] = Dependency(.started, restart: true) },
            .app("other") { $0.dependencies["db"] = Dependency(.healthy) })
        stage.engine.script(service: "db", ContainerBehavior(health: .manual))
        try await stage.keeping {
            let db = try await stage.id("db")
            try stage.engine.exit(db, code: 1)
            #expect(stage.count("stop shop-api-1") == 0)
            try stage.engine.setHealth(.healthy, of: db)
            await stage.notes.waitFor("api-1 restarts with db-1.")
            await stage.notes.waitFor("worker-1 restarts with api-1.")
            await stage.waitFor("start shop-worker-1", times: 2)
            #expect(stage.count("start shop-api-1") == 2)
            #expect(stage.count("start shop-other-1") == 1)
        }
    }

    @Test func whatAnEngineThatWentDidNotBringBackIsStarted() async throws {
        let stage = try await SupervisedStage(.app("web"), .app("tool"), .app("job"))
        try await stage.keeping {
            // A person stops one and a job ends, long before.
            try await stage.engine.stopContainer(try await stage.id("tool"), timeout: nil)
            try stage.engine.exit(try await stage.id("job"), code: 0)
            try await stage.pass(20)
            await stage.notes.waitFor("tool-1 was stopped by somebody, and is left so.")
            // The engine stops what runs, and goes.
            try await stage.engine.stopContainer(try await stage.id("web"), timeout: nil)
            try await stage.clock.waitForSleepers(1)
            stage.engine.cutStreams()
            await stage.notes.waitFor { $0.hasPrefix("The connection to the engine broke") }
            await stage.pass { stage.count("start shop-web-1") == 2 }
            await stage.waitFor("web", .running)
            #expect(stage.notes.words.contains("The engine answers again."))
            #expect(stage.count("start shop-tool-1") == 1 && stage.count("start shop-job-1") == 1)
        }
    }

    @Test func aReloadAppliesTheFilesOrLeavesEverythingAsItWas() async throws {
        let stage = try await SupervisedStage(.app("web"), .app("db"))
        try await stage.keeping {
            let old = try await stage.id("web")
            stage.shop.files.withLock { $0.services["web"]?.image = "missing" }
            stage.reloads.continuation.yield(.hangup)
            await stage.notes.waitFor("What the files say now is not in force; the project is kept as it was.")
            #expect(try await stage.id("web") == old)
            stage.shop.files.withLock {
                $0.services["web"]?.image = "app"
                $0.services["web"]?.environment["LOG"] = "debug"
            }
            stage.reloads.continuation.yield(.hangup)
            await stage.waitFor("remove shop-web-1")
            await stage.waitFor("web", .running)
            #expect(try await stage.id("web") != old)
            #expect(stage.count("start shop-db-1") == 1)
        }
    }

    @Test func policiesThatAKilledSupervisorLeftArePutRight() async throws {
        let stage = try await SupervisedStage(.app("web").restarting(delay: 5, attempts: 3), .app("db"))
        try await stage.keeping { await stage.waitFor("update shop-web-1 to restart no") }
        for _ in 0..<2 { try await RestartTakeover.restore(stage.supervisor.project, on: stage.engine) }
        let policy = try await stage.engine.container(try await stage.id("web")).restartPolicy
        #expect(policy == RestartPolicySpec(name: "on-failure", maximumRetries: 3))
        #expect(stage.count("update shop-web-1 to restart on-failure") == 1, "what is right is left alone")
    }

    @Test(arguments: [Signal.terminate, .interrupt])
    func aSignalStopsWhatIsKeptDependentsFirst(_ signal: Signal) async throws {
        let stage = try await SupervisedStage(
            .app("db").restarting("any", delay: 0),
            .app("web") { $0.dependencies["db"] = Dependency(.started, restart: true) })
        let signals = AsyncStream.makeStream(of: Signal.self)
        let console = AttachedStage()
        let attached = AttachedRun(
            engine: stage.engine, project: "shop", sink: console.sink, warn: { stage.notes.say($0) })
        let run = Foreground(
            run: attached, keeping: AttachedRun.Keeping(stage.supervisor, reloads: stage.reloads.stream),
            stopper: stage.stopper, announce: { stage.notes.say("\($0)") },
            leave: { stage.notes.say("left with \($0)") })
        let end = try await run.run(
            signals: signals.stream, reportingTo: SilentObserver(), didApply: { signals.continuation.yield(signal) }
        ) { _ in [] }
        #expect(end.signal == signal && end.leftovers.isEmpty)
        #expect(
            stage.engine.calls.map(\.description).filter { $0.hasPrefix("stop") } == [
                "stop shop-web-1", "stop shop-db-1",
            ])
        #expect(stage.count("start shop-db-1") == 1)
    }
}
