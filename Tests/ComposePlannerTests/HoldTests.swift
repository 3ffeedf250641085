import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// What `up` holds, and what ends when a hold is released.
@Suite struct HoldTests {
    /// A project that has been brought up: each service with what it needs, as `web>api,db`.
    struct Row: Sendable, CustomTestStringConvertible {
        let what: String
        var services: [String] = ["db", "api>db", "web>api", "admin>db"]
        var unheld: Set<String> = []
        var stopped: [String] = []
        /// Services whose containers another tool made.
        var foreign: [String] = []
        var named: [String] = ["web"]
        /// Services whose containers somebody has removed.
        var gone: [String] = []
        /// The services that a run in the foreground was asked for, which needs `db` too.
        var run: Set<String>?
        let ending: Set<String>

        var testDescription: String { what }
    }

    private static let rows = [
        Row(
            what: "what only a removed container needed ends", unheld: ["api", "db"], stopped: ["admin"], gone: ["web"],
            ending: ["web", "api", "db"]),
        Row(
            what: "a removed container in between holds nothing", unheld: ["api", "db"], stopped: ["admin"],
            gone: ["api"], ending: ["web", "api", "db"]),
        Row(
            what: "what a living run needs goes on", unheld: ["api", "db"], stopped: ["admin"], run: ["admin"],
            ending: ["web", "api"]),
        Row(
            what: "a run whose services end holds nothing", unheld: ["api", "db", "web"], stopped: ["admin"],
            run: ["web"], ending: ["web", "api", "db"]),
        Row(
            what: "what nobody asked for ends", unheld: ["api", "db"], stopped: ["admin"], ending: ["web", "api", "db"]),
        Row(what: "what is not known counts as held", ending: ["web"]),
        Row(what: "what was asked for itself goes on", unheld: ["api"], stopped: ["admin"], ending: ["web", "api"]),
        Row(what: "what another needs goes on", unheld: ["api", "db"], ending: ["web", "api"]),
        Row(what: "what is held holds what it needs", unheld: ["db"], stopped: ["admin"], ending: ["web"]),
        Row(
            what: "what another tool made counts as held", unheld: ["api", "db"], stopped: ["admin"], foreign: ["db"],
            ending: ["web", "api"]),
        Row(
            what: "a dependent that runs no more holds nothing", unheld: ["api", "db"], stopped: ["api", "admin"],
            ending: ["web", "api", "db"]),
        Row(
            what: "two that are named release together", unheld: ["api", "db"], named: ["web", "admin"],
            ending: ["web", "api", "admin", "db"]),
        Row(what: "a dependency ends alone", unheld: ["api", "db"], named: ["db"], ending: ["db"]),
        Row(
            what: "only what the named one needs is looked at", services: ["db", "web>db", "cache"],
            unheld: ["db", "cache"], ending: ["web", "db"]),
        Row(
            what: "a diamond ends as a whole", services: ["db", "left>db", "right>db", "web>left,right"],
            unheld: ["db", "left", "right"], ending: ["web", "left", "right", "db"]),
        Row(
            what: "the named one need not run", services: ["db", "web>db"], unheld: ["db"], stopped: ["web"],
            ending: ["web", "db"]),
    ]

    static func stage(_ services: [String]) throws -> Planned {
        let stage = try Planned { project in
            for text in services {
                let parts = text.split(separator: ">").map(String.init)
                let needs = parts.count > 1 ? parts[1].split(separator: ",").map(String.init) : []
                project.services[parts[0]] = .app(parts[0]) { service in for need in needs { service.needs(need) } }
            }
        }.up()
        return try labelled(stage)
    }

    /// Gives the containers the label that the executor gives.
    private static func labelled(_ stage: Planned) throws -> Planned {
        var stage = stage
        for name in stage.observed.containers.map(\.name) {
            try stage.change(container: name) { $0.labels[ComposeLabels.transaction] = "t" }
        }
        return stage
    }

