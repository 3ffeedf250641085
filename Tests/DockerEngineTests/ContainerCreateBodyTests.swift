import EngineAPI
import Testing

@testable import DockerEngine

struct ContainerCreateBodyTests {
    private func json(_ spec: ContainerSpec, in version: APIVersion) throws -> String {
        let networks = version < .multipleNetworks ? Array(spec.networks.prefix(1)) : spec.networks
        return String(
            decoding: JSONText.encode(ContainerCreateBody(spec, networks: networks, in: version)), as: UTF8.self)
    }

    @Test func defaultsAreLeftToTheEngine() throws {
        #expect(
            try json(ContainerSpec(image: "busybox"), in: APIVersion(1, 41)) == """
                {"AttachStderr":true,"AttachStdin":false,"AttachStdout":true,"HostConfig":{"AutoRemove":false,\
                "Privileged":false,"ReadonlyRootfs":false},"Image":"busybox","Labels":{},"OpenStdin":false,\
                "StdinOnce":false,"Tty":false}
                """)
    }

    @Test func everythingHasItsPlace() throws {
        var spec = ContainerSpec(image: "web")
        spec.command = ["run"]
        spec.entrypoint = []
        spec.environment = ["A=1", "B"]
        spec.labels = ["l": "v"]
        spec.user = "1:2"
        spec.workingDirectory = "/w"
        spec.hostname = "h"
        spec.domainName = "d"
        spec.terminal = true
        spec.openInput = true
        spec.stopSignal = "SIGINT"
        spec.stopTimeout = .milliseconds(1500)
        spec.healthCheck = HealthCheckSpec(
            test: ["CMD", "true"], interval: .seconds(1), timeout: .milliseconds(1), retries: 3,
            startPeriod: .seconds(2),
            startInterval: .seconds(4))
        spec.exposedPorts = ["90/udp"]
        spec.portBindings = [
            PortBinding(containerPort: "80/tcp", hostAddress: "127.0.0.1", hostPort: "8080"),
            PortBinding(containerPort: "80/tcp"),
        ]
        spec.binds = ["/a:/b:ro"]
        spec.mounts = [
            MountSpec(
                type: "bind", source: "/s", target: "/t", readOnly: true, propagation: "rslave", createSource: true),
            MountSpec(type: "volume", source: "v", target: "/v", noCopy: true, labels: ["k": "x"], subpath: "p"),
            MountSpec(type: "tmpfs", target: "/m", size: 64, mode: 0o700),
        ]
        spec.temporaryFileSystems = ["/tmp": "size=1m"]
        spec.restartPolicy = RestartPolicySpec(name: "on-failure", maximumRetries: 2)
        spec.networkMode = "front"
        spec.networks = [
            NetworkAttachment(
                network: "front", aliases: ["web"], ipv4Address: "10.0.0.2", macAddress: "02:00:00:00:00:01",
                gatewayPriority: 5),
            NetworkAttachment(network: "back", driverOptions: ["o": "1"], links: ["db:db"]),
        ]
        spec.initProcess = true
        spec.autoRemove = true
        spec.privileged = true
        spec.readOnlyRoot = true
        spec.extraHosts = ["a:1.2.3.4"]
        spec.logging = LoggingSpec(driver: "local", options: ["max-size": "1m"])
        #expect(
            try json(spec, in: APIVersion(1, 48)) == """
                {"AttachStderr":true,"AttachStdin":false,"AttachStdout":true,"Cmd":["run"],"Domainname":"d",\
                "Entrypoint":[],"Env":["A=1","B"],"ExposedPorts":{"80/tcp":{},"90/udp":{}},"Healthcheck":\
                {"Interval":1000000000,"Retries":3,"StartInterval":4000000000,"StartPeriod":2000000000,"Test":["CMD",\
                "true"],"Timeout":1000000},"HostConfig":{"AutoRemove":true,"Binds":["/a:/b:ro"],"ExtraHosts":\
                ["a:1.2.3.4"],"Init":true,"LogConfig":{"Config":{"max-size":"1m"},"Type":"local"},"Mounts":[\
                {"BindOptions":{"CreateMountpoint":true,"Propagation":"rslave"},"ReadOnly":true,"Source":"/s","Target":\
                "/t","Type":"bind"},{"ReadOnly":false,"Source":"v","Target":"/v","Type":"volume","VolumeOptions":\
                {"Labels":{"k":"x"},"NoCopy":true,"Subpath":"p"}},{"ReadOnly":false,"Target":"/m","TmpfsOptions":\
                {"Mode":448,"SizeBytes":64},"Type":"tmpfs"}],"NetworkMode":"front","PortBindings":{"80/tcp":[{"HostIp":\
                "127.0.0.1","HostPort":"8080"},{"HostIp":"","HostPort":""}]},"Privileged":true,"ReadonlyRootfs":true,\
                "RestartPolicy":{"MaximumRetryCount":2,"Name":"on-failure"},"Tmpfs":{"/tmp":"size=1m"}},"Hostname":"h",\
                "Image":"web","Labels":{"l":"v"},"NetworkingConfig":{"EndpointsConfig":{"back":{"DriverOpts":{"o":"1"},\
                "Links":["db:db"]},"front":{"Aliases":["web"],"GwPriority":5,"IPAMConfig":{"IPv4Address":"10.0.0.2"},\
                "MacAddress":"02:00:00:00:00:01"}}},"OpenStdin":true,"StdinOnce":false,"StopSignal":"SIGINT",\
                "StopTimeout":2,"Tty":true,"User":"1:2","WorkingDir":"/w"}
                """)
    }

    @Test func olderEnginesGetTheFirstNetworkAndItsAddress() throws {
        var spec = ContainerSpec(image: "web")
        spec.networks = [
            NetworkAttachment(network: "front", macAddress: "02:00:00:00:00:01"), NetworkAttachment(network: "back"),
        ]
        let text = try json(spec, in: APIVersion(1, 43))
        #expect(text.contains(#""MacAddress":"02:00:00:00:00:01","NetworkingConfig":{"EndpointsConfig":{"front":{}}}"#))
        #expect(text.contains(#""NetworkMode":"front""#))
    }

    @Test func featuresThatTheEngineLacksAreNamed() {
        var interval = ContainerSpec(image: "web")
        interval.healthCheck = HealthCheckSpec(test: ["CMD", "true"], startInterval: .seconds(1))
        var priority = ContainerSpec(image: "web")
        priority.networks = [NetworkAttachment(network: "front", gatewayPriority: 1)]
        var subpath = ContainerSpec(image: "web")
        subpath.mounts = [MountSpec(type: "volume", source: "v", target: "/v", subpath: "p")]
        for (spec, needed, feature) in [
            (interval, APIVersion(1, 44), "start_interval"), (priority, APIVersion(1, 48), "gateway priority"),
            (subpath, APIVersion(1, 45), "subpath"),
        ] {
            let older = APIVersion(1, needed.minor - 1)
            let error = #expect(throws: EngineError.self) { try spec.requireSupport(in: older, call: "POST /x") }
            #expect(error?.code == .unsupported)
            #expect(error?.message.contains(feature) == true)
            #expect(throws: Never.self) { try spec.requireSupport(in: needed, call: "POST /x") }
        }
    }

    @Test func aNamelessVariableIsRefusedWithoutItsValue() {
        var spec = ContainerSpec(image: "web")
        spec.environment = ["=s3cret"]
        let error = #expect(throws: EngineError.self) {
            try spec.requireSupport(in: APIVersion(1, 48), call: "POST /x")
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.description.contains("s3cret") == false)
    }

    @Test func limitsAndIsolationHaveTheirPlaces() throws {
        var spec = ContainerSpec(image: "web")
        spec.limits.memory = 64
        spec.limits.memorySwap = -1
        spec.limits.nanoCPUs = 500_000_000
        spec.limits.cpuSet = "0-1"
        spec.limits.processes = 10
        spec.limits.disableOutOfMemoryKill = true
        spec.limits.sharedMemory = 128
        spec.limits.userLimits = [UserLimitSpec(name: "nofile", soft: 1, hard: 2)]
        spec.isolation.addedCapabilities = ["NET_ADMIN"]
        spec.isolation.droppedCapabilities = ["ALL"]
        spec.isolation.cgroup = "host"
        spec.isolation.devices = [DeviceMapping(source: "/dev/a", target: "/dev/b", permissions: "r")]
        spec.isolation.deviceRequests = [DeviceRequestSpec(capabilities: ["gpu"], count: -1)]
        spec.isolation.ipc = "host"
        spec.isolation.pid = "container:c"
        spec.isolation.runtime = "runsc"
        spec.isolation.securityOptions = ["no-new-privileges"]
        spec.isolation.systemControls = ["net.core.somaxconn": "1"]
        spec.isolation.uts = "host"
        spec.additionalGroups = ["audio"]
        spec.nameServers = ["1.1.1.1"]
        spec.resolverOptions = ["ndots:1"]
        spec.searchDomains = ["local"]
        spec.volumesFrom = ["c:ro"]
        spec.storageOptions = ["size": "1G"]
        spec.annotations = ["a": "b"]
        #expect(
            try json(spec, in: APIVersion(1, 47)) == """
                {"AttachStderr":true,"AttachStdin":false,"AttachStdout":true,"HostConfig":{"Annotations":{"a":"b"},\
                "AutoRemove":false,"CapAdd":["NET_ADMIN"],"CapDrop":["ALL"],"CgroupnsMode":"host",\
                "CpusetCpus":"0-1","DeviceRequests":[{"Capabilities":[["gpu"]],"Count":-1,"Driver":""}],\
                "Devices":[{"CgroupPermissions":"r","PathInContainer":"/dev/b",\
                "PathOnHost":"/dev/a"}],"Dns":["1.1.1.1"],"DnsOptions":["ndots:1"],"DnsSearch":["local"],\
                "GroupAdd":["audio"],"IpcMode":"host","Memory":64,"MemorySwap":-1,"NanoCpus":500000000,\
                "OomKillDisable":true,"PidMode":"container:c","PidsLimit":10,"Privileged":false,\
                "ReadonlyRootfs":false,"Runtime":"runsc","SecurityOpt":["no-new-privileges"],"ShmSize":128,\
                "StorageOpt":{"size":"1G"},"Sysctls":{"net.core.somaxconn":"1"},"UTSMode":"host",\
                "Ulimits":[{"Hard":2,"Name":"nofile","Soft":1}],"VolumesFrom":["c:ro"]},"Image":"web","Labels":{},\
                "OpenStdin":false,"StdinOnce":false,"Tty":false}
                """)
    }

    @Test func rarerFieldsHaveTheirPlaces() throws {
        var spec = ContainerSpec(image: "web")
        spec.macAddress = "02:00:00:00:00:01"
        spec.links = ["db:store"]
        spec.limits.blockIO.weight = 300
        spec.limits.blockIO.deviceWeights = [.init(path: "/dev/a", value: 9)]
        spec.limits.blockIO.readBytes = [.init(path: "/dev/a", value: 1)]
        spec.limits.blockIO.writtenBytes = [.init(path: "/dev/a", value: 2)]
        spec.limits.blockIO.reads = [.init(path: "/dev/a", value: 3)]
        spec.limits.blockIO.writes = [.init(path: "/dev/a", value: 4)]
        spec.isolation.maskedPaths = []
        spec.isolation.readOnlyPaths = []
        spec.mounts = [.disabled, .writable, .readOnly].map {
            MountSpec(type: "bind", source: "/s", target: "/t", recursion: $0, consistency: "cached")
        }
        func mount(_ option: String) -> String {
            #"{\#(option.isEmpty ? "" : #""BindOptions":{\#(option)},"#)"Consistency":"cached","ReadOnly":false,"Source":"/s","Target":"/t","Type":"bind"}"#
        }
        func body(_ writable: String) -> String {
            let mounts = [#""NonRecursive":true"#, writable, #""ReadOnlyForceRecursive":true"#].map(mount)
            return """
                {"AttachStderr":true,"AttachStdin":false,"AttachStdout":true,"HostConfig":{"AutoRemove":false,\
                "BlkioDeviceReadBps":[{"Path":"/dev/a","Rate":1}],"BlkioDeviceReadIOps":[{"Path":"/dev/a","Rate":3}],\
                "BlkioDeviceWriteBps":[{"Path":"/dev/a","Rate":2}],"BlkioDeviceWriteIOps":[{"Path":"/dev/a","Rate":4}],\
                "BlkioWeight":300,"BlkioWeightDevice":[{"Path":"/dev/a","Weight":9}],"Links":["db:store"],\
                "MaskedPaths":[],"Mounts":[\(mounts.joined(separator: ","))],"Privileged":false,"ReadonlyPaths":[],\
                "ReadonlyRootfs":false},"Image":"web","Labels":{},"MacAddress":"02:00:00:00:00:01","OpenStdin":false,\
                "StdinOnce":false,"Tty":false}
                """
        }
        #expect(try json(spec, in: APIVersion(1, 44)) == body(#""ReadOnlyNonRecursive":true"#))
        // What older engines do anyway.
        #expect(try json(spec, in: APIVersion(1, 43)) == body(""))
    }
}
