import EngineAPI
import EngineTesting
import Testing

@Suite struct EngineSnapshotTests {
    @Test func aStopAndStartOfTheSameContainerIsNoChange() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1")
        let before = stage.engine.snapshot()
        try await stage.engine.stopContainer(id, timeout: nil)
        let stopped = stage.engine.snapshot()
        #expect(stopped != before)
        #expect(
            before.difference(to: stopped)
                == "- container web-1 running \(id.short)\n+ container web-1 stopped \(id.short)")
        try await stage.engine.startContainer(id)
        #expect(stage.engine.snapshot() == before)
        #expect(before.difference(to: stage.engine.snapshot()).isEmpty)
    }

    @Test func aContainerMadeAnewIsAChange() async throws {
        let stage = Stage()
        let id = try await stage.run("web-1")
        let before = stage.engine.snapshot()
        try await stage.engine.removeContainer(id, force: true, anonymousVolumes: true)
        _ = try await stage.run("web-1")
        #expect(stage.engine.snapshot() != before)
    }

    @Test func ignoresLabelsByPrefix() async throws {
        let one = Stage()
        let other = Stage()
        for (stage, run) in [(one, "1"), (other, "2")] {
            _ = try await stage.create("web-1") { $0.labels = ["gantry.run": run, "tier": "front"] }
            var network = NetworkSpec(name: "front")
            network.labels = ["gantry.run": run]
            _ = try await stage.engine.createNetwork(network)
        }
        #expect(one.engine.snapshot() != other.engine.snapshot())
        let ignored: Set = ["gantry."]
        #expect(one.engine.snapshot(ignoringLabels: ignored) == other.engine.snapshot(ignoringLabels: ignored))
        #expect(one.engine.snapshot(ignoringLabels: ignored).description.contains("label tier=front"))
    }

    @Test func seesAliases() async throws {
        let stage = Stage()
        _ = try await stage.engine.createNetwork(NetworkSpec(name: "front"))
        let id = try await stage.run("web-1")
        try await stage.engine.connect(id, to: "front", NetworkAttachment(network: "front", aliases: ["web"]))
        let before = stage.engine.snapshot()
        try await stage.engine.disconnect(id, from: "front", force: false)
        try await stage.engine.connect(id, to: "front", NetworkAttachment(network: "front", aliases: []))
        #expect(stage.engine.snapshot() != before)
    }

    @Test func observesOneProjectOfAnyEngine() async throws {
        let stage = Stage()
        let label = ["com.docker.compose.project": "shop"]
        _ = try await stage.create("other-1")
        let id = try await stage.run("shop-db-1") {
            $0.labels = label
            $0.mounts = [MountSpec(type: "volume", source: "shop_data", target: "/data", labels: label)]
        }
        let snapshot = try await EngineSnapshot(observing: stage.engine, project: "shop")
        #expect(
            snapshot.description == """
                container shop-db-1 running \(id.short)
                  image \(try await stage.engine.image("busybox").id)
                  network bridge \(try await stage.engine.network("bridge").id.short)
                  mount volume shop_data /data
                  label com.docker.compose.project=shop
                volume shop_data local
                  label com.docker.compose.project=shop
                """)
        #expect(try await EngineSnapshot(observing: stage.engine, project: nil) == stage.engine.snapshot())
    }

    @Test func equalRunsGiveEqualSnapshots() async throws {
        var snapshots: [EngineSnapshot] = []
        for _ in 0..<2 {
            let stage = Stage(image: ImageBehavior(volumes: ["/data"]))
            for name in ["a-1", "b-1", "c-1"] { _ = try await stage.run(name) }
            snapshots.append(stage.engine.snapshot())
        }
        #expect(snapshots[0] == snapshots[1])
    }
}
