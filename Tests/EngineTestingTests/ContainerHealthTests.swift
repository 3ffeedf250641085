import EngineAPI
import EngineTesting
import Testing

@Suite struct ContainerHealthTests {
    private func exec(_ command: [String], in id: ContainerID, of stage: Stage) async throws -> (Int?, [String]) {
        let exec = try await stage.engine.createExec(ExecSpec(command: command), in: id)
        let lines = try await stage.engine.withExec(exec, terminal: false) { try await $0.output.lines() }
        return (try await stage.engine.exec(exec).exitCode, lines)
    }

    @Test func probesByTickUntilHealthy() async throws {
        let stage = Stage(ContainerBehavior(health: .healthy(afterProbes: 2)))
        let id = try await stage.run("web-1") { $0.healthCheck = HealthCheckSpec(test: ["CMD", "true"]) }
        #expect(try await stage.engine.container(id).health == .starting)
        stage.engine.tick()
        #expect(try await stage.engine.container(id).health == .starting)
        stage.engine.tick(2)
        let details = try await stage.engine.container(id)
        #expect(details.health == .healthy && details.probes.map(\.exitCode) == [1, 0, 0])
        #expect(stage.containerEvents == ["create", "start", "health_status: healthy"])
    }

    @Test func turnsUnhealthyAndStaysSo() async throws {
        let stage = Stage(
            ContainerBehavior(health: .unhealthy(afterProbes: 2)),
            image: ImageBehavior(healthCheck: HealthCheckSpec(test: ["CMD", "true"])))
        let id = try await stage.run("web-1")
        stage.engine.tick()
        #expect(try await stage.engine.container(id).health == .starting)
        stage.engine.tick(9)
        let details = try await stage.engine.container(id)
        #expect(details.health == .unhealthy && details.probes.count == 5)
        #expect(stage.containerEvents == ["create", "start", "health_status: unhealthy"])
    }

    @Test func withoutAHealthcheckThereIsNoHealth() async throws {
        let stage = Stage(
            ContainerBehavior(health: .healthy(afterProbes: 0)),
            image: ImageBehavior(healthCheck: HealthCheckSpec(test: ["CMD", "true"])))
        let id = try await stage.run("web-1") { $0.healthCheck = HealthCheckSpec(test: ["NONE"]) }
        try stage.engine.setHealth(.unhealthy, of: id)
        #expect(try await stage.engine.container(id).health == .none)
        #expect(try await stage.engine.container(id).healthCheck == nil)
    }

    @Test(arguments: [["CMD-SHELL", "check me"], ["CMD", "/bin/sh", "-c", "check me"]])
    func anExecOfTheHealthcheckIsAProbe(test: [String]) async throws {
        let stage = Stage(ContainerBehavior(health: .healthy(afterProbes: 2)))
        let id = try await stage.run("web-1") { $0.healthCheck = HealthCheckSpec(test: test) }
        #expect(try await exec(["/bin/sh", "-c", "check me"], in: id, of: stage).0 == 1)
        #expect(try await exec(["/bin/sh", "-c", "check me"], in: id, of: stage).0 == 0)
        #expect(try await stage.engine.container(id).health == .healthy)
    }

    @Test func theTestsWordOnHealthIsWhatProbesRepeat() async throws {
        let stage = Stage(ContainerBehavior(health: .manual))
        let id = try await stage.run("web-1") { $0.healthCheck = HealthCheckSpec(test: ["CMD", "check"]) }
        stage.engine.tick(3)
        #expect(try await exec(["check"], in: id, of: stage).0 == 1)
        try stage.engine.setHealth(.healthy, of: id)
        #expect(try await exec(["check"], in: id, of: stage).0 == 0)
        try await stage.engine.stopContainer(id, timeout: nil)
        try await stage.engine.startContainer(id)
        #expect(try await stage.engine.container(id).health == .starting)
    }

    @Test func otherExecsDoAsScripted() async throws {
        let behavior = ContainerBehavior(execs: [
            ["migrate", "up"]: ExecResult(exitCode: 3, output: ["one", OutputLine("two", on: .stderr)])
        ])
        let stage = Stage(behavior)
        let id = try await stage.run("web-1")
        let (code, lines) = try await exec(["migrate", "up"], in: id, of: stage)
        #expect(code == 3 && lines == ["one", "two"])
        #expect(try await exec(["true"], in: id, of: stage).0 == 0)
        try await stage.engine.stopContainer(id, timeout: nil)
        await expectRefusal(.conflict, "is not running") {
            _ = try await stage.engine.createExec(ExecSpec(command: ["true"]), in: id)
        }
        await expectRefusal(.notFound, "No such exec instance: x") { _ = try await stage.engine.exec("x") }
        #expect(stage.containerEvents.contains("exec_create: migrate up"))
    }

    @Test func serviceScriptsYieldToContainerScripts() async throws {
        let stage = Stage()
        stage.engine.script(service: "web", ContainerBehavior(stop: .exits(code: 7)))
        stage.engine.script(container: "web-2", ContainerBehavior(stop: .exits(code: 8)))
        for (name, code) in [("web-1", 7), ("web-2", 8)] {
            let id = try await stage.run(name) { $0.labels = ["com.docker.compose.service": "web"] }
            try await stage.engine.stopContainer(id, timeout: nil)
            #expect(try await stage.engine.container(id).exitCode == code)
        }
    }
}
