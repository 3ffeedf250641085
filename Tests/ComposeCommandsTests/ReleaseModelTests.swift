import ComposeLoader
import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

@testable import ComposeCommands

/// A release reads back as the project that it was.
@Suite struct ReleaseModelTests {
    private static let compose = """
        services:
          db:
            image: postgres:16
            environment: {POSTGRES_PASSWORD: "${PASSWORD}", A: "cost: $$5 $${x}", EMPTY: "", UNSET: null}
            volumes: [data:/data, "./conf.d:/etc/conf.d:ro", {type: tmpfs, target: /t, tmpfs: {size: 1m}}]
            healthcheck: {test: "pg_isready -U $${USER}", interval: 1m30s, start_period: 5s}
            networks: {inner: {aliases: [database], ipv4_address: 172.30.0.9}}
            label_file: labels.txt
            post_start: [{command: "echo $$HOME", environment: {K: v}}]
            deploy: {replicas: 2, resources: {limits: {cpus: "0.5", memory: 64M}}}
            ulimits: {nofile: {soft: 10, hard: 20}}
          web:
            image: nginx
            env_file: web.env
            command: ["sh", "-c", "a \\"b\\" <c> & d"]
            entrypoint: []
            ports: ["8080:80", "127.0.0.1:53:53/udp", "9000-9001"]
            depends_on: {db: {condition: service_healthy, restart: true}}
            configs: [{source: inline, target: /c, mode: 0440}]
            secrets: [key, file]
            extra_hosts: ["a:1.2.3.4"]
            profiles: [front]
            stop_grace_period: 1m
            logging: {driver: json-file, options: {max-size: 1m}}
        networks: {inner: {ipam: {config: [{subnet: 172.30.0.0/16}]}}, default: {driver_opts: {o: "1"}}}
        volumes: {data: {labels: {kind: rows}}}
        configs: {inline: {content: "user=$$u ${PASSWORD}"}}
        secrets: {key: {environment: KEY}, file: {file: ./s.txt}}
        x-gantry: {ignore: [unset-variable]}
        """

    private static func load(_ environment: [String: String]) throws -> LoadedProject {
        var options = LoadOptions(workingDirectory: "/shop", environment: environment)
        options.profiles = ["front"]
        let files = MemoryFiles([
            "/shop/compose.yaml": compose, "/shop/web.env": "FROM=file\n", "/shop/labels.txt": "l=1\n",
        ])
        return try ProjectLoader(options: options, files: files).load()
    }

    private static func release(of project: Project) -> Release {
        Release(
            of: project, Plan(project: project.name), observed: ObservedState(), options: UpOptions(), previous: nil,
            command: "up", time: "", salt: "0123456789abcdef")
    }

    static let environment = ["PASSWORD": "p\"w\\d", "KEY": "k"]

    @Test func itIsTheSameProjectWithTheSameHashes() throws {
        let loaded = try Self.load(Self.environment)
        let release = Self.release(of: loaded.project)
        #expect(!release.model.contains("p\\\\\"w"))
        let again = try ReleaseModel(release: release, name: "shop")
            .restored(present: loaded.project, environment: loaded.environment)
        #expect(again.services.mapValues(ConfigHash.service) == loaded.project.services.mapValues(ConfigHash.service))
        #expect(again.networks.mapValues(ConfigHash.network) == loaded.project.networks.mapValues(ConfigHash.network))
        #expect(again.volumes.mapValues(ConfigHash.volume) == loaded.project.volumes.mapValues(ConfigHash.volume))
        #expect(again.configs == loaded.project.configs && again.secrets == loaded.project.secrets)
        #expect(again.configFiles == ["/shop/compose.yaml"] && again.workingDirectory == "/shop")
        #expect(again.services.mapValues(\.replicas) == ["db": 2, "web": 1])
    }

    @Test func secretsComeFromVariablesToo() throws {
        let loaded = try Self.load(Self.environment)
        let release = Self.release(of: loaded.project)
        var present = loaded.project
        present.services["db"]?.environment["POSTGRES_PASSWORD"] = "new"
        let again = try ReleaseModel(release: release, name: "shop")
            .restored(present: present, environment: Self.environment)
        #expect(again.services["db"]?.environment["POSTGRES_PASSWORD"] == Self.environment["PASSWORD"])
    }

    @Test func lostSecretsAreNamed() throws {
        let release = Self.release(of: try Self.load(Self.environment).project)
        let now = try Self.load(["PASSWORD": "new", "KEY": "other"])
        let error = #expect(throws: LostSecrets.self) {
            try ReleaseModel(release: release, name: "shop")
                .restored(present: now.project, environment: now.environment)
        }
        #expect(
            error?.paths == [
                "configs.inline.content", "services.db.environment.POSTGRES_PASSWORD", "the variable of secret key",
            ])
    }
}
