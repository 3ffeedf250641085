import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// Stopping and taking down follow the labels of the containers, and so need no file.
@Suite struct DownPlannerTests {
    private static func tiers() throws -> Planned {
        try Planned(
            .app("db") { $0.volumes = [Mount(.volume, source: "data", target: "/data")] },
            .app("api") { $0.needs("db") }, .app("web") { $0.needs("api") },
            also: { project in
                project.volumes["data"] = Volume(key: "data", name: "shop_data")
            }
        ).up()
    }

    @Test func stopsDependentsFirst() throws {
        let observed = try DownPlannerTests.tiers().observed
        #expect(
            DownPlanner.stop("shop", project: nil, observed: observed).trimmed == """
                Plan for project shop: 3 to stop
                  1  stop container shop-web-1           was asked to stop
                  2  stop container shop-api-1  after 1  was asked to stop
                  3  stop container shop-db-1   after 2  was asked to stop
                """)
    }

    @Test func stopsOnlyWhatRuns() throws {
        var stage = try DownPlannerTests.tiers()
        for name in ["shop-db-1", "shop-api-1", "shop-web-1"] { try stage.stop(name) }
        let plan = DownPlanner.stop("shop", project: nil, observed: stage.observed)
        #expect(plan.isEmpty)
        #expect(plan.resting == Set(stage.observed.containers.map(\.id)), "they are to stay so")
    }

    @Test func takesEverythingButTheVolumes() throws {
        let stage = try DownPlannerTests.tiers()
        let plan = DownPlanner.down("shop", project: stage.project, observed: stage.observed)
        #expect(
            plan.trimmed == """
                Plan for project shop: 4 to remove
                  1  stop container shop-web-1                 the project goes down
                  2  stop container shop-api-1    after 1      the project goes down
                  3  stop container shop-db-1     after 2      the project goes down
                  4  remove container shop-api-1  after 2      the project goes down
                  5  remove container shop-db-1   after 3      the project goes down
                  6  remove container shop-web-1  after 1      the project goes down
                  7  remove network shop_default  after 4,5,6  the project goes down
                """)
        #expect(plan.prepare == [])
    }

    @Test func takesDeclaredVolumesOnRequest() throws {
        var stage = try DownPlannerTests.tiers()
        var options = DownOptions()
        options.removeVolumes = true
        let labels = stage.observed.volumes[0].labels
        stage.observed.volumes += [
            VolumeSummary(name: "shop_undeclared", labels: labels), VolumeSummary(name: "foreign"),
        ]
        func removed(_ project: Project?) -> [String] {
            DownPlanner.down("shop", project: project, observed: stage.observed, options: options).finish
                .map(\.action.description).filter { $0.hasPrefix("remove volume") }
        }
        #expect(removed(stage.project) == ["remove volume shop_data"])
        #expect(removed(nil) == ["remove volume shop_data", "remove volume shop_undeclared"])
        stage.project.volumes["data"]?.isExternal = true
        #expect(removed(stage.project) == [])
    }

    /// The engine itself removes an unnamed volume only with the container that it made it for.
    @Test(arguments: [false, true])
    func takesTheUnnamedVolumesThatAReplacementInherited(isReplacement: Bool) throws {
        var stage = try DownPlannerTests.tiers()
        let name = String(repeating: "a1", count: 32)
        var labels = [ComposeLabels.project: "shop", ComposeLabels.service: "web", ComposeLabels.configHash: "hash"]
        labels[ComposeLabels.replace] = isReplacement ? "web-1" : nil
        let summary = ContainerSummary(
            id: ContainerID(name), names: ["shop-web-1"], image: "app", imageID: "sha256:1", state: .exited,
            labels: labels, mounts: [MountSummary(type: "volume", name: name, target: "/scratch")])
        stage.observed.containers = [try #require(ObservedContainer(summary))]
        var options = DownOptions()
        options.removeVolumes = true
        let plan = DownPlanner.down("shop", project: stage.project, observed: stage.observed, options: options)
        #expect(plan.finish.map(\.action).contains(.removeVolume(name: name)) == isReplacement)
    }

    @Test func whatOthersUseStays() throws {
        let stage = try DownPlannerTests.tiers()
        var options = DownOptions()
        options.services = ["web"]
        options.removeVolumes = true
        let plan = DownPlanner.down("shop", project: stage.project, observed: stage.observed, options: options)
        #expect(
            plan.finish.map(\.action.description) == ["stop container shop-web-1", "remove container shop-web-1"])
        #expect(
            plan.notices == [
                "Network shop_default stays, because shop-api-1, shop-db-1 use it.",
                "Volume shop_data stays, because shop-db-1 uses it.",
            ])
    }

    @Test func orphansStayUnlessTheyAreAskedFor() throws {
        var stage = try DownPlannerTests.tiers()
        stage.project.services["web"] = nil
        var options = DownOptions()
        func removed() -> [String] {
            DownPlanner.down("shop", project: stage.project, observed: stage.observed, options: options).finish
                .map(\.action.description).filter { $0.hasPrefix("remove") }
        }
        #expect(removed() == ["remove container shop-api-1", "remove container shop-db-1"])
        options.removeOrphans = true
        #expect(removed().count == 4)
    }

    /// Labels of containers that stem from different files.
    @Test func aCircleInTheLabelsStopsAllAtOnce() throws {
        var stage = try DownPlannerTests.tiers()
        try stage.change(container: "shop-db-1") { $0.labels[ComposeLabels.dependsOn] = "web:service_started:false" }
        #expect(DownPlanner.stop("shop", project: nil, observed: stage.observed).finish.count == 3)
    }

    @Test func theGraceIsPassedOn() throws {
        var options = DownOptions()
        options.stopGrace = 3
        let plan = DownPlanner.stop(
            "shop", project: nil, observed: try DownPlannerTests.tiers().observed, options: options)
        for operation in plan.finish {
            guard case .stopContainer(_, grace: 3) = operation.action else {
                Issue.record("\(operation)")
                continue
            }
        }
    }
}
