import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

// What a container may use, and what it is kept from.
extension ContainerSpecTests {
    @Test func limits() throws {
        let spec = try spec {
            $0.limits.memory = 64 << 20
            $0.limits.memoryReservation = 32 << 20
            $0.limits.cpus = 0.5
            $0.limits.processes = 100
            $0.limits.sharedMemory = 1 << 20
            $0.limits.ulimits = ["nproc": .single(64), "nofile": .range(soft: 1024, hard: 4096)]
            $0.limits.cpuPercent = 25
            var deploy = Deployment()
            deploy.limits = Deployment.Resources()
            deploy.limits?.memory = 128 << 20
            deploy.limits?.cpus = 1.5
            $0.deploy = deploy
        }
        var expected = ContainerLimits()
        expected.memory = 128 << 20
        expected.memoryReservation = 32 << 20
        expected.nanoCPUs = 1_500_000_000
        expected.processes = 100
        expected.sharedMemory = 1 << 20
        expected.cpuPercent = 2500
        expected.userLimits = [
            UserLimitSpec(name: "nofile", soft: 1024, hard: 4096), UserLimitSpec(name: "nproc", soft: 64, hard: 64),
        ]
        #expect(spec.limits == expected)
    }

    @Test func isolation() throws {
        let spec = try spec {
            $0.isolation.addedCapabilities = ["NET_ADMIN"]
            $0.isolation.droppedCapabilities = ["ALL"]
            $0.isolation.devices = [Device(source: "/dev/fuse", target: "/dev/fuse")]
            $0.isolation.securityOptions = ["no-new-privileges:true"]
            $0.isolation.systemControls = ["net.core.somaxconn": "1024"]
            $0.isolation.pid = "host"
            var gpu = DeviceRequest()
            gpu.count = -1
            $0.gpus = [gpu]
            $0.additionalGroups = ["audio"]
            $0.nameServers = ["1.1.1.1"]
            $0.searchDomains = ["example.org"]
            $0.macAddress = "02:42:ac:11:00:05"
        }
        var expected = ContainerIsolation()
        expected.addedCapabilities = ["CAP_NET_ADMIN"]
        expected.droppedCapabilities = ["ALL"]
        expected.devices = [DeviceMapping(source: "/dev/fuse", target: "/dev/fuse")]
        expected.securityOptions = ["no-new-privileges:true"]
        expected.systemControls = ["net.core.somaxconn": "1024"]
        expected.pid = "host"
        expected.deviceRequests = [DeviceRequestSpec(capabilities: ["gpu"], count: -1)]
        #expect(spec.isolation == expected)
        #expect(spec.additionalGroups == ["audio"])
        #expect(spec.nameServers == ["1.1.1.1"])
        #expect(spec.searchDomains == ["example.org"])
        #expect(spec.networks.first?.macAddress == "02:42:ac:11:00:05")
    }

    @Test func securityOptions() throws {
        var stage = Planned(
            .app("web") {
                $0.isolation.securityOptions = [
                    "seccomp=profile.json", "seccomp:unconfined", "systempaths=unconfined", "label:disable",
                    "no-new-privileges",
                ]
            })
        #expect(stage.project.hostFilesToRead == ["/shop/profile.json"])
        #expect(stage.problems() == ["Service web: the seccomp profile /shop/profile.json was not read."])
        stage.observed.hostFiles["/shop/profile.json"] = .content(Array("{\n \"a \\\" b\": [ 1, 2 ] }".utf8))
        let isolation = try ContainerSpecTests.spec(of: stage.plan()).isolation
        #expect(
            isolation.securityOptions == [
                #"seccomp={"a \" b":[1,2]}"#, "seccomp:unconfined", "label:disable", "no-new-privileges",
            ])
        #expect(isolation.maskedPaths == [] && isolation.readOnlyPaths == [])
        stage = try stage.up()
        stage.observed.hostFiles["/shop/profile.json"] = .content(Array("{}".utf8))
        #expect(try stage.text().contains("security_opt.seccomp=profile.json changed"))
        stage.observed.hostFiles["/shop/profile.json"] = .content([0x7B])
        stage.change("web") { $0.isolation.securityOptions.append("nonsense") }
        #expect(
            stage.problems() == [
                "Service web: the seccomp profile /shop/profile.json is not JSON.",
                "Service web: security_opt \"nonsense\" is of the form NAME=VALUE.",
            ])
    }

    @Test func devices() throws {
        let names = ["/dev/fuse", "vendor.com/gpu=0", "v/c=1", "9v/c=1", "v/c=", "/dev/a=b"]
        let spec = try spec { $0.isolation.devices = names.map { Device(source: $0, target: $0) } }
        #expect(spec.isolation.devices.map(\.source) == ["/dev/fuse", "9v/c=1", "v/c=", "/dev/a=b"])
        #expect(
            spec.isolation.deviceRequests == [
                DeviceRequestSpec(capabilities: [], driver: "cdi", identifiers: ["vendor.com/gpu=0", "v/c=1"])
            ])
    }
}
