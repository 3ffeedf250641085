import EngineAPI
import EngineTesting
import Testing

/// Gantry and Docker Compose adopt each other's running projects and recreate nothing.
@Suite(.onEngine, .besideDockerCompose) struct InterchangeScenarios {
    private static let compose = """
        services:
          db:
            image: busybox
            init: true
            command: ["sh", "-c", "echo ready; sleep infinity"]
            environment: {A: "1", B: null, C: "x=y $$z"}
            volumes: [data:/data, "./conf:/conf:ro"]
            networks: {inner: {aliases: [database]}}
            healthcheck: {test: ["CMD", "true"], interval: 1s, timeout: 500ms}
            stop_grace_period: 1m30s
            labels: {team: core}
          web:
            image: busybox
            init: true
            command: sleep infinity
            restart: unless-stopped
            ports: ["127.0.0.1::80"]
            depends_on: {db: {condition: service_healthy}}
            networks: [inner, default]
            tmpfs: [/tmp]
            logging: {options: {max-size: 1m}}
            deploy: {replicas: 2, resources: {limits: {memory: 64M}}}
            configs: [settings]
            ulimits: {nofile: {soft: 1000, hard: 2000}}
        networks:
          inner:
            labels: {kind: private}
        volumes:
          data:
            labels: {kind: rows}
        configs:
          settings: {file: ./conf}
        """

    private static let files = ["compose.yaml": compose, "conf": "setting=1\n"]

    @Test func gantryMustAdoptWhatDockerComposeRunsAndHandItBack() async throws {
        try await Scenario.with(InterchangeScenarios.files) { scenario in
            try await scenario.dockerCompose("up", "-d")
            let (state, runs) = (try await scenario.state(), try await scenario.runs())
            let plan = try await scenario.gantry("plan")
            #expect(plan.code == 0, "\(plan)")
            try await scenario.gantry("up", "-d")
            try await scenario.expectState(state)
            #expect(try await scenario.runs() == runs)
            try await scenario.dockerCompose("up", "-d")
            try await scenario.expectState(state)
            #expect(try await scenario.runs() == runs)
            try await scenario.gantry("down", "-v")
            try await scenario.expectNothing()
        }
    }

    @Test func dockerComposeMustAdoptWhatGantryRunsAndHandItBack() async throws {
        try await Scenario.with(InterchangeScenarios.files) { scenario in
            try await scenario.gantry("up", "-d")
            let (state, runs) = (try await scenario.state(), try await scenario.runs())
            let adopted = try await scenario.dockerCompose("up", "-d")
            try await scenario.expectState(state, "\(adopted)")
            #expect(try await scenario.runs() == runs, "\(adopted)")
            try await scenario.gantry("up", "-d")
            #expect(try await scenario.runs() == runs)
            try await scenario.dockerCompose("down", "-v")
            try await scenario.expectNothing()
        }
    }

    @Test func bothMustGiveContainersTheSameLabelsAndNames() async throws {
        try await Scenario.with(InterchangeScenarios.files) { scenario in
            func facts() async throws -> [String: [String: String]] {
                Dictionary(
                    uniqueKeysWithValues: try await scenario.containers().map { container in
                        (container.name, container.labels.filter { !$0.key.hasPrefix("io.gantry.") })
                    })
            }
            try await scenario.dockerCompose("up", "-d")
            let theirs = try await facts()
            try await scenario.dockerCompose("down", "-v")
            try await scenario.gantry("up", "-d")
            let ours = try await facts()
            #expect(ours.keys.sorted() == theirs.keys.sorted())
            for (name, labels) in theirs.sorted(by: { $0.key < $1.key }) {
                for (label, value) in labels.sorted(by: { $0.key < $1.key }) {
                    #expect(ours[name]?[label] == value, "\(label) of \(name)")
                }
            }
        }
    }
}
