import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting

// Updates that replace some replicas at a time.
extension Scenario {
    static let updates = [startFirst, oneByOne, startFirstScaledUp, tolerated, rolledBackInTurn, afterAKeptFailure]

    /// Two healthy replicas of a service with these settings.
    private static func updating(
        _ description: String, replicas: (Int, Int) = (2, 2), versions: (String, String) = ("1", "2"),
        rollback: Deployment.UpdateOrder? = nil, _ configure: (inout Deployment.UpdateOrder) -> Void
    ) -> Scenario {
        var update = Deployment.UpdateOrder()
        configure(&update)
        func project(_ count: Int, _ version: String) -> Project {
            .shop(
                .app("web") {
                    $0.scale = count
                    $0.environment["VERSION"] = version
                    $0.healthCheck = HealthCheck(test: ["CMD", "check"])
                    $0.deploy = Deployment()
                    $0.deploy?.update = update
                    $0.deploy?.rollback = rollback
                },
                .app("proxy") { $0.needs("web", .healthy, restart: true) })
        }
        var scenario = Scenario(
            description: description, earlier: [project(replicas.0, versions.0)],
            wanted: project(replicas.1, versions.1))
        scenario.prepare = { $0.engine.tick() }
        return scenario
    }

    static let startFirst = updating("start-first") { $0.order = "start-first" }

    static let oneByOne = updating("one by one", replicas: (3, 3)) { $0.delay = ComposeDuration("5s") }

    static let startFirstScaledUp: Scenario = {
        var scenario = updating("start-first, scaled up", replicas: (1, 3), versions: ("1", "1")) {
            $0.order = "start-first"
            $0.parallelism = 2
        }
        scenario.isRepeatable = false
        return scenario
    }()

    /// The new version of the second replica never becomes healthy. That one failure is tolerated, and no other.
    static let tolerated: Scenario = {
        var scenario = updating("one failure tolerated") { $0.maximumFailureRatio = 0.5 }
        scenario.prepare = { stage in
            stage.engine.tick()
            let old = try await stage.container("shop-web-2").id
            stage.engine.script(
                container: "\(old.short)_shop-web-2", ContainerBehavior(health: .unhealthy(afterProbes: 0)))
        }
        // A second attempt has another name, which no script knows.
        scenario.isRepeatable = false
        scenario.leavesSomethingToDo = true
        return scenario
    }()

    /// The second replica had failed, and everything was left as it stood.
    static let afterAKeptFailure: Scenario = {
        var scenario = updating("after a kept failure") { $0.order = "start-first" }
        let wanted = scenario.wanted
        scenario.prepare = { stage in
            stage.engine.tick()
            let failing = "\(try await stage.container("shop-web-2").id.short)_shop-web-2"
            stage.engine.script(container: failing, ContainerBehavior(health: .unhealthy(afterProbes: 0)))
            var options = UpOptions()
            options.keepsFailures = true
            _ = try? await stage.up(wanted, options)
            stage.engine.script(container: failing, nil)
        }
        return scenario
    }()

    static let rolledBackInTurn: Scenario = {
        var rollback = Deployment.UpdateOrder()
        rollback.order = "start-first"
        rollback.delay = ComposeDuration("5s")
        return updating("taken back in turn", replicas: (3, 3), rollback: rollback) { $0.parallelism = 2 }
    }()
}
