import EngineAPI
import EngineTesting
import Testing

@Suite struct EngineObjectsTests {
    // MARK: Ports

    @Test func refusesATakenPortAtTheStartAndFreesItAtTheStop() async throws {
        let stage = Stage()
        let publish = { (spec: inout ContainerSpec) in
            spec.portBindings = [PortBinding(containerPort: "80/tcp", hostPort: "8080")]
        }
        let first = try await stage.run("web-1", publish)
        let second = try await stage.create("web-2", publish)
        await expectRefusal(.serverFailure, "Bind for 0.0.0.0:8080 failed: port is already allocated") {
            try await stage.engine.startContainer(second)
        }
        #expect(try await stage.engine.container(second).state == .created)
        try await stage.engine.stopContainer(first, timeout: nil)
        try await stage.engine.startContainer(second)
        let ports = try await stage.engine.containers(matching: ObjectFilter(names: ["web-2"])).first?.ports
        #expect(ports == [PortSummary(hostAddress: "0.0.0.0", containerPort: 80, hostPort: 8080)])
    }

    @Test func choosesPortsFromARangeAndByItself() async throws {
        let stage = Stage()
        stage.engine.occupyHostPort(8000)
        for (name, expected) in [("a-1", 8001), ("b-1", 8002)] {
            _ = try await stage.run(name) {
                $0.portBindings = [PortBinding(containerPort: "80", hostPort: "8000-8002"), .init(containerPort: "81")]
            }
            let ports = try await stage.engine.containers(matching: ObjectFilter(names: [name])).first?.ports ?? []
            #expect(ports.first?.hostPort == expected)
            #expect((ports.last?.hostPort ?? 0) >= 32_768)
        }
        let taken = try await stage.create("c-1") {
            $0.portBindings = [PortBinding(containerPort: "80", hostPort: "8000")]
        }
        await expectRefusal(.serverFailure, "bind: address already in use") {
            try await stage.engine.startContainer(taken)
        }
        stage.engine.releaseHostPort(8000)
        try await stage.engine.startContainer(taken)
    }

    @Test func addressesAndTransportsThatDifferDoNotClash() async throws {
        let stage = Stage()
        for (name, address, port) in [
            ("a-1", "127.0.0.1", "53/tcp"), ("b-1", "127.0.0.2", "53/tcp"),
            ("c-1", "", "53/udp"),
        ] {
            _ = try await stage.run(name) {
                $0.portBindings = [PortBinding(containerPort: port, hostAddress: address, hostPort: "53")]
            }
        }
        await expectRefusal(.serverFailure, "port is already allocated") {
            _ = try await stage.run("d-1") { $0.portBindings = [PortBinding(containerPort: "53", hostPort: "53")] }
        }
    }

    // MARK: Networks

    @Test func refusesToRemoveANetworkInUseAndBuiltInOnes() async throws {
        let stage = Stage()
        let front = try await stage.engine.createNetwork(NetworkSpec(name: "front"))
        let id = try await stage.run("web-1") { $0.networks = [NetworkAttachment(network: "front")] }
        #expect(try await stage.engine.container(id).networks == ["front": front])
        await expectRefusal(.unauthorized, "has active endpoints") { try await stage.engine.removeNetwork("front") }
        await expectRefusal(.unauthorized, "pre-defined") { try await stage.engine.removeNetwork("bridge") }
        await expectRefusal(.conflict, "network with name front already exists") {
            _ = try await stage.engine.createNetwork(NetworkSpec(name: "front"))
        }
        try await stage.engine.stopContainer(id, timeout: nil)
        try await stage.engine.removeNetwork(front)
        await expectRefusal(.notFound, "network \(front) not found") { try await stage.engine.startContainer(id) }
        await expectRefusal(.notFound, "network front not found") {
            _ = try await stage.create("web-2") { $0.networks = [NetworkAttachment(network: "front")] }
        }
        #expect(try await stage.engine.networks(matching: ObjectFilter()).map(\.name) == ["bridge", "host", "none"])
    }

