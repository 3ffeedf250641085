import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting

// The same stack, asked for in different ways.
extension Scenario {
    static let ways = [
        one, oneAlone, everythingAgain, withoutStart, stoppedOnes, scaledUp, scaledDown, scaledToNothing, orphans,
        jobRepeated, waiting, withoutRecreation,
    ]

    private static func tiers(_ version: String = "1", job: String = "1") -> Project {
        .shop(
            .app("db") { $0.healthCheck = HealthCheck(test: ["CMD", "check"]) },
            .app("migrate", image: "job") {
                $0.environment = ["VERSION": job]
                $0.needs("db", .healthy)
            },
            .app("web") {
                $0.environment = ["VERSION": version]
                $0.needs("db", .healthy)
                $0.needs("migrate", .completed)
            },
            .app("mail"))
    }

    private static func asking(
        _ description: String, from earlier: Project?, for wanted: Project, _ ask: (inout UpOptions) -> Void = { _ in }
    ) -> Scenario {
        var options = UpOptions()
        ask(&options)
        return Scenario(
            description: description, earlier: earlier.map { [$0] } ?? [], wanted: wanted, options: options)
    }

    static let one = asking("up web", from: nil, for: tiers()) { $0.services = ["web"] }

    static let oneAlone = asking("up web alone", from: tiers("1"), for: tiers("2", job: "2")) {
        $0.services = ["web"]
        $0.withoutDependencies = true
    }

    static let everythingAgain = asking("everything again", from: tiers(), for: tiers()) { $0.recreate = .always }

    static let withoutStart = asking("made but not started", from: tiers("1"), for: tiers("2")) {
        $0.withoutStart = true
    }

    static let stoppedOnes: Scenario = {
        var scenario = asking("stopped ones", from: tiers(), for: tiers())
        scenario.prepare = { stage in
            for name in ["shop-web-1", "shop-mail-1", "shop-db-1"] {
                try await stage.engine.stopContainer(ContainerID(name), timeout: nil)
            }
        }
        return scenario
    }()

    private static func scaled(_ count: Int) -> Project { .shop(.app("web") { $0.scale = count }) }

    static let scaledUp = asking("scaled up", from: scaled(1), for: scaled(4))
    static let scaledDown = asking("scaled down", from: scaled(4), for: scaled(1))
    static let scaledToNothing = asking("scaled to nothing", from: scaled(2), for: scaled(0))

    static let orphans = asking("orphans", from: tiers(), for: .shop(.app("mail"))) { $0.removeOrphans = true }

    /// The job has completed, and runs again before what waits for it.
    static let jobRepeated = asking("job repeated", from: tiers("1"), for: tiers("2"))

    static let waiting = asking("waiting for all", from: tiers("1"), for: tiers("2")) { $0.wait = true }

    static let withoutRecreation = asking("without recreation", from: scaled(1), for: tiers("2")) {
        $0.recreate = .never
    }
}
