import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

@Suite struct RestartPlannerTests {
    /// `web` restarts with `api`, which needs `db` healthy and does not say so.
    private static func tiers() throws -> Planned {
        try Planned(
            .app("db") { $0.healthCheck = HealthCheck(test: ["CMD", "check"]) },
            .app("api") { $0.needs("db", .healthy) },
            .app("web") { $0.needs("api", restart: true) }
        ).up()
    }

    private static func steps(
        _ stage: Planned, _ services: String..., withoutDependents: Bool = false, project: Bool = true
    ) throws -> [String] {
        var options = RestartOptions()
        options.services = services
        options.withoutDependents = withoutDependents
        let plan = try RestartPlanner.plan(
            "shop", project: project ? stage.project : nil, observed: stage.observed, options: options)
        #expect(plan.finish == [] && plan.holds.isEmpty)
        return plan.prepare.map { operation in
            let needs = operation.needs.map(\.description).joined(separator: ",")
            return "\(operation.id) \(operation.action.description)\(needs.isEmpty ? "" : " after \(needs)")"
        }
    }

    @Test(arguments: [true, false])
    func dependentsStopFirstAndStartWhenTheirConditionsHold(hasFile: Bool) throws {
        #expect(
            try RestartPlannerTests.steps(try RestartPlannerTests.tiers(), project: hasFile) == [
                "1 stop container shop-web-1",
                "2 stop container shop-api-1 after 1",
                "3 stop container shop-db-1 after 2",
                "4 start container shop-db-1 after 3",
                "5 wait until shop-db-1 is healthy after 4",
                "6 start container shop-api-1 after 2,5",
                "7 start container shop-web-1 after 1,6",
            ])
    }

    @Test func onlyWhatSaysSoRestartsWithWhatItDependsOn() throws {
        let stage = try RestartPlannerTests.tiers()
        #expect(
            try RestartPlannerTests.steps(stage, "db") == [
                "1 stop container shop-db-1", "2 start container shop-db-1 after 1",
            ])
        #expect(
            try RestartPlannerTests.steps(stage, "api") == [
                "1 stop container shop-web-1", "2 stop container shop-api-1 after 1",
                "3 start container shop-api-1 after 2", "4 start container shop-web-1 after 1,3",
            ])
        #expect(try RestartPlannerTests.steps(stage, "api", withoutDependents: true).count == 2)
    }

    @Test func hooksRunAroundTheStopAndTheStart() throws {
        let stage = try Planned(
            .app("web") {
                $0.runs(.preStop, "drain")
                $0.runs(.postStart, "warm")
            }
        ).up()
        #expect(
            try RestartPlannerTests.steps(stage) == [
                "1 run pre_stop hook 1 of shop-web-1", "2 stop container shop-web-1 after 1",
                "3 start container shop-web-1 after 2", "4 run post_start hook 1 of shop-web-1 after 3",
            ])
    }

    @Test func whatDoesNotRunIsOnlyStartedAndMayFailAsBefore() throws {
        var stage = try Planned(.app("job"), .app("web")).up()
        try stage.stop("shop-job-1", code: 1)
        let plan = try RestartPlanner.plan("shop", project: nil, observed: stage.observed)
        #expect(
            plan.prepare.map(\.action.description) == [
                "stop container shop-web-1", "start container shop-job-1", "start container shop-web-1",
            ])
        #expect(plan.vitalStarts.map(\.rawValue) == [3])
    }

    @Test func aDependencyThatIsNotRequiredIsWaitedForInVain() throws {
        let stage = try Planned(
            .app("db") { $0.healthCheck = HealthCheck(test: ["CMD", "check"]) },
            .app("web") { $0.needs("db", .healthy, required: false) }
        ).up()
        let plan = try RestartPlanner.plan("shop", project: stage.project, observed: stage.observed)
        #expect(plan.prepare.filter(\.isOptional).map(\.action.description) == ["wait until shop-db-1 is healthy"])
    }

    @Test func whatHasNoContainerIsToldAndWhatIsPausedRefused() throws {
        var stage = try RestartPlannerTests.tiers()
        var options = RestartOptions()
        options.services = ["other"]
        let plan = try RestartPlanner.plan("shop", project: nil, observed: stage.observed, options: options)
        #expect(plan.isEmpty)
        #expect(
            plan.notices == [
                "Service other has no container, so there is nothing to restart. `gantry up other` makes one."
            ])
        try stage.change(container: "shop-web-1") { $0.state = .paused }
        #expect(throws: PlanError.self) { try RestartPlanner.plan("shop", project: nil, observed: stage.observed) }
    }

    /// Labels of containers that stem from different files.
    @Test func aCircleInTheLabelsWaitsForNothing() throws {
        var stage = try RestartPlannerTests.tiers()
        try stage.change(container: "shop-db-1") { $0.labels[ComposeLabels.dependsOn] = "web:service_healthy:true" }
        #expect(try RestartPlannerTests.steps(stage, project: false).allSatisfy { !$0.contains("wait") })
    }
}