    @Test func connectsAndDisconnects() async throws {
        let stage = Stage()
        _ = try await stage.engine.createNetwork(NetworkSpec(name: "back"))
        let id = try await stage.run("web-1")
        #expect(try await stage.engine.container(id).networks.keys.sorted() == ["bridge"])
        try await stage.engine.connect(id, to: "back", NetworkAttachment(network: "back"))
        await expectRefusal(.unauthorized, "already exists in network back") {
            try await stage.engine.connect(id, to: "back", NetworkAttachment(network: "back"))
        }
        #expect(try await stage.engine.container(id).networks.keys.sorted() == ["back", "bridge"])
        try await stage.engine.disconnect(id, from: "back", force: false)
        await expectRefusal(.serverFailure, "is not connected") {
            try await stage.engine.disconnect(id, from: "back", force: false)
        }
        #expect(Array(stage.allEvents.suffix(2)) == ["network connect", "network disconnect"])
    }

    @Test func joinsOnlyTheNetworkOfARunningContainer() async throws {
        let stage = Stage()
        let owner = try await stage.create("owner")
        let guest = try await stage.create("guest") { $0.networkMode = "container:\(owner)" }
        await expectRefusal(.conflict, "non running container") { try await stage.engine.startContainer(guest) }
        try await stage.engine.startContainer(owner)
        try await stage.engine.startContainer(guest)
        #expect(try await stage.engine.container(guest).networks.isEmpty)
        await expectRefusal(.notFound, "No such container: gone") {
            _ = try await stage.create("other") { $0.networkMode = "container:gone" }
        }
    }

    // MARK: Volumes

    @Test func makesTheVolumesThatMountsName() async throws {
        let stage = Stage(image: ImageBehavior(volumes: ["/data", "/covered"]))
        let id = try await stage.create("db-1") {
            $0.binds = ["named:/covered", "/srv:/srv:ro", "/anonymous"]
            $0.mounts = [MountSpec(type: "volume", source: "long", target: "/long", labels: ["a": "b"])]
        }
        let mounts = try await stage.engine.container(id).mounts
        #expect(mounts.map(\.target) == ["/covered", "/srv", "/anonymous", "/long", "/data"])
        #expect(mounts.map(\.writable) == [true, false, true, true, true])
        #expect(mounts[4].name?.count == 64)
        #expect(try await stage.engine.volume("long").labels == ["a": "b"])
        #expect(try await stage.engine.volumes(matching: ObjectFilter()).count == 4)
        await expectRefusal(.conflict, "remove named: volume is in use - [\(id)]") {
            try await stage.engine.removeVolume("named", force: true)
        }
        try await stage.engine.removeContainer(id, force: false, anonymousVolumes: true)
        #expect(try await stage.engine.volumes(matching: ObjectFilter()).map(\.name) == ["long", "named"])
        try await stage.engine.removeVolume("named", force: false)
        await expectRefusal(.notFound, "get named: no such volume") {
            try await stage.engine.removeVolume("named", force: false)
        }
        try await stage.engine.removeVolume("named", force: true)
    }

    @Test func keepsAnAnonymousVolumeThatAnotherContainerInherited() async throws {
        let stage = Stage(image: ImageBehavior(volumes: ["/data"]))
        let old = try await stage.create("db-1")
        let name = try #require(try await stage.engine.container(old).mounts.first?.name)
        let new = try await stage.create("db-2") { $0.binds = ["\(name):/data"] }
        try await stage.engine.removeContainer(old, force: false, anonymousVolumes: true)
        #expect(try await stage.engine.volume(name).name == name)
        #expect(try await stage.engine.container(new).mounts.count == 1)
    }

    @Test func createsAVolumeOnceAndKeepsItAsItIs() async throws {
        let engine = InMemoryEngine()
        var spec = VolumeSpec(name: "data")
        spec.labels = ["first": "yes"]
        let first = try await engine.createVolume(spec)
        spec.labels = [:]
        #expect(try await engine.createVolume(spec) == first)
        #expect(first.labels == ["first": "yes"])
    }

    @Test func aMissingBindSourceIsRefusedForMountsAndMadeForBinds() async throws {
        let stage = Stage()
        stage.engine.removeHostPath("/srv/conf")
        let mount = { (spec: inout ContainerSpec) in
            spec.mounts = [MountSpec(type: "bind", source: "/srv/conf", target: "/conf")]
        }
        await expectRefusal(.invalidRequest, "bind source path does not exist: /srv/conf") {
            _ = try await stage.create("web-1", mount)
        }
        _ = try await stage.create("web-2") { $0.binds = ["/srv/conf:/conf"] }
        _ = try await stage.create("web-1", mount)
    }

