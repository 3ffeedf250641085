import EngineAPI
import Testing

/// A stack that Gantry makes cannot be told from one that Docker Compose makes.
@Suite(.onEngine, .besideDockerCompose) struct InspectScenarios {
    /// Attributes of every kind that Debian's engine carries out.
    private static let compose = """
        services:
          base:
            image: busybox
            init: true
            command: ["sh", "-c", "sleep infinity"]
            hostname: base-host
            domainname: example.test
            environment: {PLAIN: "1", EMPTY: "", UNSET: null, DOLLAR: "x=y $$z"}
            labels: {team: core, "a.b/c": "1"}
            user: "0:0"
            mac_address: 02:42:0a:d5:4d:14
            working_dir: /tmp
            group_add: ["100"]
            stop_signal: SIGINT
            stop_grace_period: 1500ms
            healthcheck: {test: ["CMD", "true"], interval: 90s, timeout: 3s, retries: 4, start_period: 5s}
            expose: ["8080", "9000-9001/udp"]
            ports: ["127.0.0.1::80", "0:81/udp", {target: 82, protocol: tcp, mode: host, name: web}]
            networks:
              inner:
                aliases: [database, db]
                ipv4_address: 10.213.77.20
                priority: 10
              default:
            extra_hosts: ["one:10.0.0.1", "six=::1", "gate:host-gateway"]
            dns: [10.0.0.53, 10.0.0.54]
            dns_search: [example.test]
            dns_opt: ["ndots:2", "timeout:1"]
            sysctls: {net.core.somaxconn: "1024"}
            ulimits: {nproc: 512, nofile: {soft: 1000, hard: 2000}}
            mem_limit: 96M
            mem_reservation: 48M
            memswap_limit: 128M
            shm_size: 8M
            cpus: 0.5
            cpu_shares: 512
            cpuset: "0"
            pids_limit: 64
            oom_score_adj: 100
            cap_add: [NET_ADMIN]
            cap_drop: [MKNOD]
            security_opt: ["no-new-privileges:true", "seccomp=unconfined"]
            devices: ["/dev/null:/dev/nothing:r"]
            device_cgroup_rules: ["c 1:3 mr"]
            ipc: shareable
            logging: {driver: json-file, options: {max-size: 1m, max-file: "2"}}
            blkio_config: {weight: 300}
            volumes:
              - {type: tmpfs, target: /scratch, tmpfs: {size: 1048576, mode: 0700}}
          storage:
            image: busybox
            init: true
            command: sleep infinity
            read_only: true
            tmpfs: [/run, "/var/tmp:size=1m,mode=1777"]
            volumes:
              - data:/data
              - ./conf:/conf:ro
              - /anonymous
              - {type: volume, source: data, target: /nocopy, volume: {nocopy: true}}
              - {type: bind, source: ./folder, target: /private, bind: {propagation: rprivate}}
              - {type: bind, source: ./conf, target: /strict, read_only: true, bind: {create_host_path: false}}
            configs: [settings]
            secrets: [{source: key, target: key.txt}]
            restart: on-failure:3
            uts: host
            stdin_open: true
            tty: true
          guest:
            image: busybox
            init: true
            command: sleep infinity
            network_mode: service:base
            ipc: service:base
            pid: service:base
            volumes_from: [storage:ro]
            depends_on: {storage: {condition: service_started}}
            entrypoint: []
          workers:
            image: busybox
            command: sleep infinity
            init: true
            networks: [inner]
            links: ["base:first"]
            deploy:
              replicas: 2
              resources: {limits: {cpus: "0.25", memory: 32M, pids: 20}, reservations: {memory: 16M}}
              restart_policy: {condition: on-failure, max_attempts: 2}
        networks:
          inner:
            driver_opts: {com.docker.network.bridge.enable_icc: "true"}
            labels: {kind: private}
            attachable: true
            ipam: {config: [{subnet: 10.213.77.0/24, gateway: 10.213.77.1, aux_addresses: {printer: 10.213.77.9}}]}
        volumes:
          data:
            labels: {kind: rows}
            driver_opts: {type: tmpfs, device: tmpfs, o: "size=1m"}
        configs:
          settings: {file: ./conf}
        secrets:
          key: {file: ./conf}
        """

    /// Where Gantry does otherwise on purpose, by parts of the lines that show it.
    private static let deliberate = [
        // 1500 ms is more than one second; Docker Compose cuts the fraction off.
        "base-1 - Config.StopTimeout: 1", "base-1 + Config.StopTimeout: 2",
        // `volumes_from: [storage:ro]` is read-only; Docker Compose 2.40 forgets it, here and in the mounts.
        "guest-1 - HostConfig.VolumesFrom[]", "guest-1 + HostConfig.VolumesFrom[]", "guest-1 - Mounts[]",
        "guest-1 + Mounts[]",
        // The hash is over the identifier of the container that it shares namespaces with.
        "guest-1 - Config.Labels.com.docker.compose.config-hash",
        "guest-1 + Config.Labels.com.docker.compose.config-hash",
        // Engine API 1.41 makes a bind's missing folder only where it is written as a string.
        "storage-1 - HostConfig.Mounts[]: BindOptions.Propagation", "storage-1 + HostConfig.Binds[]",
        "storage-1 - Mounts[]: Destination: \"/private\"", "storage-1 + Mounts[]: Destination: \"/private\"",
        // A link's numbered alias names the replica that it leads to; Docker Compose's carries the number of its own.
        "workers-2 - NetworkSettings.Networks", "workers-2 + NetworkSettings.Networks",
    ]

    private static let files = ["compose.yaml": compose, "conf": "setting=1\n", "folder/.keep": ""]

    @Test func aBroadStackMustLookTheSameWhicheverToolMadeItAndBeAdoptedBothWays() async throws {
        try await Scenario.with(InspectScenarios.files) { scenario in
            try await scenario.dockerCompose("up", "-d")
            let theirs = try await Inspection.make(of: scenario)
            #expect(theirs.facts.count == 8, "\(theirs.facts.keys.sorted())")
            var runs = try await scenario.runs()
            try await scenario.gantry("plan")
            try await scenario.gantry("up", "-d")
            #expect(try await scenario.runs() == runs)
            try await scenario.gantry("down", "-v", "-t", "1")

            try await scenario.gantry("up", "-d")
            let ours = try await Inspection.make(of: scenario)
            let difference = ours.difference(to: theirs)
            #expect(difference.filter { line in !InspectScenarios.deliberate.contains(where: line.contains) } == [])
            for part in InspectScenarios.deliberate {
                #expect(difference.contains { $0.contains(part) }, "no longer so: \(part)")
            }
            runs = try await scenario.runs()
            try await scenario.dockerCompose("up", "-d")
            #expect(try await scenario.runs() == runs)
        }
    }
}