    @Test(arguments: HoldTests.rows) func whatNothingHoldsEnds(_ row: Row) throws {
        var stage = try HoldTests.stage(row.services)
        for service in row.stopped { try stage.stop("shop-\(service)-1") }
        for service in row.foreign {
            try stage.change(container: "shop-\(service)-1") { $0.labels[ComposeLabels.transaction] = nil }
        }
        stage.observed.containers.removeAll { row.gone.contains($0.service) }
        let runs = row.run.map { [RunHold(id: "r", holder: "gantry up", named: $0, services: $0.union(["db"]))] }
        let holds = HoldSet(unheld: row.unheld, runs: runs ?? [])
        let containers = stage.observed.containers
        #expect(holds.ending(with: row.named, among: containers, of: stage.project) == row.ending)
        var options = DownOptions()
        options.services = row.named
        stage.observed.holds = holds
        let down = DownPlanner.down("shop", project: stage.project, observed: stage.observed, options: options)
        #expect(down.removed == row.ending.subtracting(row.gone))
        #expect(down.holds == HoldChange(held: row.ending.intersection(row.unheld)))
        options.keepsDependencies = true
        #expect(
            DownPlanner.down("shop", project: stage.project, observed: stage.observed, options: options).removed
                == Set(row.named).subtracting(row.gone))
    }

    @Test func aOneOffContainerHoldsWhatItNeeds() throws {
        var stage = try HoldTests.stage(["db", "web>db"])
        var shell = try #require(stage.observed.containers.first { $0.service == "web" }).summary
        shell.id = "shell"
        shell.names = ["shop-web-run-1"]
        shell.labels[ComposeLabels.oneOff] = "True"
        stage.observed.containers.append(try #require(ObservedContainer(shell)))
        let holds = HoldSet(unheld: ["db"])
        #expect(holds.ending(with: ["web"], among: stage.observed.containers) == ["web"])
    }

    @Test func theUserIsToldWhatEndsToo() throws {
        var stage = try HoldTests.stage(["db", "web>db"])
        var options = DownOptions()
        options.services = ["web"]
        stage.observed.holds = HoldSet(unheld: ["db"])
        let plan = DownPlanner.stop("shop", project: nil, observed: stage.observed, options: options)
        #expect(
            plan.trimmed == """
                Plan for project shop: 2 to stop
                  1  stop container shop-web-1           was asked to stop
                  2  stop container shop-db-1   after 1  nothing needs it any more
                """)
        #expect(plan.notices == ["db ends too, because nothing needs it any more; --keep-deps keeps it."])
    }

    @Test func endingAllReleasesTheHoldsOfWhatWasThere() throws {
        var stage = try HoldTests.stage(["db", "web>db"])
        stage.observed.holds = HoldSet(unheld: ["db", "elsewhere"])
        let plan = DownPlanner.stop("shop", project: nil, observed: stage.observed)
        #expect(plan.holds == HoldChange(held: ["db"]))
        #expect(plan.notices == [])
    }

    /// What `up` makes of the holds of `db`, `api>db` and `web>api`.
    struct Rise: Sendable, CustomTestStringConvertible {
        let what: String
        var named: [String] = ["web"]
        var running: [String] = []
        var isLasting = true
        var run: String?
        /// What ran until an earlier plan of the same command stopped it.
        var stopped: Set<String> = []
        var change: HoldChange

        var testDescription: String { what }
    }

    @Test(arguments: [
        Rise(
            what: "all are held where none is named", named: [],
            change: HoldChange(held: ["db", "api", "web"])),
        Rise(
            what: "what is started for others is not held", change: HoldChange(held: ["web"], unheld: ["api", "db"])),
        Rise(
            what: "what ran before is held as it was", running: ["db"],
            change: HoldChange(held: ["web"], unheld: ["api"])),
        Rise(
            what: "what the same command has stopped is held as it was", stopped: ["db"],
            change: HoldChange(held: ["web"], unheld: ["api"])),
        Rise(
            what: "what is named is held though it runs", named: ["db"], running: ["db"],
            change: HoldChange(held: ["db"])),
        Rise(
            what: "a hold that ends with the command holds nothing that ran", named: ["db"], running: ["db"],
            isLasting: false, change: HoldChange()),
        Rise(
            what: "what it starts is told apart all the same", isLasting: false,
            change: HoldChange(held: ["web"], unheld: ["api", "db"])),
        Rise(
            what: "what a run in the foreground starts it alone holds", running: ["db"], isLasting: false, run: "r",
            change: HoldChange(unheld: ["api", "web"], run: "r")),
    ]) func upHoldsWhatIsNamed(_ rise: Rise) throws {
        var stage = try HoldTests.stage(["db", "api>db", "web>api"])
        for service in ["db", "api", "web"] where !rise.running.contains(service) {
            try stage.stop("shop-\(service)-1")
        }
        stage.options.services = rise.named
        stage.options.isLasting = rise.isLasting
        stage.options.run = rise.run
        stage.options.ranBefore = rise.stopped
        #expect(try stage.plan().holds == rise.change)
    }

    @Test func whoOnlyKeepsWhatIsUpChangesNoHolds() throws {
        var stage = try HoldTests.stage(["db", "web>db"])
        try stage.stop("shop-db-1")
        stage.options.leavesHolds = true
        #expect(try stage.plan().holds.isEmpty)
    }

    @Test func whatIsScaledToNothingNeedsNothing() throws {
        var stage = try HoldTests.stage(["db", "api>db", "web>api"])
        for service in ["db", "api"] { try stage.stop("shop-\(service)-1") }
        stage.options.services = ["web"]
        stage.options.scale["web"] = 0
        stage.options.noReplicaNeedsNothing = true
        #expect(try stage.plan().members.isEmpty)
        stage.options.services = ["api", "web"]
        #expect(Set(try stage.plan().members.map(\.service)) == ["api", "db"])
    }

    @Test func whatIsNotStartedIsNotHeld() throws {
        var stage = try HoldTests.stage(["db", "web>db"])
        try stage.stop("shop-db-1")
        stage.options.withoutStart = true
        #expect(try stage.plan().holds.isEmpty)
    }
}

extension Plan {
    /// The services whose containers it removes.
    fileprivate var removed: Set<String> {
        Set(
            finish.compactMap { operation in
                if case .removeContainer = operation.action { operation.service } else { nil }
            })
    }
}
