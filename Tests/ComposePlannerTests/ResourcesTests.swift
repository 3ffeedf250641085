import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// Images, networks and volumes: what is made, what is used as it is, and what stands in the way.
@Suite struct ResourcesTests {
    private static let stack = Planned(
        .app("web") { $0.volumes = [Mount(.volume, source: "data", target: "/data")] },
        also: { $0.volumes["data"] = Volume(key: "data", name: "shop_data") })

    static let secretive = Planned(.app("web") { $0.environment = ["PASSWORD": "hunter2"] })

    @Test func externalResourcesMustExist() {
        var stage = ResourcesTests.stack
        stage.project.networks["default"]?.isExternal = true
        stage.project.volumes["data"]?.isExternal = true
        #expect(
            stage.problems() == [
                "Network shop_default is declared external and does not exist. Create it with "
                    + "`docker network create shop_default`, or remove `external` from default.",
                "Volume shop_data is declared external and does not exist. Create it with "
                    + "`docker volume create shop_data`, or remove `external` from data.",
            ])
        stage.observed.networks = [NetworkSummary(id: "n1", name: "shop_default")]
        stage.observed.volumes = [VolumeSummary(name: "shop_data")]
        #expect(stage.problems() == [])
    }

    @Test func foreignResourcesAreUsedAsTheyAre() throws {
        var stage = ResourcesTests.stack
        stage.observed.networks = [NetworkSummary(id: "n1", name: "shop_default")]
        stage.observed.volumes = [VolumeSummary(name: "shop_data", labels: [ComposeLabels.project: "other"])]
        let plan = try stage.plan()
        #expect(
            plan.notices == [
                "Network shop_default exists and was not made for project shop; it is used as it is.",
                "Volume shop_data exists and was not made for project shop; it is used as it is.",
            ])
        #expect(
            plan.prepare.map(\.action.description) == ["create container shop-web-1", "start container shop-web-1"])
    }

    @Test func aLostNetworkReplacesItsContainersEvenStoppedOnes() throws {
        var stage = try ResourcesTests.stack.up()
        stage.observed.networks = []
        #expect(try stage.text().contains("network shop_default is made anew"))
        try stage.stop("shop-web-1")
        #expect(try stage.plan().summary == "1 to create, 1 to replace")
    }

    @Test func aDetachedContainerIsReplaced() throws {
        var stage = try ResourcesTests.stack.up()
        try stage.change(container: "shop-web-1") { $0.networks = [:] }
        #expect(try stage.text().contains("is not attached to network shop_default"))
        stage = try ResourcesTests.stack.up()
        try stage.change(container: "shop-web-1") { $0.mounts = [] }
        #expect(try stage.text().contains("does not mount volume shop_data"))
    }

    @Test func aPausedContainerIsNotTouched() throws {
        var stage = try ResourcesTests.stack.up()
        try stage.change(container: "shop-web-1") { $0.state = .paused }
        #expect(
            stage.problems() == [
                "Container shop-web-1 is paused. Let it go on with `docker unpause shop-web-1`, or remove it."
            ])
    }

    @Test func aContainersNameIsForOneReplica() {
        var stage = ResourcesTests.stack
        stage.change("web") { $0.containerName = "front" }
        stage.options.scale = ["web": 2]
        #expect(
            stage.problems() == [
                "Service web cannot have 2 replicas, because container_name gives all of them the name front. "
                    + "Remove container_name."
            ])
    }

    @Test(
        arguments: [
            (nil, true, nil), (nil, false, "is not on the engine"), (.always, true, "pull_policy is always"),
            (.missing, false, "is not on the engine"), (.missing, true, nil), (.never, true, nil),
        ] as [(PullPolicy?, Bool, String?)])
    func imagesAreFetchedAsThePolicySays(policy: PullPolicy?, isPresent: Bool, cause: String?) throws {
        var stage = ResourcesTests.stack
        stage.change("web") { $0.pullPolicy = policy }
        if !isPresent { stage.observed.images = [:] }
        let pulls = try stage.plan().pulls
        #expect(pulls.map(\.cause) == [cause].compactMap(\.self))
        #expect(pulls.allSatisfy { $0.reference == "app" && $0.services == ["web"] })
        stage.options.pulled = ["app"]
        if isPresent { #expect(try stage.plan().pulls == []) }
    }

    @Test func aMissingImageThatMayNotBeFetchedIsAProblem() {
        var stage = ResourcesTests.stack
        stage.change("web") { $0.pullPolicy = .never }
        stage.observed.images = [:]
        #expect(stage.problems().count == 1)
        #expect(stage.problems().first?.hasPrefix("Service web cannot start: image app is not on the engine") == true)
    }

    @Test func whatIsMadeCarriesItsLabels() throws {
        let plan = try ResourcesTests.stack.plan()
        guard case .network(let network)? = plan.specs[OperationID(1)],
            case .volume(let volume)? = plan.specs[OperationID(2)]
        else {
            Issue.record("\(plan)")
            return
        }
        #expect(
            network.labels.keys.sorted() == [
                ComposeLabels.configHash, ComposeLabels.network, ComposeLabels.project, ComposeLabels.version,
            ])
        #expect(network.labels[ComposeLabels.network] == "default")
        #expect(volume.labels[ComposeLabels.volume] == "data")
        #expect(volume.labels[ComposeLabels.configHash]?.count == 64)
    }
}
