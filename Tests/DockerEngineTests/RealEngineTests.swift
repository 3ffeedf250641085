import DockerEngine
import EngineAPI
import Testing

@Suite(.enabled(if: RealEngine.address != nil, RealEngine.absence), .timeLimit(.minutes(5)))
struct RealEngineTests {
    @Test func theEngineSaysWhatItIs() async throws {
        try await RealEngine.with { (engine, _) async throws in
            let (ping, version, info) = try await (engine.ping(), engine.version(), engine.info())
            #expect(ping.newestAPIVersion.description == version.apiVersion)
            #expect(version.version == info.version)
            #expect(info.processors > 0)
            #expect(info.memory > 0)
        }
    }

    @Test func aContainerLivesAndDies() async throws {
        try await RealEngine.with { (engine, label) async throws in
            var spec = RealEngine.shell("echo to $WHERE; echo bad >&2; exit 3", label: label)
            spec.environment = ["WHERE=stdout"]
            let name = RealEngine.name()
            let id = try await engine.createContainer(spec, name: name)
            #expect(try await engine.container(id).state == .created)
            try await engine.startContainer(id)
            #expect(try await engine.waitContainer(id) == 3)
            let details = try await engine.container(id)
            #expect(details.name == name)
            #expect(details.state == .exited)
            #expect(details.exitCode == 3)
            #expect(details.startedAt != nil)
            let listed = try await engine.containers(matching: ObjectFilter(labels: [label]))
            #expect(listed.map(\.name) == [name])
            #expect(listed.map(\.exitCode) == [3])
            let text = try await engine.withLogs(of: id, LogOptions()) { try await $0.text() }
            #expect(text == [.stdout: "to stdout\n", .stderr: "bad\n"])
            let last = try await engine.withLogs(of: id, LogOptions(streams: [.stdout], timestamps: true)) {
                try await $0.text()
            }
            let time = try #require(last[.stdout]?.split(separator: " ").first)
            #expect(EngineTime(String(time)) != nil)
            try await engine.stopContainer(id, timeout: nil)
            try await engine.removeContainer(id, force: false, anonymousVolumes: true)
            let error = await #expect(throws: EngineError.self) { try await engine.container(id) }
            #expect(error?.code == .notFound)
        }
    }

    @Test func startingAndStoppingTwiceIsSuccess() async throws {
        try await RealEngine.with { (engine, label) async throws in
            let id = try await engine.createContainer(
                RealEngine.shell("trap 'exit 7' TERM; while :; do sleep 0.1; done", label: label),
                name: RealEngine.name())
            try await engine.startContainer(id)
            try await engine.startContainer(id)
            try await engine.pauseContainer(id)
            #expect(try await engine.container(id).state == .paused)
            try await engine.unpauseContainer(id)
            try await engine.stopContainer(id, timeout: .seconds(20))
            try await engine.stopContainer(id, timeout: .seconds(20))
            let error = await #expect(throws: EngineError.self) { try await engine.killContainer(id, signal: "SIGHUP") }
            #expect(error?.code == .conflict)
            let name = RealEngine.name()
            try await engine.renameContainer(id, to: name)
            #expect(try await engine.container(ContainerID(name)).id == id)
        }
    }

