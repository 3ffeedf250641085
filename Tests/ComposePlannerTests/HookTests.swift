import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// Where the hooks of services stand in a plan, and with what they run.
@Suite struct HookTests {
    private static let stack = Planned(
        .app("db") {
            $0.runs(.preStart, "check", "migrate")
            $0.runs(.postStart, "warm")
            $0.runs(.preStop, "drain", "flush")
        },
        .app("web") { $0.needs("db") })

    // MARK: Where they stand

    @Test func theyEncloseAServicesStart() throws {
        #expect(
            try HookTests.stack.text() == """
                Plan for project shop: 3 to create, 3 hooks to run
                   1  create network shop_default                               is not there yet
                   2  create container shop-db-1                    after 1     is not there yet
                   3  start container shop-db-1                     after 2,10  is not there yet
                   4  run post_start hook 1 of shop-db-1            after 3     runs after the container's start
                   5  create container shop-db-pre_start-1          after 1,2   runs a pre_start hook of db
                   6  start container shop-db-pre_start-1           after 5     runs before db starts
                   7  wait until shop-db-pre_start-1 has completed  after 6     db needs it completed
                   8  create container shop-db-pre_start-2          after 1,2   runs a pre_start hook of db
                   9  start container shop-db-pre_start-2           after 7,8   runs before db starts
                  10  wait until shop-db-pre_start-2 has completed  after 9     db needs it completed
                  11  create container shop-web-1                   after 1     is not there yet
                  12  start container shop-web-1                    after 4,11  is not there yet
                  -- commit: from here on nothing is taken back --
                  13  remove container shop-db-pre_start-1                      its hook has run
                  14  remove container shop-db-pre_start-2                      its hook has run
                """)
    }

    @Test func aReplacementRunsAllOfThem() throws {
        var stage = try HookTests.stack.up()
        stage.change("db") { $0.environment["LOG"] = "debug" }
        #expect(
            try stage.text() == """
                Plan for project shop: 1 to replace, 5 hooks to run
                   1  create container 43a2dd5b2f20_shop-db-1                     environment.LOG added
                   2  run pre_stop hook 1 of shop-db-1              after 1       runs before the container's stop
                   3  run pre_stop hook 2 of shop-db-1              after 2       runs before the container's stop
                   4  stop container shop-db-1                      after 1,3     environment.LOG added
                   5  start container shop-db-1                     after 1,4,13  environment.LOG added
                   6  run post_start hook 1 of shop-db-1            after 5       runs after the container's start
                   7  wait until shop-db-1 is up                    after 6       must be up before the container that it replaces goes
                   8  create container shop-db-pre_start-1          after 1       runs a pre_start hook of db
                   9  start container shop-db-pre_start-1           after 4,8     runs before db starts
                  10  wait until shop-db-pre_start-1 has completed  after 9       db needs it completed
                  11  create container shop-db-pre_start-2          after 1       runs a pre_start hook of db
                  12  start container shop-db-pre_start-2           after 10,11   runs before db starts
                  13  wait until shop-db-pre_start-2 has completed  after 12      db needs it completed
                  -- commit: from here on nothing is taken back --
                  14  remove container shop-db-1                                  environment.LOG added
                  15  rename the new container to shop-db-1         after 14      environment.LOG added
                  16  remove container shop-db-pre_start-1                        its hook has run
                  17  remove container shop-db-pre_start-2                        its hook has run
                """)
    }

    @Test func restartingWithADependencyRunsThem() throws {
        var stage = try Planned(
            .app("db"),
            .app("web") {
                $0.needs("db", restart: true)
                $0.runs(.postStart, "warm")
                $0.runs(.preStop, "drain")
            }
        ).up()
        stage.change("db") { $0.environment["LOG"] = "debug" }
        #expect(
            try stage.text() == """
                Plan for project shop: 1 to replace, 1 to start, 2 hooks to run
                   1  create container 43a2dd5b2f20_shop-db-1             environment.LOG added
                   2  stop container shop-db-1                 after 1,6  environment.LOG added
                   3  start container shop-db-1                after 1,2  environment.LOG added
                   4  wait until shop-db-1 is up               after 3    must be up before the container that it replaces goes
                   5  run pre_stop hook 1 of shop-web-1                   runs before the container's stop
                   6  stop container shop-web-1                after 5    restarts with what it depends on
                   7  start container shop-web-1               after 3,6  restarts with what it depends on
                   8  run post_start hook 1 of shop-web-1      after 7    runs after the container's start
                  -- commit: from here on nothing is taken back --
                   9  remove container shop-db-1                          environment.LOG added
                  10  rename the new container to shop-db-1    after 9    environment.LOG added
                """)
    }

    @Test func scalingDownRunsThoseOfTheReplicasThatGo() throws {
        var stage = HookTests.stack
        stage.change("db") { $0.scale = 2 }
        stage = try stage.up()
        stage.change("db") { $0.scale = 1 }
        #expect(
            try stage.text() == """
                Plan for project shop: 1 to remove, 2 hooks to run
                  1  run pre_stop hook 1 of shop-db-2           runs before the container's stop
                  2  run pre_stop hook 2 of shop-db-2  after 1  runs before the container's stop
                  3  stop container shop-db-2          after 2  db is to have 1 replica
                  -- commit: from here on nothing is taken back --
                  4  remove container shop-db-2                 db is to have 1 replica
                """)
    }

    @Test func scalingUpRunsNoPreStart() throws {
        var stage = try HookTests.stack.up()
        stage.change("db") { $0.scale = 2 }
        let operations = try stage.plan().prepare.map(\.action.description)
        #expect(
            operations == [
                "create container shop-db-2", "start container shop-db-2", "run post_start hook 1 of shop-db-2",
            ])
    }

    @Test func aStoppedContainerStartsWithThem() throws {
        var stage = try HookTests.stack.up()
        try stage.stop("shop-db-1")
        stage.options.onlyStart = true
        let operations = try stage.plan().prepare.map(\.action.description)
        #expect(
            operations == [
                "start container shop-db-1", "run post_start hook 1 of shop-db-1",
                "create container shop-db-pre_start-1", "start container shop-db-pre_start-1",
                "wait until shop-db-pre_start-1 has completed", "create container shop-db-pre_start-2",
                "start container shop-db-pre_start-2", "wait until shop-db-pre_start-2 has completed",
            ])
    }

    @Test func nothingToDoRunsNone() throws { #expect(try HookTests.stack.up().plan().isEmpty) }

    @Test func withoutStartNoneRuns() throws {
        var stage = HookTests.stack
        stage.options.withoutStart = true
        #expect(try stage.plan().summary == "3 to create")
    }

    @Test func perReplicaIsRefused() {
        let stage = Planned(.app("db") { $0.runs(.preStart, "seed", also: [.init("per_replica", .bool(true))]) })
        #expect(
            stage.problems() == [
                "Service db cannot start: per_replica of its pre_start hook 1 is not supported. Remove it; the hook then "
                    + "runs once, before all replicas."
            ])
    }

    // MARK: Going down

    @Test func downRunsThoseThatTheContainersWereMadeWith() throws {
        let observed = try HookTests.stack.up().observed
        #expect(
            DownPlanner.down("shop", project: nil, observed: observed).trimmed == """
                Plan for project shop: 3 to remove, 2 hooks to run
                  1  stop container shop-web-1                    the project goes down
                  2  run pre_stop hook 1 of shop-db-1  after 1    runs before the container's stop
                  3  run pre_stop hook 2 of shop-db-1  after 2    runs before the container's stop
                  4  stop container shop-db-1          after 1,3  the project goes down
                  5  remove container shop-db-1        after 4    the project goes down
                  6  remove container shop-web-1       after 1    the project goes down
                  7  remove network shop_default       after 5,6  the project goes down
                """)
        #expect(DownPlanner.stop("shop", project: nil, observed: observed).specs.count == 2)
    }

    @Test func containersThatCannotRunThemStopWithoutThem() throws {
        var stage = try HookTests.stack.up()
        for state in [ContainerState.paused, .restarting] {
            try stage.change(container: "shop-db-1") { $0.state = state }
            let plan = DownPlanner.stop("shop", project: nil, observed: stage.observed)
            #expect(plan.finish.map(\.action.description) == ["stop container shop-web-1", "stop container shop-db-1"])
        }
    }

    /// Whose hooks count: the file's for what Docker Compose made, the container's own for what Gantry made.
    @Test func theFileCountsOnlyForContainersOfDockerCompose() throws {
        var stage = try Planned(.app("web")).up()
        stage.change("web") { $0.runs(.preStop, "drain") }
        func hooks() -> Int {
            DownPlanner.stop("shop", project: stage.project, observed: stage.observed).finish.count - 1
        }
        #expect(hooks() == 0)
        try stage.change(container: "shop-web-1") { $0.labels[ComposeLabels.fields] = nil }
        #expect(hooks() == 1)
    }

    @Test func whatAnEarlierHookLeftGoesAfterTheCommit() throws {
        var stage = HookTests.stack
        let left = ContainerSummary(
            id: "left", names: ["shop-db-pre_start-1"], image: "app", imageID: "sha256:aaaaaaaaaaaaaaaa",
            state: .exited,
            labels: [
                ComposeLabels.project: "shop", ComposeLabels.service: "db", ComposeLabels.hook: "pre_start",
            ])
        stage.observed.hookContainers = [left]
        let plan = try stage.plan()
        #expect(
            plan.finish.map { "\($0.action.description): \($0.cause)" } == [
                "remove container shop-db-pre_start-2: its hook has run",
                "remove container shop-db-pre_start-3: its hook has run",
                "remove container shop-db-pre_start-1: was left by an earlier pre_start hook",
            ])
        let down = DownPlanner.down("shop", project: nil, observed: stage.observed)
        #expect(down.finish.map(\.action.description) == ["remove container shop-db-pre_start-1"])
    }

    // MARK: With what they run

    @Test func aPreStartContainerHasWhatAReplicaHasButIsNone() throws {
        let stage = Planned(
            .app("web") {
                $0.environment = ["LOG": "debug", "GONE": "1"]
                $0.ports = [Port(target: 80)]
                $0.entrypoint = ["/entry"]
                $0.user = "1000"
                $0.healthCheck = HealthCheck(test: ["CMD", "true"])
                var membership = NetworkMembership()
                membership.aliases = ["www"]
                $0.networks = ["default": membership]
                $0.runs(
                    .preStart, "seed",
                    also: [
                        .init("image", .string("tool")), .init("user", .string("0")), .init("privileged", .bool(true)),
                        .init("working_dir", .string("/srv")),
                        .init("environment", .object([.init("GONE", .null), .init("TOKEN", .string("t"))])),
                    ])
            })
        let plan = try stage.plan()
        let creation = try #require(plan.prepare.first { $0.action.description.hasSuffix("pre_start-1") })
        guard case .container(var spec)? = plan.specs[creation.id] else { return }
        plan.links[creation.id]?.resolve(&spec) { ContainerID($0.name) }
        var wanted = ContainerSpec(image: "tool")
        wanted.command = ["seed"]
        wanted.environment = ["GONE", "LOG=debug", "TOKEN=t"]
        wanted.user = "0"
        wanted.workingDirectory = "/srv"
        wanted.privileged = true
        wanted.healthCheck = HealthCheckSpec(test: ["NONE"])
        wanted.networkMode = "shop_default"
        wanted.networks = [NetworkAttachment(network: "shop_default")]
        wanted.volumesFrom = ["shop-web-1"]
        wanted.labels = [
            ComposeLabels.project: "shop", ComposeLabels.service: "web", ComposeLabels.version: "2.40.3",
            ComposeLabels.hook: "pre_start",
        ]
        #expect(spec == wanted)
        #expect(plan.pulls.map(\.reference) == ["tool"])
    }

    @Test func aHookInAContainerRunsAsItSays() throws {
        let stage = Planned(
            .app("web") {
                $0.runs(
                    .postStart, "warm",
                    also: [
                        .init("user", .string("0")), .init("privileged", .bool(true)),
                        .init("working_dir", .string("/srv")),
                        .init("environment", .object([.init("GONE", .null), .init("TOKEN", .string("t"))])),
                    ])
            })
        let plan = try stage.plan()
        let spec = ExecSpec(
            command: ["warm"], environment: ["GONE", "TOKEN=t"], user: "0", workingDirectory: "/srv", privileged: true)
        let operation = try #require(plan.prepare.first { $0.action.hook != nil })
        #expect(plan.specs[operation.id] == .hook(spec))
        // The container's label says the same to whoever stops it later.
        let labels = try #require(try stage.up().observed.containers.first?.labels)
        #expect(ContainerHooks.hooks(.postStart, labels: labels, service: nil).map { ExecSpec($0) } == [spec])
        #expect(ContainerHooks.hooks(.preStop, labels: labels, service: nil) == [])
    }

    @Test func containersWithoutHooksAreAsDockerComposeMakesThem() throws {
        let labels = try #require(
            try Planned(.app("web") { $0.runs(.preStart, "x") }).up().observed.containers.first?.labels)
        #expect(labels[ComposeLabels.hooks] == nil)
    }

    @Test func noPlanTellsWhatAHookDoes() throws {
        let stage = Planned(
            .app("web") {
                for kind in Hook.Kind.allCases {
                    $0.runs(kind, "word", also: [.init("environment", .object([.init("TOKEN", .string("word"))]))])
                }
            })
        let plan = try stage.up().recreatingPlan()
        #expect(!plan.description.contains("word"))
    }
}

extension Planned {
    fileprivate func recreatingPlan() throws -> Plan {
        var stage = self
        stage.options.recreate = .always
        return try stage.plan()
    }
}
