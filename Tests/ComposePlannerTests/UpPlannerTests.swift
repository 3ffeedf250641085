import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// The plans of the situations that people meet, as text.
@Suite struct UpPlannerTests {
    /// A database, a migration that waits for it, and a web service that waits for both.
    private static let tiers = Planned(
        .app("db") {
            $0.healthCheck = HealthCheck(test: ["CMD", "true"])
            $0.volumes = [Mount(.volume, source: "data", target: "/data")]
        },
        .app("migrate") { $0.needs("db", .healthy) },
        .app("web") {
            $0.needs("db", .healthy)
            $0.needs("migrate", .completed)
        },
        also: { $0.volumes["data"] = Volume(key: "data", name: "shop_data") })

    // MARK: Bringing up

    @Test func nothingIsThere() throws {
        #expect(
            try UpPlannerTests.tiers.text() == """
                Plan for project shop: 5 to create
                   1  create network shop_default                           is not there yet
                   2  create volume shop_data                               is not there yet
                   3  create container shop-db-1               after 1,2    is not there yet
                   4  start container shop-db-1                after 3      is not there yet
                   5  create container shop-migrate-1          after 1      is not there yet
                   6  wait until shop-db-1 is healthy          after 4      migrate needs it healthy
                   7  start container shop-migrate-1           after 5,6    is not there yet
                   8  create container shop-web-1              after 1      is not there yet
                   9  wait until shop-migrate-1 has completed  after 7      web needs it completed
                  10  start container shop-web-1               after 6,8,9  is not there yet
                """)
    }

    @Test func everythingIsThere() throws {
        let plan = try UpPlannerTests.tiers.up().plan()
        #expect(plan.isEmpty)
        #expect(plan.description == "Project shop is as declared: nothing to do.")
        #expect(plan.members.map(\.service) == ["db", "migrate", "web"])
        #expect(plan.members.allSatisfy { !$0.isStarted })
    }

    @Test func aChangedVariableIsNamed() throws {
        var stage = try UpPlannerTests.tiers.up()
        stage.change("web") { $0.environment["LOG"] = "debug" }
        #expect(
            try stage.text() == """
                Plan for project shop: 1 to replace
                  1  create container 830b8dee8da8_shop-web-1               environment.LOG added
                  2  wait until shop-migrate-1 has completed                web needs it completed
                  3  stop container shop-web-1                 after 1,2    environment.LOG added
                  4  start container shop-web-1                after 1,2,3  environment.LOG added
                  5  wait until shop-web-1 is up               after 4      must be up before the container that it replaces goes
                  -- commit: from here on nothing is taken back --
                  6  remove container shop-web-1                            environment.LOG added
                  7  rename the new container to shop-web-1    after 6      environment.LOG added
                """)
        stage.observed = try stage.recreated().observed
        #expect(try stage.plan().isEmpty)
        stage.change("web") { $0.environment["LOG"] = "trace" }
        #expect(try stage.text().contains("environment.LOG changed"))
        stage.change("web") { $0.environment["LOG"] = nil }
        #expect(try stage.text().contains("environment.LOG removed"))
    }

    @Test func withoutOurLabelTheHashesAreTheReason() throws {
        var stage = try UpPlannerTests.tiers.up()
        try stage.change(container: "shop-web-1") {
            $0.labels[ComposeLabels.fields] = nil
            $0.labels[ComposeLabels.configHash] = "0123456789abcdef"
        }
        #expect(try stage.text().contains("configuration changed (0123456789ab -> "))
    }

    @Test func aNewImageReplacesAllThatUseIt() throws {
        var stage = try UpPlannerTests.tiers.up()
        stage.observed.images["app"]?.id = "sha256:bbbbbbbbbbbbbbbb"
        #expect(
            try stage.text() == """
                Plan for project shop: 3 to replace
                   1  create container 43a2dd5b2f20_shop-db-1                         image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                   2  stop container shop-db-1                      after 1           image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                   3  start container shop-db-1                     after 1,2         image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                   4  wait until shop-db-1 is up                    after 3           must be up before the container that it replaces goes
                   5  create container cdf80910063f_shop-migrate-1                    image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                   6  wait until shop-db-1 is healthy               after 3           migrate needs it healthy
                   7  stop container shop-migrate-1                 after 5,6         image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                   8  start container shop-migrate-1                after 5,6,7       image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                   9  wait until shop-migrate-1 is up               after 8           must be up before the container that it replaces goes
                  10  create container 830b8dee8da8_shop-web-1                        image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                  11  wait until shop-migrate-1 has completed       after 8           web needs it completed
                  12  stop container shop-web-1                     after 6,10,11     image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                  13  start container shop-web-1                    after 6,10,11,12  image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                  14  wait until shop-web-1 is up                   after 13          must be up before the container that it replaces goes
                  -- commit: from here on nothing is taken back --
                  15  remove container shop-db-1                                      image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                  16  rename the new container to shop-db-1         after 15          image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                  17  remove container shop-migrate-1                                 image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                  18  rename the new container to shop-migrate-1    after 17          image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                  19  remove container shop-web-1                                     image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                  20  rename the new container to shop-web-1        after 19          image changed aaaaaaaaaaaa -> bbbbbbbbbbbb
                """)
    }

    /// Docker Compose labels with a manifest's digest where the engine has manifests.
    @Test func anotherDigestOfTheSameImageIsNoChange() throws {
        var stage = try UpPlannerTests.tiers.up()
        try stage.change(container: "shop-web-1") { $0.labels[ComposeLabels.image] = "sha256:cccc" }
        #expect(try stage.plan().isEmpty)
    }

    @Test func forcedRecreationIsForTheServicesNamed() throws {
        var stage = try UpPlannerTests.tiers.up()
        stage.options.recreate = .always
        stage.options.services = ["web"]
        #expect(
            try stage.text() == """
                Plan for project shop: 1 to replace
                  1  create container 830b8dee8da8_shop-web-1               recreation was asked for
                  2  wait until shop-migrate-1 has completed                web needs it completed
                  3  stop container shop-web-1                 after 1,2    recreation was asked for
                  4  start container shop-web-1                after 1,2,3  recreation was asked for
                  5  wait until shop-web-1 is up               after 4      must be up before the container that it replaces goes
                  -- commit: from here on nothing is taken back --
                  6  remove container shop-web-1                            recreation was asked for
                  7  rename the new container to shop-web-1    after 6      recreation was asked for
                """)
        stage.options.services = []
        #expect(try stage.plan().summary == "3 to replace")
    }

    @Test func noRecreationLeavesWhatDiffers() throws {
        var stage = try UpPlannerTests.tiers.up()
        stage.change("web") { $0.environment["LOG"] = "debug" }
        stage.options.recreate = .never
        #expect(try stage.plan().isEmpty)
    }

    @Test func whatHasStoppedIsStarted() throws {
        var stage = try UpPlannerTests.tiers.up()
        try stage.stop("shop-web-1", code: 1)
        #expect(
            try stage.text() == """
                Plan for project shop: 1 to start
                  1  wait until shop-migrate-1 has completed           web needs it completed
                  2  start container shop-web-1               after 1  is exited
                """)
    }

    @Test func waitingEndsWithEveryServiceUp() throws {
        var stage = UpPlannerTests.tiers
        stage.options.wait = true
        #expect(
            try stage.plan().prepare.suffix(1).map { "\($0.action.description) after \($0.needs)" }
                == ["wait until shop-web-1 is up after [10]"])
        stage = try stage.up()
        // The database is known to be healthy; of the others only time can tell.
        #expect(
            try stage.text() == """
                Plan for project shop: 2 to wait for
                  1  wait until shop-migrate-1 is up    the command waits for it
                  2  wait until shop-web-1 is up        the command waits for it
                """)
    }

    @Test func creatingStartsAndAwaitsNothing() throws {
        var stage = UpPlannerTests.tiers
        stage.options.withoutStart = true
        #expect(
            try stage.text() == """
                Plan for project shop: 5 to create
                  1  create network shop_default                 is not there yet
                  2  create volume shop_data                     is not there yet
                  3  create container shop-db-1       after 1,2  is not there yet
                  4  create container shop-migrate-1  after 1    is not there yet
                  5  create container shop-web-1      after 1    is not there yet
                """)
        stage = try UpPlannerTests.tiers.up()
        stage.options.withoutStart = true
        stage.change("web") { $0.environment["LOG"] = "debug" }
        let actions = try stage.plan().prepare.map(\.action.description)
        #expect(actions == ["create container 830b8dee8da8_shop-web-1", "stop container shop-web-1"])
    }

    @Test func startingMakesNothing() throws {
        var stage = try UpPlannerTests.tiers.up()
        stage.options.onlyStart = true
        stage.change("web") { $0.environment["LOG"] = "debug" }
        stage.change("db") { $0.scale = 3 }
        try stage.stop("shop-web-1")
        try stage.stop("shop-db-1")
        #expect(
            try stage.text() == """
                Plan for project shop: 2 to start
                  1  start container shop-db-1                           is exited
                  2  wait until shop-db-1 is healthy          after 1    web needs it healthy
                  3  wait until shop-migrate-1 has completed             web needs it completed
                  4  start container shop-web-1               after 2,3  is exited
                """)
    }

    @Test func withoutDependenciesTheyAreLeftAlone() throws {
        var stage = UpPlannerTests.tiers
        stage.options.services = ["web"]
        stage.options.withoutDependencies = true
        #expect(
            try stage.plan().prepare.map(\.action.description)
                == ["create network shop_default", "create container shop-web-1", "start container shop-web-1"])
    }

    // MARK: Dependencies

    @Test func anOptionalDependencyMayFailOrBeMissing() throws {
        let stage = Planned(
            .app("opt") { $0.healthCheck = HealthCheck(test: ["CMD", "true"]) },
            .app("web") {
                $0.needs("opt", .healthy, required: false)
                $0.needs("gone", required: false)
            })
        let plan = try stage.plan()
        #expect(plan.prepare.filter(\.isOptional).map(\.action.description) == ["wait until shop-opt-1 is healthy"])
        #expect(plan.prepare.last?.needs == [OperationID(4), OperationID(5)])
    }

    @Test func whatSharesANamespaceIsReplacedAndWhatAsksForItRestarts() throws {
        var stage = Planned(
            .app("api"), .app("proxy") { $0.needs("api", restart: true) },
            .app("side") {
                $0.networks = [:]
                $0.networkMode = "service:api"
                $0.needs("api")
            })
        #expect(
            try stage.text() == """
                Plan for project shop: 4 to create
                  1  create network shop_default               is not there yet
                  2  create container shop-api-1    after 1    is not there yet
                  3  start container shop-api-1     after 2    is not there yet
                  4  create container shop-proxy-1  after 1    is not there yet
                  5  start container shop-proxy-1   after 3,4  is not there yet
                  6  create container shop-side-1   after 2    is not there yet
                  7  start container shop-side-1    after 3,6  is not there yet
                """)
        stage = try stage.up()
        #expect(try stage.plan().isEmpty)
        stage.change("api") { $0.command = ["serve"] }
        #expect(
            try stage.text() == """
                Plan for project shop: 2 to replace, 1 to start
                   1  create container 830b8cbda2ee_shop-api-1                command added
                   2  stop container shop-api-1                  after 1,5    command added
                   3  start container shop-api-1                 after 1,2    command added
                   4  wait until shop-api-1 is up                after 3      must be up before the container that it replaces goes
                   5  stop container shop-proxy-1                             restarts with what it depends on
                   6  start container shop-proxy-1               after 3,5    restarts with what it depends on
                   7  create container de662949dd8b_shop-side-1  after 1      shares a namespace or volumes with api, which is replaced
                   8  stop container shop-side-1                 after 3,7    shares a namespace or volumes with api, which is replaced
                   9  start container shop-side-1                after 3,7,8  shares a namespace or volumes with api, which is replaced
                  10  wait until shop-side-1 is up               after 9      must be up before the container that it replaces goes
                  -- commit: from here on nothing is taken back --
                  11  remove container shop-api-1                             command added
                  12  rename the new container to shop-api-1     after 11     command added
                  13  remove container shop-side-1                            shares a namespace or volumes with api, which is replaced
                  14  rename the new container to shop-side-1    after 13     shares a namespace or volumes with api, which is replaced
                """)
    }

    /// Restarting passes on, and the stops come in reverse order.
    @Test func restartingReachesTheDependentsOfDependents() throws {
        var stage = try Planned(
            .app("a"), .app("b") { $0.needs("a", restart: true) }, .app("c") { $0.needs("b", restart: true) }
        ).up()
        stage.change("a") { $0.command = ["serve"] }
        try stage.stop("shop-a-1")
        let plan = try stage.plan()
        #expect(
            plan.prepare.filter { $0.action.description.contains("b-1") || $0.action.description.contains("c-1") }
                .map { "\($0.action.description) after \($0.needs)" } == [
                    "stop container shop-b-1 after [6]", "start container shop-b-1 after [2, 4]",
                    "stop container shop-c-1 after []", "start container shop-c-1 after [5, 6]",
                ])
    }

    /// Until it is up, a replacement may not take its predecessor's place, whoever else waits for it.
    @Test func everyReplacementIsAwaited() throws {
        var stage = try UpPlannerTests.tiers.up()
        stage.options.recreate = .always
        let plan = try stage.plan()
        let started = plan.prepare.filter { if case .startContainer = $0.action { true } else { false } }
        for start in started {
            #expect(
                plan.prepare.contains {
                    if case .awaitContainer(_, .up) = $0.action { $0.needs.contains(start.id) } else { false }
                }, "\(start.action.description)")
        }
    }

    // MARK: Replicas, orphans

    @Test func replicasComeAndGo() throws {
        var stage = Planned(.app("web") { $0.scale = 2 })
        #expect(
            try stage.text() == """
                Plan for project shop: 3 to create
                  1  create network shop_default           is not there yet
                  2  create container shop-web-1  after 1  is not there yet
                  3  start container shop-web-1   after 2  is not there yet
                  4  create container shop-web-2  after 1  is not there yet
                  5  start container shop-web-2   after 4  is not there yet
                """)
        stage = try stage.up()
        stage.options.scale = ["web": 3]
        #expect(
            try stage.text() == """
                Plan for project shop: 1 to create
                  1  create container shop-web-3           scaled up
                  2  start container shop-web-3   after 1  scaled up
                """)
        stage.options.scale = ["web": 1]
        #expect(
            try stage.text() == """
                Plan for project shop: 1 to remove
                  1  stop container shop-web-2      web is to have 1 replica
                  -- commit: from here on nothing is taken back --
                  2  remove container shop-web-2    web is to have 1 replica
                """)
    }

    @Test func whatDiffersGoesFirst() throws {
        var stage = try Planned(.app("web") { $0.scale = 3 }).up()
        try stage.change(container: "shop-web-1") { $0.labels[ComposeLabels.configHash] = "old" }
        stage.options.scale = ["web": 2]
        #expect(try stage.plan().finish.map(\.action.description) == ["remove container shop-web-1"])
    }

    @Test func orphansAreNamedAndRemovedOnRequest() throws {
        var stage = try Planned(
            .app("a"), .app("b") { $0.ports = [Port(target: 80, published: "8080")] }
        ).up()
        stage.project.services["b"] = nil
        stage.project.services["c"] = .app("c") { $0.ports = [Port(target: 80, published: "8080")] }
        let plan = try stage.plan()
        #expect(plan.notices.count == 1)
        #expect(plan.notices.first?.contains("Found orphan containers (shop-b-1)") == true)
        #expect(plan.finish == [])
        stage.options.removeOrphans = true
        // The new container gets the host port of the orphan, so it starts after that has stopped.
        #expect(
            try stage.text() == """
                Plan for project shop: 1 to create, 1 to remove
                  1  stop container shop-b-1               no service of the project has it any more
                  2  create container shop-c-1             is not there yet
                  3  start container shop-c-1   after 1,2  is not there yet
                  -- commit: from here on nothing is taken back --
                  4  remove container shop-b-1             no service of the project has it any more
                """)
        stage.project.disabledServices = ["b"]
        #expect(try stage.plan().finish == [])
    }

    // MARK: What an interrupted replacement left

    @Test func aLeftoverBesideItsPredecessorGoes() throws {
        let (before, wanted) = try UpPlannerTests.interrupted(keepingPredecessor: true)
        #expect(
            try before.text() == """
                Plan for project shop: 1 to remove
                  1  stop container 830b8dee8da8_shop-web-1      was left by an interrupted replacement
                  -- commit: from here on nothing is taken back --
                  2  remove container 830b8dee8da8_shop-web-1    was left by an interrupted replacement
                """)
        // A second attempt needs another name for its container.
        #expect(
            try wanted.text() == """
                Plan for project shop: 1 to replace, 1 to remove
                  1  stop container 830b8dee8da8_shop-web-1                was left by an interrupted replacement
                  2  create container 830b8dee8da8__shop-web-1             command added
                  3  stop container shop-web-1                  after 2    command added
                  4  start container shop-web-1                 after 2,3  command added
                  5  wait until shop-web-1 is up                after 4    must be up before the container that it replaces goes
                  -- commit: from here on nothing is taken back --
                  6  remove container 830b8dee8da8_shop-web-1              was left by an interrupted replacement
                  7  remove container shop-web-1                           command added
                  8  rename the new container to shop-web-1     after 7    command added
                """)
    }

    @Test func aLeftoverAloneGetsItsName() throws {
        let (_, wanted) = try UpPlannerTests.interrupted(keepingPredecessor: false)
        #expect(
            try wanted.text() == """
                Plan for project shop: 1 to rename
                  1  rename container 830b8dee8da8_shop-web-1 to shop-web-1    was left by an interrupted replacement
                """)
    }

    /// A replacement that ended between its commit and its last step, its journal lost.
    private static func interrupted(keepingPredecessor: Bool) throws -> (before: Planned, wanted: Planned) {
        var before = try Planned(.app("web")).up()
        var wanted = before
        wanted.change("web") { $0.command = ["serve"] }
        wanted.observed.containers = try wanted.recreated(renaming: false).observed.containers
        if keepingPredecessor { wanted.observed.containers += before.observed.containers }
        before.observed = wanted.observed
        return (before, wanted)
    }

    // MARK: Determinism

    /// What is observed comes in any order, and so do a dictionary's elements.
    @Test func theOrderOfWhatIsObservedDoesNotMatter() throws {
        var stage = try Planned(
            .app("a") { $0.scale = 3 }, .app("b") { $0.needs("a") }, .app("c") { $0.needs("a", .healthy) }, .app("d")
        ).up()
        stage.project.services["d"] = nil
        stage.options.removeOrphans = true
        stage.options.recreate = .always
        let text = try stage.text()
        for _ in 0..<20 {
            stage.observed.containers.shuffle()
            stage.project.services = Dictionary(uniqueKeysWithValues: stage.project.services.shuffled())
            #expect(try stage.text() == text)
            #expect(try stage.plan() == stage.plan())
        }
    }
}