    @Test func whatIsMissingOrInUseHasItsCode() async throws {
        try await RealEngine.with { (engine, label) async throws in
            let spec = RealEngine.shell("true", label: label)
            let name = RealEngine.name()
            _ = try await engine.createContainer(spec, name: name)
            let conflict = await #expect(throws: EngineError.self) {
                try await engine.createContainer(spec, name: name)
            }
            #expect(conflict?.code == .conflict)
            #expect(conflict?.call == "POST /containers/create?name=\(name)")
            let missing = await #expect(throws: EngineError.self) {
                try await engine.createContainer(ContainerSpec(image: "gantry.invalid/none:1"), name: RealEngine.name())
            }
            #expect(missing?.code == .notFound)
            let image = await #expect(throws: EngineError.self) { try await engine.image("gantry.invalid/none:1") }
            #expect(image?.code == .notFound)
            await #expect(throws: EngineError.self) {
                try await engine.withPull(of: "127.0.0.1:1/none", platform: nil) { for try await _ in $0 {} }
            }
            let network = await #expect(throws: EngineError.self) { try await engine.network("gantry-none") }
            #expect(network?.code == .notFound)
            let volume = await #expect(throws: EngineError.self) { try await engine.volume("gantry-none") }
            #expect(volume?.code == .notFound)
        }
    }

    @Test func attachedBeforeTheStartNothingIsMissed() async throws {
        try await RealEngine.with { (engine, label) async throws in
            let id = try await engine.createContainer(
                RealEngine.shell("seq 1 2000; echo done >&2", label: label), name: RealEngine.name())
            let text = try await engine.withAttachment(to: id, input: false) { process in
                try await engine.startContainer(id)
                return try await process.output.text()
            }
            #expect(text[.stdout] == (1...2000).map { "\($0)\n" }.joined())
            #expect(text[.stderr] == "done\n")
        }
    }

    @Test func inputReachesTheProcessAndEnds() async throws {
        try await RealEngine.with { (engine, label) async throws in
            var spec = RealEngine.shell("cat; echo end", label: label)
            spec.openInput = true
            spec.inputOnce = true
            let id = try await engine.createContainer(spec, name: RealEngine.name())
            let text = try await engine.withAttachment(to: id, input: true) { process in
                try await engine.startContainer(id)
                try await process.send(Array("hello\n".utf8))
                try await process.finishInput()
                return try await process.output.text()
            }
            #expect(text == [.stdout: "hello\nend\n"])
        }
    }

    @Test func aFurtherProcessReadsAndAnswers() async throws {
        try await RealEngine.with { (engine, label) async throws in
            let id = try await engine.createContainer(
                RealEngine.shell("while :; do sleep 0.1; done", label: label), name: RealEngine.name())
            try await engine.startContainer(id)
            let exec = try await engine.createExec(
                ExecSpec(command: ["sh", "-c", "wc -c; echo $X >&2; exit 4"], environment: ["X=y"], input: true), in: id
            )
            let text = try await engine.withExec(exec, terminal: false) { process in
                let piece = [UInt8](repeating: 65, count: 100_000)
                for _ in 0..<10 { try await process.send(piece) }
                try await process.finishInput()
                return try await process.output.text()
            }
            #expect(text == [.stdout: "1000000\n", .stderr: "y\n"])
            #expect(try await engine.exec(exec) == ExecDetails(running: false, exitCode: 4))
            let terminal = try await engine.createExec(
                ExecSpec(command: ["sh", "-c", "echo on tty; exit 0"], terminal: true), in: id)
            let output = try await engine.withExec(terminal, terminal: true) { try await $0.output.text() }
            #expect(output == [.stdout: "on tty\r\n"])
        }
    }

    @Test func aTerminalsLogsAreBare() async throws {
        try await RealEngine.with { (engine, label) async throws in
            var spec = RealEngine.shell("echo out; echo err >&2", label: label)
            spec.terminal = true
            let id = try await engine.createContainer(spec, name: RealEngine.name())
            try await engine.startContainer(id)
            let text = try await engine.withLogs(of: id, LogOptions(follow: true)) { try await $0.text() }
            #expect(text == [.stdout: "out\r\nerr\r\n"])
        }
    }

    // A follower that lags when its container exits may be ended early by the engine; what is kept is whole all the same.
    @Test func logsComeInOrderAndWhole() async throws {
        try await RealEngine.with { (engine, label) async throws in
            let id = try await engine.createContainer(
                RealEngine.shell("seq 1 20000", label: label), name: RealEngine.name())
            try await engine.startContainer(id)
            let whole = (1...20_000).map { "\($0)\n" }.joined()
            let followed = try await engine.withLogs(of: id, LogOptions(follow: true)) { try await $0.text() }
            #expect(whole.hasPrefix(followed[.stdout] ?? "none"))
            let kept = try await engine.withLogs(of: id, LogOptions()) { try await $0.text() }
            #expect(kept[.stdout]?.utf8.count == whole.utf8.count)
            #expect(kept[.stdout]?.hasSuffix("\n19999\n20000\n") == true)
        }
    }

    @Test func nothingIsMissedAfterTheSubscription() async throws {
        try await RealEngine.with { (engine, label) async throws in
            for _ in 0..<5 {
                let filter = EventFilter(types: ["container"], labels: [label])
                let actions = try await engine.withEvents(matching: filter, since: nil) { events in
                    let id = try await engine.createContainer(
                        RealEngine.shell("exit 2", label: label), name: RealEngine.name())
                    try await engine.startContainer(id)
                    var actions: [String] = []
                    for try await event in events where event.actorID == id.rawValue {
                        actions.append(event.action)
                        if event.action == "die" {
                            #expect(event.attributes["exitCode"] == "2")
                            break
                        }
                    }
                    return actions
                }
                #expect(actions == ["create", "start", "die"])
            }
        }
    }

    @Test func networksAndVolumesAreMadeAndUsed() async throws {
        try await RealEngine.with { (engine, label) async throws in
            let (front, back, kept) = (RealEngine.name(), RealEngine.name(), RealEngine.name())
            for name in [front, back] {
                var network = NetworkSpec(name: name)
                network.labels = RealEngine.labels(label)
                _ = try await engine.createNetwork(network)
            }
            var network = NetworkSpec(name: front)
            network.labels = RealEngine.labels(label)
            let twice = await #expect(throws: EngineError.self) { try await engine.createNetwork(network) }
            #expect(twice?.code == .conflict)
            var volume = VolumeSpec(name: kept)
            volume.labels = RealEngine.labels(label)
            #expect(try await engine.createVolume(volume).name == kept)
            #expect(try await engine.createVolume(volume).labels == RealEngine.labels(label))

            var spec = RealEngine.shell("while :; do sleep 0.1; done", label: label)
            spec.networks = [
                NetworkAttachment(network: front, aliases: ["web"]),
                NetworkAttachment(network: back, aliases: ["web2"]),
            ]
            spec.mounts = [MountSpec(type: "volume", source: kept, target: "/kept")]
            spec.portBindings = [PortBinding(containerPort: "80/tcp", hostAddress: "127.0.0.1")]
            let id = try await engine.createContainer(spec, name: RealEngine.name())
            try await engine.startContainer(id)
            let summary = try #require(try await engine.containers(matching: ObjectFilter(labels: [label])).first)
            #expect(summary.networks.keys.sorted() == [front, back].sorted())
            #expect(summary.mounts.map(\.target) == ["/kept"])
            #expect(summary.ports.map(\.containerPort) == [80])
            #expect(summary.ports.first?.hostPort != nil)
            let used = await #expect(throws: EngineError.self) { try await engine.removeVolume(kept, force: false) }
            #expect(used?.code == .conflict)
            let attached = await #expect(throws: EngineError.self) { try await engine.removeNetwork(NetworkID(front)) }
            #expect(attached?.code == .unauthorized || attached?.code == .conflict)
            try await engine.disconnect(id, from: NetworkID(back), force: false)
            #expect(try await engine.container(id).networks.keys.sorted() == [front])
            try await engine.connect(id, to: NetworkID(back), NetworkAttachment(network: back))
            #expect(try await engine.container(id).networks.keys.sorted() == [front, back].sorted())
        }
    }

    @Test func anArchiveIsUnpackedBeforeTheStart() async throws {
        try await RealEngine.with { (engine, label) async throws in
            let id = try await engine.createContainer(
                RealEngine.shell("cat /secret", label: label), name: RealEngine.name())
            try await engine.uploadArchive(archive("secret", "from afar"), to: id, directory: "/")
            try await engine.startContainer(id)
            #expect(try await engine.waitContainer(id) == 0)
            let text = try await engine.withLogs(of: id, LogOptions()) { try await $0.text() }
            #expect(text == [.stdout: "from afar"])
        }
    }

    @Test func anImageIsBuiltTaggedAndRemoved() async throws {
        try await RealEngine.with { (engine, label) async throws in
            let name = RealEngine.name()
            let context = archive("Dockerfile", "FROM \(RealEngine.image)\nLABEL \(label)\nEXPOSE 80\nVOLUME /data\n")
            let given = Counter()
            let pieces = EngineStream<[UInt8]> {
                let start = given.value
                given.add(300)
                return start < context.count ? Array(context[start..<min(start + 300, context.count)]) : nil
            }
            let lines = try await engine.withBuild(context: pieces, parameters: [BuildParameter("t", "\(name):1")]) {
                try await $0.reduce(into: "") { $0 += String(decoding: $1, as: UTF8.self) + "\n" }
            }
            #expect(lines.contains("Successfully built"), "\(lines)")
            let image = try await engine.image("\(name):1")
            #expect(image.exposedPorts == ["80/tcp"])
            #expect(image.volumes == ["/data"])
            try await engine.tagImage("\(name):1", as: "\(name):2")
            let listed = try await engine.images(matching: ObjectFilter(labels: [label]))
            #expect(listed.map { $0.tags.sorted() } == [["\(name):1", "\(name):2"]])
            try await engine.removeImage("\(name):2", force: false)
            #expect(try await engine.image("\(name):1").id == image.id)
        }
    }

    @Test func aCancelledFollowerEndsAtOnce() async throws {
        try await RealEngine.with { (engine, label) async throws in
            let id = try await engine.createContainer(
                RealEngine.shell("echo first; while :; do sleep 0.1; done", label: label), name: RealEngine.name())
            try await engine.startContainer(id)
            let seen = Mailbox()
            let following = Task {
                try await engine.withLogs(of: id, LogOptions(follow: true)) {
                    for try await _ in $0 { seen.post("line") }
                }
            }
            #expect(await seen.next() == "line")
            following.cancel()
            await #expect(throws: CancellationError.self) { try await following.value }
            try await engine.killContainer(id, signal: "SIGKILL")
            #expect(try await engine.waitContainer(id) == 137)
        }
    }
}
