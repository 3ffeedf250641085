import ComposeLoader
import ComposeModel
import Testing

@Suite struct ServiceDecodingTests {
    private static let twoPorts =
        #"[{"mode":"ingress","target":80,"protocol":"tcp"},{"mode":"ingress","target":81,"protocol":"udp"}]"#

    /// Attributes as written, and as Docker Compose prints them.
    @Test(
        arguments: [
            ("command: 'sh -c \"a b\" c'", "command", #"["sh","-c","a b","c"]"#),
            ("command: []", "command", "[]"),
            ("command: ", "command", "null"),
            ("environment: [B=2, 'A=x=y']", "environment", #"{"A":"x=y","B":"2"}"#),
            (
                "environment: {A: 1.50, B: true, C: 0x1F, D: }", "environment",
                #"{"A":"1.5","B":"true","C":"31","D":null}"#
            ),
            ("ports: [80]", "ports", #"[{"mode":"ingress","target":80,"protocol":"tcp"}]"#),
            (
                "ports: ['127.0.0.1:8080:80/udp']", "ports",
                #"[{"mode":"ingress","host_ip":"127.0.0.1","target":80,"published":"8080","protocol":"udp"}]"#
            ),
            (
                "ports: ['[::1]:9-10:9-10']", "ports",
                #"[{"mode":"ingress","host_ip":"::1","target":9,"published":"9","protocol":"tcp"},"#
                    + #"{"mode":"ingress","host_ip":"::1","target":10,"published":"10","protocol":"tcp"}]"#
            ),
            (
                "ports: ['8000-8010:80']", "ports",
                #"[{"mode":"ingress","target":80,"published":"8000-8010","protocol":"tcp"}]"#
            ),
            (
                "ports: ['1:2', {target: 2, published: 1}]", "ports",
                #"[{"mode":"ingress","target":2,"published":"1","protocol":"tcp"}]"#
            ),
            (
                "volumes: ['./d//e/:/f/../g:ro']", "volumes",
                #"[{"type":"bind","source":"/work/demo/d/e","target":"/g","read_only":true,"bind":{"create_host_path":true}}]"#
            ),
            (
                "volumes: ['data:/d:nocopy']", "volumes",
                #"[{"type":"volume","source":"data","target":"/d","volume":{"nocopy":true}}]"#
            ),
            ("volumes: ['/anonymous']", "volumes", #"[{"type":"volume","target":"/anonymous","volume":{}}]"#),
            (
                "volumes: ['~/x:/x:z']", "volumes",
                #"[{"type":"bind","source":"/home/user/x","target":"/x","bind":{"selinux":"z","create_host_path":true}}]"#
            ),
            (
                "volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1m, mode: 0755}}]", "volumes",
                #"[{"type":"tmpfs","target":"/t","tmpfs":{"size":"1048576","mode":493}}]"#
            ),
            (
                "healthcheck: {test: curl x, interval: 90s, retries: 3}", "healthcheck",
                #"{"test":["CMD-SHELL","curl x"],"interval":"1m30s","retries":3}"#
            ),
            ("restart: on-failure:3", "restart", #""on-failure:3""#),
            ("labels: [a, b=1]", "labels", #"{"a":"","b":"1"}"#),
            ("extra_hosts: {b: '[::1]', a: 192.0.2.1}", "extra_hosts", #"["a=192.0.2.1","b=::1"]"#),
            ("tmpfs: /run", "tmpfs", #"["/run"]"#),
            ("mem_limit: 1.5g", "mem_limit", #""1610612736""#),
            ("cpus: '0.1'", "cpus", "0.1"),
            (
                "ulimits: {nproc: 5, nofile: {soft: 1, hard: 2}}", "ulimits",
                #"{"nofile":{"soft":1,"hard":2},"nproc":5}"#
            ),
            ("init: 'yes'", "init", "true"),
            ("build: ./src", "build", #"{"context":"/work/demo/src","dockerfile":"Dockerfile"}"#),
            (
                "deploy: {resources: {limits: {cpus: '0.5', memory: 128M}}}", "deploy",
                #"{"resources":{"limits":{"cpus":0.5,"memory":"134217728"}},"placement":{}}"#
            ),
            (
                "scale: 2, deploy: {mode: replicated}", "deploy",
                #"{"mode":"replicated","replicas":2,"resources":{},"placement":{}}"#
            ),
            ("network_mode: host", "network_mode", #""host""#),
            ("networks: [default]", "networks", #"{"default":null}"#),
            (
                "blkio_config: {weight: 5, device_read_bps: [{path: /a, rate: 1k}]}", "blkio_config",
                #"{"weight":5,"device_read_bps":[{"Path":"/a","Rate":"1024"}]}"#
            ),
            ("gpus: all", "gpus", #"[{"count":-1}]"#),
            ("gpus: [{count: ALL, unknown: 1}]", "gpus", #"[{"count":-1}]"#),
            ("blkio_config: {weight_device: [{}]}", "blkio_config", #"{"weight_device":[{"Path":"","Weight":0}]}"#),
            ("restart: ''", "restart", nil),
            ("restart: sometimes", "restart", #""sometimes""#),
            ("ports: ['80/', '81/udp/tcp']", "ports", Self.twoPorts),
            ("devices: [':/b']", "devices", #"[{"target":"/b","permissions":"rwm"}]"#),
            ("ulimits: {NOFILE: 5}", "ulimits", #"{"NOFILE":5}"#),
            ("storage_opt: {size: }", "storage_opt", #"{"size":""}"#),
            ("cpu_count: 2.0", "cpu_count", "2"),
            ("mem_limit: 1.g", "mem_limit", #""1073741824""#),
            ("post_start: [], models: {}", "post_start", nil),
            (
                "provider: {type: p, options: {a: 1, b: [x]}}", "provider",
                #"{"type":"p","options":{"a":["1"],"b":["x"]}}"#
            ),
            (
                "volumes: [{type: bind, source: '', target: /t}, {type: bind, source: 'c:/x', target: /u}]", "volumes",
                #"[{"type":"bind","source":"/work/demo","target":"/t"},{"type":"bind","source":"c:/x","target":"/u"}]"#
            ),
            ("env_file: []", "environment", nil),
        ] as [(String, String, String?)])
    func printsAsDockerComposeDoes(attributes: String, name: String, expected: String?) throws {
        let service = try Loading.service(attributes)
        #expect(Loading.printed(name, of: service) == expected)
    }

    @Test func implicitDependencies() throws {
        let project = try Loading.project(
            """
            services:
              a: {image: x, links: ['b:alias'], network_mode: 'service:c', volumes_from: ['d:ro']}
              b: {image: x}
              c: {image: x}
              d: {image: x}
            """)
        let dependencies = try #require(project.services["a"]).dependencies
        #expect(dependencies["b"] == Dependency(.started, restart: true))
        #expect(dependencies["c"] == Dependency(.started, restart: true))
        #expect(dependencies["d"] == Dependency(.started, restart: false))
    }

    @Test func resourcesGetTheirNamesAndUnusedOnesGo() throws {
        let project = try Loading.project(
            """
            services: {a: {image: x, volumes: ['data:/d'], networks: [front, ext]}}
            networks: {front: , back: , ext: {external: true}}
            volumes: {data: {name: mine}, unused: {}}
            """)
        #expect(project.networks.mapValues(\.name) == ["front": "demo_front", "ext": "ext"])
        #expect(project.volumes.mapValues(\.name) == ["data": "mine"])
    }

    @Test(arguments: [
        ("2001-1-2", "2001-01-02T00:00:00Z"), ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
        ("2001-12-15 2:59:43.000", "2001-12-15T02:59:43Z"), ("2001-12-14T21:59:43+00:00", "2001-12-14T21:59:43Z"),
        ("'2001-1-2'", "2001-1-2"),
    ])
    func aDateInAnExtensionIsATime(text: String, expected: String) throws {
        let project = try Loading.project("services: {a: {image: x}}\nx-date: \(text)\n")
        #expect(project.canonical["x-date"] == .string(expected))
    }

    @Test func extensionsAreKept() throws {
        let project = try Loading.project("x-gantry: {logs: {sinks: {a: {url: 'b'}}}}\nservices: {}\n")
        let value = try #require(project.extensions["x-gantry"])
        #expect(String(decoding: value.json(), as: UTF8.self) == #"{"logs":{"sinks":{"a":{"url":"b"}}}}"#)
    }
}
