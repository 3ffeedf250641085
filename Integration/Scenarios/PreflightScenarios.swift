import EngineAPI
import EngineTesting
import Testing

/// What would fail later is told before anything changes: all of it, a sentence each.
@Suite(.onEngine) struct PreflightScenarios {
    @Test func everythingInTheWayMustBeToldAtOnce() async throws {
        try await Listener.withPort { listener in
            let (own, theirs) = (listener.port, try await Listener.freePort())
            try await Scenario.with("services: {}") { scenario in
                let taken = scenario.project + "-taken"
                var spec = ContainerSpec(image: "busybox")
                spec.command = ["sleep", "infinity"]
                spec.labels["com.docker.compose.project"] = "elsewhere"
                spec.portBindings = [
                    PortBinding(containerPort: "80/tcp", hostAddress: "127.0.0.1", hostPort: String(theirs))
                ]
                let holder = try await scenario.engine.createContainer(spec, name: taken)
                do {
                    try await scenario.engine.startContainer(holder)
                    try await expectRefusals(scenario, own: own, theirs: theirs, taken: taken)
                } catch {
                    Issue.record(error)
                }
                try await scenario.engine.removeContainer(holder, force: true, anonymousVolumes: true)
            }
        }
    }

    private func expectRefusals(_ scenario: Scenario, own: Int, theirs: Int, taken: String) async throws {
        try scenario.write(
            """
            services:
              busy: {image: busybox, ports: ["127.0.0.1:\(own):80"]}
              shared: {image: busybox, ports: ["127.0.0.1:\(theirs):80"]}
              named: {image: busybox, container_name: \(taken)}
              image: {image: "nobody/nothing:1", pull_policy: never}
              bind:
                image: busybox
                volumes: [{type: bind, source: ./missing, target: /x, bind: {create_host_path: false}}]
              network: {image: busybox, networks: [outer]}
              volume: {image: busybox, volumes: ["kept:/x"]}
            networks: {outer: {external: true, name: no-such-network}}
            volumes: {kept: {external: true, name: no-such-volume}}
            """, to: "compose.yaml")
        let refused = try await scenario.gantry("up", "-d", exits: 1)
        refused.says(
            "Service busy cannot start: host port \(own) (127.0.0.1) is in use.",
            "Service shared cannot start: host port \(theirs) (127.0.0.1) is in use by \(taken), a container of project "
                + "elsewhere.",
            "Service named cannot start: the container name \(taken) is in use by a container of project elsewhere.",
            "Service image cannot start: image nobody/nothing:1 is not on the engine",
            "Service bind cannot start: \(scenario.folder)/missing, which it mounts, does not exist",
            "Network no-such-network is declared external and does not exist",
            "Volume no-such-volume is declared external and does not exist")
        #expect(refused.error.split(separator: "\n").count == 7, "\(refused)")
        try await scenario.expectNothing("\(refused)")
    }

    /// A feature is judged by the engine's API, so that it is no matter of the attempt.
    @Test func whatTheEngineIsTooOldForMustBeToldOrWork() async throws {
        let compose = """
            services:
              web:
                image: busybox
                init: true
                command: sleep infinity
                healthcheck: {test: [CMD, "true"], start_interval: 1s, start_period: 5s}
            """
        try await Scenario.with(compose) { scenario in
            let version = try await scenario.engine.ping().apiVersion
            let isNew = version >= APIVersion(1, 44)
            let up = try await scenario.gantry("up", "-d", exits: isNew ? 0 : 1)
            if isNew { return }
            up.says("healthcheck.start_interval needs Engine API 1.44 or later; this engine has \(version)")
            try await scenario.expectNothing("\(up)")
        }
    }
}
