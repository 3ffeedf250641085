import EngineAPI
import EngineTesting
import Testing

@Suite struct ContainerLifecycleTests {
    @Test func createsStartsStopsAndRemoves() async throws {
        let stage = Stage()
        let id = try await stage.create("web-1")
        #expect(try await stage.engine.container(id).state == .created)
        try await stage.engine.startContainer("web-1")
        let running = try await stage.engine.container(id)
        #expect(running.state == .running && running.startedAt != nil && running.finishedAt == nil)
        try await stage.engine.stopContainer(id, timeout: nil)
        let stopped = try await stage.engine.container(id)
        #expect(stopped.state == .exited && stopped.exitCode == 143 && stopped.finishedAt != nil)
        try await stage.engine.removeContainer(id, force: false, anonymousVolumes: false)
        await expectRefusal(.notFound, "No such container: web-1") { _ = try await stage.engine.container("web-1") }
        #expect(stage.containerEvents == ["create", "start", "kill", "die", "stop", "destroy"])
    }

    @Test func startAndStopTwiceAreSuccessWithoutEvents() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1")
        try await stage.engine.startContainer(id)
        try await stage.engine.stopContainer(id, timeout: nil)
        let events = stage.containerEvents
        try await stage.engine.stopContainer(id, timeout: nil)
        #expect(stage.containerEvents == events)
    }

    @Test func aRestartPolicyCanBeChangedWhileTheContainerRuns() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1") { $0.restartPolicy = RestartPolicySpec(name: "always") }
        try await stage.engine.updateContainer(id, restartPolicy: RestartPolicySpec(name: "no"))
        try stage.engine.exit(id, code: 1)
        let details = try await stage.engine.container(id)
        #expect(details.state == .exited && details.restartPolicy?.name == "no")
        #expect(stage.containerEvents.suffix(2) == ["update", "die"])
    }

    @Test func refusesANameInUse() async throws {
        let stage = Stage()
        let id = try await stage.create("web-1")
        await expectRefusal(.conflict, "The container name \"/web-1\" is already in use by container \"\(id)\"") {
            _ = try await stage.create("web-1")
        }
        let other = try await stage.create("web-2")
        await expectRefusal(.conflict, "already in use") { try await stage.engine.renameContainer(other, to: "web-1") }
        try await stage.engine.renameContainer(id, to: "old")
        try await stage.engine.renameContainer(other, to: "web-1")
        #expect(try await stage.engine.container("web-1").id == other)
        await expectRefusal(.invalidRequest, "Invalid container name (-x)") { _ = try await stage.create("-x") }
    }

    @Test func refusesAMissingImageInDockersWords() async throws {
        let engine = InMemoryEngine()
        await expectRefusal(.notFound, "No such image: busybox:latest") {
            _ = try await engine.createContainer(ContainerSpec(image: "docker.io/library/busybox"), name: "web-1")
        }
    }

    @Test func refusesToRemoveARunningContainerWithoutForce() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1")
        await expectRefusal(.conflict, "You cannot remove a running container \(id). Stop the container") {
            try await stage.engine.removeContainer(id, force: false, anonymousVolumes: false)
        }
        try await stage.engine.removeContainer(id, force: true, anonymousVolumes: false)
        #expect(stage.containerEvents == ["create", "start", "kill", "die", "destroy"])
    }

    @Test func killsWhatIgnoresItsSignal() async throws {
        let stage = Stage(ContainerBehavior(stop: .ignores))
        let id = try await stage.run("web-1")
        try await stage.engine.killContainer(id, signal: "SIGTERM")
        #expect(try await stage.engine.container(id).state == .running)
        try await stage.engine.stopContainer(id, timeout: .seconds(1))
        #expect(try await stage.engine.container(id).exitCode == 137)
        #expect(stage.containerEvents == ["create", "start", "kill", "kill", "kill", "die", "stop"])
    }

    @Test func aSignalThatIsNotFatalIsAnEventAlone() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1")
        try await stage.engine.killContainer(id, signal: "SIGHUP")
        #expect(try await stage.engine.container(id).state == .running)
        try await stage.engine.killContainer(id, signal: "SIGKILL")
        #expect(stage.containerEvents == ["create", "start", "kill", "kill", "die"])
        await expectRefusal(.conflict, "is not running") {
            try await stage.engine.killContainer(id, signal: "SIGKILL")
        }
    }

    @Test func aHeldStopReturnsWhenTheProcessEnds() async throws {
        let stage = Stage(ContainerBehavior(stop: .holds))
        let id = try await stage.run("web-1") { $0.restartPolicy = RestartPolicySpec(name: "always") }
        try await stage.engine.withEvents(matching: EventFilter(), since: nil) { events in
            async let stopping: Void = stage.engine.stopContainer(id, timeout: nil)
            var iterator = events.makeAsyncIterator()
            #expect(try await iterator.next()?.action == "kill")
            try stage.engine.exit(id, code: 3)
            try await stopping
        }
        let details = try await stage.engine.container(id)
        #expect(details.state == .exited && details.exitCode == 3)
        #expect(stage.containerEvents == ["create", "start", "kill", "die", "stop"])
    }

    @Test func exitsRightAfterTheStartOrAtItsTick() async throws {
        let stage = Stage(ContainerBehavior(run: .exits(code: 4)))
        let job = try await stage.run("job-1")
        #expect(try await stage.engine.waitContainer(job) == 4)
        stage.engine.script(container: "slow-1", ContainerBehavior(run: .exitsAfter(ticks: 2, code: 5)))
        let slow = try await stage.run("slow-1")
        stage.engine.tick()
        #expect(try await stage.engine.container(slow).state == .running)
        async let code = stage.engine.waitContainer(slow)
        stage.engine.tick()
        #expect(try await code == 5)
        #expect(stage.containerEvents == ["create", "start", "die", "create", "start", "die"])
    }

    @Test func reportsWhyTheStartFailedAndStaysCreated() async throws {
        let stage = Stage(ContainerBehavior(run: .failsToStart(message: "exec: \"nope\": not found")))
        let id = try await stage.create("web-1")
        await expectRefusal(.invalidRequest, "nope") { try await stage.engine.startContainer(id) }
        let details = try await stage.engine.container(id)
        #expect(details.state == .created && details.failure.contains("nope"))
    }

    @Test func aCrashLoopRestartsAtOnceAFewTimesAndThenWithEachTick() async throws {
        let stage = Stage(ContainerBehavior(run: .exits(code: 1)))
        let id = try await stage.run("web-1") { $0.restartPolicy = RestartPolicySpec(name: "always") }
        let looping = try await stage.engine.container(id)
        #expect(looping.state == .restarting && looping.restartCount == 3)
        stage.engine.tick()
        #expect(try await stage.engine.container(id).restartCount > 3)
        #expect(Array(stage.containerEvents.prefix(5)) == ["create", "start", "die", "start", "die"])
        let before = stage.containerEvents.count
        try await stage.engine.stopContainer(id, timeout: nil)
        #expect(Array(stage.containerEvents.dropFirst(before)) == ["stop"])
        #expect(try await stage.engine.container(id).state == .exited)
    }

    @Test func onFailureStopsAtItsMaximumAndAtSuccess() async throws {
        let stage = Stage(ContainerBehavior(run: .exits(code: 1)))
        let policy = RestartPolicySpec(name: "on-failure", maximumRetries: 2)
        let failing = try await stage.run("web-1") { $0.restartPolicy = policy }
        let details = try await stage.engine.container(failing)
        #expect(details.state == .exited && details.restartCount == 2)
        stage.engine.script(container: "ok-1", ContainerBehavior(run: .exits(code: 0)))
        let succeeding = try await stage.run("ok-1") { $0.restartPolicy = policy }
        #expect(try await stage.engine.container(succeeding).restartCount == 0)
    }

    @Test func anExitOfItsOwnAsksTheRestartPolicyButAStopDoesNot() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1") { $0.restartPolicy = RestartPolicySpec(name: "unless-stopped") }
        try stage.engine.exit(id, code: 1)
        let restarted = try await stage.engine.container(id)
        #expect(restarted.state == .running && restarted.restartCount == 1)
        try await stage.engine.killContainer(id, signal: "SIGKILL")
        #expect(try await stage.engine.container(id).state == .exited)
    }

    @Test func removesItselfWhenAskedTo() async throws {
        let stage = Stage(image: ImageBehavior(volumes: ["/data"]))
        let id = try await stage.run("run-1") { $0.autoRemove = true }
        try stage.engine.exit(id, code: 0)
        #expect(try await stage.engine.containers(matching: ObjectFilter()).isEmpty)
        #expect(try await stage.engine.volumes(matching: ObjectFilter()).isEmpty)
        #expect(stage.containerEvents == ["create", "start", "die", "destroy"])
    }

    @Test func pausesAndUnpauses() async throws {
        let stage = Stage(ContainerBehavior(run: .exitsAfter(ticks: 1, code: 0)))
        let id = try await stage.run("web-1")
        try await stage.engine.pauseContainer(id)
        await expectRefusal(.conflict, "already paused") { try await stage.engine.pauseContainer(id) }
        await expectRefusal(.conflict, "cannot start a paused") { try await stage.engine.startContainer(id) }
        stage.engine.tick()
        #expect(try await stage.engine.container(id).state == .paused)
        try await stage.engine.unpauseContainer(id)
        stage.engine.tick()
        #expect(try await stage.engine.container(id).state == .exited)
    }

    @Test func listsByLabelNewestFirst() async throws {
        let stage = Stage(image: ImageBehavior(labels: ["base": "yes", "tier": "image"]))
        _ = try await stage.create("a-1") { $0.labels = ["tier": "front"] }
        _ = try await stage.run("b-1") { $0.labels = ["tier": "back"] }
        _ = try await stage.create("c-1") { $0.labels = ["tier": "front"] }
        func names(_ filter: ObjectFilter) async throws -> [String] {
            try await stage.engine.containers(matching: filter).map(\.name)
        }
        #expect(try await names(ObjectFilter(labels: ["tier=front"])) == ["c-1", "a-1"])
        #expect(try await names(ObjectFilter(labels: ["base"])) == ["c-1", "b-1", "a-1"])
        #expect(try await names(ObjectFilter(labels: ["base", "tier=back"])) == ["b-1"])
        #expect(try await names(ObjectFilter(names: ["b-"])) == ["b-1"])
    }

    @Test func findsContainersByTheBeginningOfTheirIdentifier() async throws {
        let stage = Stage()
        let id = try await stage.create("web-1")
        #expect(id.rawValue.count == 64)
        #expect(try await stage.engine.container(ContainerID(id.short)).id == id)
    }

    @Test func showsHealthAndExitCodeInTheListsPhrase() async throws {
        let stage = Stage(ContainerBehavior(health: .healthy(afterProbes: 0)))
        let id = try await stage.run("web-1") { $0.healthCheck = HealthCheckSpec(test: ["CMD", "true"]) }
        #expect(try await stage.engine.containers(matching: ObjectFilter()).first?.health == .healthy)
        try await stage.engine.stopContainer(id, timeout: nil)
        #expect(try await stage.engine.containers(matching: ObjectFilter()).first?.exitCode == 143)
    }
}
