import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// Networks and volumes whose declaration changes: what moves with them, what stands in the way, and what is lost.
@Suite struct ResourceChangesTests {
    private static let stack = Planned(
        .app("db") { $0.volumes = [Mount(.volume, source: "data", target: "/data")] },
        .app("web") { $0.needs("db") },
        also: { $0.volumes["data"] = Volume(key: "data", name: "shop_data") })

    /// The stack up, and seen as before a change of its default network.
    private static func changed(_ stack: Planned = stack) throws -> Planned {
        var stage = try stack.up()
        stage.project.networks["default"]?.labels = ["tier": "inner"]
        stage.look()
        return stage
    }

    @Test func aChangedNetworkIsMadeAnewWithAllThatIsOnIt() throws {
        let text = try ResourceChangesTests.changed().text()
        #expect(
            text == """
                Plan for project shop: 1 to create, 2 to replace, 1 to remove
                   1  stop container shop-web-1                              network shop_default is made anew
                   2  stop container shop-db-1                  after 1      network shop_default is made anew
                   3  remove network shop_default               after 1,2    configuration changed (cf68f29b281a -> 047fa9426d4f)
                   4  create network shop_default               after 3      configuration changed (cf68f29b281a -> 047fa9426d4f)
                   5  create container 43a2dd5b2f20_shop-db-1   after 4      network shop_default is made anew
                   6  start container shop-db-1                 after 2,5    network shop_default is made anew
                   7  wait until shop-db-1 is up                after 6      must be up before the container that it replaces goes
                   8  create container 830b8dee8da8_shop-web-1  after 4      network shop_default is made anew
                   9  start container shop-web-1                after 1,6,8  network shop_default is made anew
                  10  wait until shop-web-1 is up               after 9      must be up before the container that it replaces goes
                  -- commit: from here on nothing is taken back --
                  11  remove container shop-db-1                             network shop_default is made anew
                  12  rename the new container to shop-db-1     after 11     network shop_default is made anew
                  13  remove container shop-web-1                            network shop_default is made anew
                  14  rename the new container to shop-web-1    after 13     network shop_default is made anew
                """)
    }

    @Test func theOthersOnItMoveToo() throws {
        var stage = try ResourceChangesTests.changed()
        stage.options.services = ["db"]
        let all = try stage.plan()
        #expect(all.prepare.contains { $0.action.description.hasPrefix("create container") && $0.service == "web" })
        #expect(all.members.map(\.service) == ["db", "web"])
        try stage.stop("shop-web-1")
        stage.look()
        let stopped = try stage.plan().prepare.map(\.action.description)
        #expect(stopped.contains { $0.hasPrefix("create container") && $0.hasSuffix("shop-web-1") })
        #expect(!stopped.contains("start container shop-web-1"))
    }

    @Test func whatIsNotOursIsNotTouched() throws {
        var stage = try ResourceChangesTests.changed()
        let foreign = ContainerSummary(
            id: "f1", names: ["guest"], image: "app", imageID: "sha256:a", state: .exited,
            networks: ["shop_default": "id-shop_default"])
        stage.observed.networkUsers["id-shop_default"]?.append(ResourceUser(foreign))
        #expect(stage.problems().count == 1)
        #expect(stage.problems()[0].contains("guest") && stage.problems()[0].contains("network disconnect"))
        // Without its label a network is nobody's to change.
        stage.observed.networks[0].labels[ComposeLabels.project] = "other"
        stage.look()
        #expect(try stage.plan().prepare.isEmpty)
    }

    @Test func anOrphanOnItStandsInTheWayUntilItGoes() throws {
        var stage = try ResourceChangesTests.changed()
        stage.project.services["web"] = nil
        #expect(stage.problems().count == 1)
        #expect(stage.problems()[0].contains("shop-web-1") && stage.problems()[0].contains("--remove-orphans"))
        stage.options.removeOrphans = true
        #expect(try stage.plan().finish.contains { $0.action.description == "remove container shop-web-1" })
    }

    @Test func aServiceThatIsLeftOutStandsInTheWayAndSaysSo() throws {
        var stage = try ResourceChangesTests.changed()
        stage.project.services["web"] = nil
        stage.project.disabledServices = ["web"]
        stage.options.removeOrphans = true
        #expect(stage.problems().count == 1)
        #expect(stage.problems()[0].contains("shop-web-1") && stage.problems()[0].contains("--profile"))
    }

    @Test func aHookThatAKilledCommandLeftOnItStandsInNoWay() throws {
        var stage = try ResourceChangesTests.changed()
        let left = ContainerSummary(
            id: "h1", names: ["shop-web-pre_start-1"], image: "app", imageID: "sha256:a", state: .running,
            labels: [
                ComposeLabels.project: "shop", ComposeLabels.service: "web", ComposeLabels.hook: "pre_start",
            ], networks: ["shop_default": "id-shop_default"])
        stage.observed.hookContainers = [left]
        stage.observed.networkUsers["id-shop_default"]?.append(ResourceUser(left))
        #expect(
            try stage.plan().finish.contains { $0.action.description == "remove container shop-web-pre_start-1" })
    }

    @Test func withoutRecreationANetworkStays() throws {
        var stage = try ResourceChangesTests.changed()
        stage.options.recreate = .never
        let plan = try stage.plan()
        #expect(plan.isEmpty)
        #expect(plan.notices.count == 1)
    }

    @Test func aRetiredNetworkTellsNothingButWhatMakesItAgain() throws {
        var stage = try ResourcesTests.secretive.up()
        stage.project.networks["default"]?.labels = ["tier": "inner"]
        stage.look()
        let operations = try stage.plan().prepare
        #expect(operations.contains { if case .retireNetwork = $0.action { true } else { false } })
        #expect(operations.allSatisfy { !"\($0)".contains("hunter2") })
    }

    @Test func aRenamedNetworkLeavesNoneBehind() throws {
        var stage = try ResourceChangesTests.stack.up()
        stage.project.networks["default"]?.name = "inner"
        stage.look()
        let plan = try stage.plan()
        #expect(plan.prepare.first?.action == .createNetwork(name: "inner"))
        #expect(plan.finish.last?.action == .removeNetwork("id-shop_default", name: "shop_default"))
        // Somebody is still on it.
        let guest = ContainerSummary(
            id: "f1", names: ["guest"], image: "app", imageID: "sha256:a", state: .running,
            networks: ["shop_default": "id-shop_default"])
        stage.observed.networkUsers["id-shop_default"]?.append(ResourceUser(guest))
        #expect(
            try !stage.plan().finish.contains { $0.action == .removeNetwork("id-shop_default", name: "shop_default") })
    }

    // MARK: Volumes

    private static func withChangedVolume() throws -> Planned {
        var stage = try stack.up()
        stage.project.services["mail"] = .app("mail")
        stage.project.volumes["data"]?.labels = ["tier": "inner"]
        stage.look()
        return stage
    }

    @Test func aChangedVolumeIsKeptUnlessTheUserAgrees() throws {
        let stage = try ResourceChangesTests.withChangedVolume()
        let plan = try stage.plan()
        #expect(plan.irreversible == [])
        #expect(plan.withheld == ["volume shop_data and its data are removed"])
        #expect(!plan.isFirstOfTwo)
        #expect(plan.notices.contains { $0.contains("shop_data") && $0.contains("--yes") })
    }

    @Test func agreedToItGoesWhenAllElseIsInPlace() throws {
        var stage = try ResourceChangesTests.withChangedVolume()
        stage.options.assumesYes = true
        let plan = try stage.plan()
        #expect(
            plan.trimmed == """
                Plan for project shop: 1 to create, 2 to remove
                  1  try the new volume shop_data           volume shop_data is made anew
                  2  stop container shop-db-1      after 1  volume shop_data is made anew
                  3  create container shop-mail-1           is not there yet
                  4  start container shop-mail-1   after 3  is not there yet
                  -- commit: from here on nothing is taken back --
                  5  remove container shop-db-1             volume shop_data is made anew
                  6  remove volume shop_data       after 5  configuration changed (4e9994dd3f18 -> 43cef33e78bd)
                  cannot be undone: volume shop_data and its data are removed
                """)
        #expect(plan.isFirstOfTwo)
        // What follows is a plan like any other.
        stage.observed.volumes = []
        stage.observed.containers.removeAll { $0.service == "db" }
        stage.look()
        let rest = try stage.plan()
        #expect(!rest.isFirstOfTwo && rest.irreversible == [])
        #expect(rest.prepare.first?.action == .createVolume(name: "shop_data"))
    }

    @Test func theLastReleaseTellsWhatDiffers() throws {
        var stage = try ResourceChangesTests.withChangedVolume()
        stage.options.lastApplied = try ResourceChangesTests.stack.up().project
        stage.options.assumesYes = true
        stage.project.networks["default"]?.labels = ["tier": "outer"]
        stage.look()
        let plan = try stage.plan()
        #expect(plan.tellsDifferences)
        #expect(plan.finish.last { $0.action == .removeVolume(name: "shop_data") }?.cause == "labels.tier added")
        #expect(plan.prepare.first { $0.action == .createNetwork(name: "shop_default") }?.cause == "labels.tier added")
        #expect(Set(plan.changes.values.joined().map(\.path)) == ["labels.tier"])
    }

    @Test func aVolumeThatOthersUseIsNotRemoved() throws {
        var stage = try ResourceChangesTests.withChangedVolume()
        stage.options.assumesYes = true
        let guest = ContainerSummary(id: "f1", names: ["guest"], image: "app", imageID: "sha256:a", state: .exited)
        stage.observed.volumeUsers["shop_data"]?.append(ResourceUser(guest))
        #expect(stage.problems().count == 1)
        #expect(stage.problems()[0].contains("guest"))
    }

    @Test func aRenamedVolumeKeepsItsData() throws {
        var stage = try ResourceChangesTests.stack.up()
        stage.project.volumes["data"]?.name = "shop_files"
        let plan = try stage.plan()
        #expect(plan.notices.count == 1)
        #expect(plan.notices[0].contains("docker volume rm shop_data"))
        #expect(!plan.finish.contains { $0.action == .removeVolume(name: "shop_data") })
    }

    @Test func freshUnnamedVolumesTakeTheOldOnesPlace() throws {
        let stack = Planned(.app("db") { $0.volumes = [Mount(.volume, target: "/data")] }, .app("web"))
        var stage = try stack.up()
        let name = String(repeating: "ab", count: 32)
        try stage.change(container: "shop-db-1") { $0.mounts[0].name = name }
        stage.options.renewsVolumes = true
        stage.options.services = ["db"]
        let plan = try stage.plan()
        #expect(plan.finish.last?.action == .removeVolume(name: name))
        #expect(plan.irreversible == ["the unnamed volumes of shop-db-1 and their data are removed"])
        #expect(!plan.prepare.contains { $0.service == "web" })
        for case .container(let spec) in plan.specs.values { #expect(!spec.mounts.contains { $0.source == name }) }
        // Another container that stays has it too.
        try stage.change(container: "shop-web-1") {
            $0.mounts = [MountSummary(type: "volume", name: name, source: "", target: "/data")]
        }
        #expect(try !stage.plan().finish.contains { $0.action == .removeVolume(name: name) })
    }

    // MARK: Jobs

    private static let job = Planned(.app("migrate"), .app("web") { $0.needs("migrate", .completed) })

    @Test func aCompletedJobIsNotRunAgainForNothing() throws {
        var stage = try ResourceChangesTests.job.up()
        try stage.stop("shop-migrate-1")
        #expect(try stage.plan().isEmpty)
        stage.options.services = ["migrate"]
        #expect(try stage.plan().summary == "1 to start")
    }

    @Test func aJobRunsAgainForWhatWaitsForIt() throws {
        var stage = try ResourceChangesTests.job.up()
        try stage.stop("shop-migrate-1")
        stage.change("web") { $0.environment["A"] = "1" }
        #expect(try stage.plan().prepare.contains { $0.action.description == "start container shop-migrate-1" })
        stage = try ResourceChangesTests.job.up()
        try stage.stop("shop-migrate-1", code: 1)
        #expect(try stage.plan().summary == "1 to start")
    }
}

extension Planned {
    /// Sees who uses the networks and volumes that differ from the project.
    mutating func look() {
        for network in project.outdatedNetworks(among: observed.networks) {
            observed.networkUsers[network.id] = observed.containers.map(\.summary)
                .filter { $0.networks[network.name] == network.id }
                .map { ResourceUser($0, attachment: NetworkAttachment(network: network.name, aliases: [$0.name])) }
        }
        for volume in project.changedVolumes(among: observed.volumes) {
            observed.volumeUsers[volume.name] = observed.containers.map(\.summary)
                .filter { $0.mounts.contains { $0.name == volume.name } }.map { ResourceUser($0) }
        }
    }
}
