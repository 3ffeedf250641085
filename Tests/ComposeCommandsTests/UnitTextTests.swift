import ComposeModel
import Testing

@testable import ComposeCommands

@Suite struct UnitTextTests {
    /// A chain `web -> api -> db` with these graces in seconds, and one service beside it.
    private func project(_ graces: [String: Int64]) -> Project {
        var project = Project(
            name: "shop", workingDirectory: "/srv/50% off", configFiles: ["/srv/50% off/compose.yaml"])
        for (name, needs) in [("db", nil), ("api", "db"), ("web", "api"), ("tool", nil)] {
            var service = Service(name: name)
            if let needs { service.dependencies[needs] = Dependency(.started) }
            service.stopGracePeriod = graces[name].map { ComposeDuration(nanoseconds: $0 * 1_000_000_000) }
            project.services[name] = service
        }
        return project
    }

    private func unit(_ project: Project, stopGrace: Int? = nil, needsDocker: Bool = true) -> UnitText {
        UnitText(
            project: project, program: "/opt/a b/gantry",
            arguments: ["-f", "/srv/50% off/compose.yaml", "$x", "supervise"],
            variables: [("DOCKER_HOST", "unix:///run/d.sock")], needsDocker: needsDocker, stopGrace: stopGrace)
    }

    private static let graces: [([String: Int64], Int64)] = [
        ([:], 60), (["api": 45], 95), (["tool": 100], 130), (["db": 0, "api": 0, "web": 0], 40),
    ]

    @Test(arguments: graces)
    func theTimeToStopIsThatOfTheLongestChain(_ graces: [String: Int64], _ seconds: Int64) {
        #expect(unit(project(graces)).stopSeconds == seconds)
    }

    @Test func theOptionsGraceIsStrongerThanTheServices() {
        #expect(unit(project(["api": 45]), stopGrace: 2).stopSeconds == 36)
    }

    @Test func wordsReachTheProgramAsTheyAre() {
        let lines = unit(project([:])).description.split(separator: "\n")
        #expect(
            lines.contains(#"ExecStart="/opt/a b/gantry" -f "/srv/50%% off/compose.yaml" "$$x" supervise"#))
        #expect(lines.contains("WorkingDirectory=/srv/50%% off"))
        #expect(lines.contains("Environment=DOCKER_HOST=unix:///run/d.sock"))
    }

    @Test func onlyThisMachinesOwnEngineIsAUnitToWaitFor() {
        #expect(unit(project([:])).description.contains("Requires=docker.service\n"))
        #expect(!unit(project([:]), needsDocker: false).description.contains("docker.service"))
    }
}