    // MARK: Images

    @Test(arguments: ["busybox", "busybox:latest", "docker.io/busybox", "index.docker.io/library/busybox:latest"])
    func findsAnImageUnderEachOfItsNames(reference: String) async throws {
        let stage = Stage()
        #expect(try await stage.engine.image(reference).tags == ["busybox:latest"])
    }

    @Test func keepsRegistriesTagsAndDigestsApart() async throws {
        let engine = InMemoryEngine()
        engine.addImage("localhost:5000/team/app:1")
        #expect(try await engine.image("localhost:5000/team/app:1").tags == ["localhost:5000/team/app:1"])
        for other in ["team/app:1", "localhost:5000/team/app", "localhost:5000/team/app@sha256:00"] {
            await expectRefusal(.notFound, "No such image") { _ = try await engine.image(other) }
        }
    }

    @Test func aRegistryKnowsADigestBeforeItIsPulled() async throws {
        let engine = InMemoryEngine()
        engine.addImage("team/app", ImageBehavior(), .pullable)
        let digest = try await engine.registryDigest(of: "team/app")
        await expectRefusal(.notFound, "No such image") { _ = try await engine.image("team/app") }
        try await engine.withPull(of: "team/app", platform: nil) { for try await _ in $0 {} }
        #expect(try await engine.image("team/app").digests == ["team/app@\(digest)"])
        await expectRefusal(.notFound, "manifest unknown: team/db:latest") {
            _ = try await engine.registryDigest(of: "team/db")
        }
    }

    @Test func pullsWhatARegistryHas() async throws {
        let engine = InMemoryEngine()
        engine.addImage("team/app", ImageBehavior(), .pullable)
        await expectRefusal(.notFound, "No such image: team/app:latest") { _ = try await engine.image("team/app") }
        func pull(_ reference: String) async throws -> [String] {
            try await engine.withPull(of: reference, platform: nil) { progress in
                var statuses: [String] = []
                for try await step in progress { statuses.append(step.status) }
                return statuses
            }
        }
        #expect(try await pull("team/app").contains("Pull complete"))
        let first = try await engine.image("team/app").id
        #expect(try await pull("team/app").last == "Status: Image is up to date for team/app:latest")
        engine.addImage("team/app", ImageBehavior(), .pullable)
        _ = try await pull("team/app")
        #expect(try await engine.image("team/app").id != first)
        #expect(try await engine.image(first.rawValue).tags.isEmpty)
        await expectRefusal(.notFound, "pull access denied for team/none") { _ = try await pull("team/none") }
    }

    @Test func tagsAndRemovesImages() async throws {
        let stage = Stage()
        try await stage.engine.tagImage("busybox", as: "mine:2")
        #expect(try await stage.engine.images(matching: ObjectFilter(names: ["mine:2"])).count == 1)
        let id = try await stage.create("web-1") { $0.image = "mine:2" }
        try await stage.engine.removeImage("busybox", force: false)
        await expectRefusal(.conflict, "is using its referenced image") {
            try await stage.engine.removeImage("mine:2", force: false)
        }
        try await stage.engine.removeContainer(id, force: false, anonymousVolumes: false)
        try await stage.engine.removeImage("mine:2", force: false)
        #expect(try await stage.engine.images(matching: ObjectFilter()).isEmpty)
    }

    @Test func buildsTheSameImageFromTheSameContext() async throws {
        let engine = InMemoryEngine()
        engine.addImage("app", ImageBehavior(labels: ["built": "yes"]), .buildable)
        func build(_ context: String) async throws -> ImageID {
            let bytes = Array(context.utf8)
            let sent = Sent()
            let stream = EngineStream<[UInt8]> { await sent.once() ? bytes : nil }
            try await engine.withBuild(context: stream, parameters: [BuildParameter("t", "app")]) { lines in
                var count = 0
                for try await _ in lines { count += 1 }
                #expect(count == 2)
            }
            return try await engine.image("app").id
        }
        let first = try await build("FROM scratch")
        #expect(try await build("FROM scratch") == first)
        #expect(try await build("FROM busybox") != first)
        #expect(try await engine.image("app").labels == ["built": "yes"])
    }
}

private actor Sent {
    private var isSent = false
    func once() -> Bool {
        defer { isSent = true }
        return !isSent
    }
}
