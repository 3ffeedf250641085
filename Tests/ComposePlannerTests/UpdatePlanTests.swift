import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// How `update_config` and `rollback_config` show in plans.
@Suite struct UpdatePlanTests {
    /// A service of `count` replicas that run, whose configuration has changed.
    private func changed(
        _ count: Int = 2, also configure: (inout Service) -> Void = { _ in },
        _ update: (inout Deployment.UpdateOrder) -> Void
    ) throws -> Planned {
        var config = Deployment.UpdateOrder()
        update(&config)
        var stage = try Planned(
            .app("web") { service in
                service.scale = count
                service.deploy = Deployment()
                service.deploy?.update = config
                configure(&service)
            }
        ).up()
        stage.change("web") { $0.environment["A"] = "1" }
        return stage
    }

    // MARK: Order, parallelism, delay, monitor

    @Test func stopFirstGoesOneAtATimeWithADelayBetween() throws {
        #expect(
            try changed { $0.delay = ComposeDuration("10s") }.text() == """
                Plan for project shop: 2 to replace
                   1  create container 830b8dee8da8_shop-web-1               environment.A added
                   2  stop container shop-web-1                 after 1      environment.A added
                   3  start container shop-web-1                after 1,2    environment.A added
                   4  wait until shop-web-1 is up               after 3      must be up before the container that it replaces goes
                   5  create container 830b8dee8da9_shop-web-2               environment.A added
                   6  wait 10s before more of web               after 4      deploy.update_config.delay
                   7  stop container shop-web-2                 after 5,6    environment.A added
                   8  start container shop-web-2                after 5,6,7  environment.A added
                   9  wait until shop-web-2 is up               after 8      must be up before the container that it replaces goes
                  -- commit: from here on nothing is taken back --
                  10  remove container shop-web-1                            environment.A added
                  11  rename the new container to shop-web-1    after 10     environment.A added
                  12  remove container shop-web-2                            environment.A added
                  13  rename the new container to shop-web-2    after 12     environment.A added
                """)
    }

    @Test func startFirstGivesNamesWhenReadyAndStopsAfterThat() throws {
        #expect(
            try changed(
                1,
                also: {
                    $0.runs(.postStart, "warm"); $0.runs(.preStop, "drain")
                }
            ) {
                $0.order = "start-first"
                $0.monitor = ComposeDuration("5s")
            }.text() == """
                Plan for project shop: 1 to replace, 2 hooks to run
                   1  create container 830b8dee8da8_shop-web-1             environment.A added
                   2  start container shop-web-1                after 1    environment.A added
                   3  run post_start hook 1 of shop-web-1       after 2    runs after the container's start
                   4  wait until shop-web-1 is up               after 3    must be up before the container that it replaces goes
                   5  give shop-web-1 its names                 after 4    is ready to be found as web
                   6  watch shop-web-1 for 5s                   after 5    deploy.update_config.monitor
                   7  run pre_stop hook 1 of shop-web-1         after 6    runs before the container's stop
                   8  stop container shop-web-1                 after 6,7  environment.A added
                  -- commit: from here on nothing is taken back --
                   9  remove container shop-web-1                          environment.A added
                  10  rename the new container to shop-web-1    after 9    environment.A added
                """)
    }

    @Test func aReplicaAddedToOthersIsNamedWhenReady() throws {
        var stage = try changed { $0.order = "start-first" }
        stage.change("web") { $0.environment = [:] }
        stage.options.scale = ["web": 3]
        #expect(
            try stage.text() == """
                Plan for project shop: 1 to create
                  1  create container shop-web-3           scaled up
                  2  start container shop-web-3   after 1  scaled up
                  3  wait until shop-web-3 is up  after 2  must be up before others find it
                  4  give shop-web-3 its names    after 3  is ready to be found as web
                  5  check shop-web-3 again       after 4  was attached anew
                """)
    }

    /// What has stopped goes on when it is its turn.
    @Test(arguments: [(0, [4]), (1, [1, 1, 1, 1]), (2, [2, 2]), (3, [3, 1]), (9, [4])])
    func batchesAreAsLargeAsSaid(parallelism: Int, sizes: [Int]) throws {
        for order in ["stop-first", "start-first"] {
            let plan = try changed(4) {
                $0.parallelism = parallelism
                $0.order = order
                $0.delay = ComposeDuration("1s")
            }.plan()
            let delays = plan.prepare.filter { if case .delay = $0.action { true } else { false } }
            #expect(delays.count == sizes.count - 1)
            // As many end before each delay as are in the batch.
            #expect(delays.map(\.needs.count) == sizes.dropLast())
        }
    }

    @Test func withoutAWordAllAreReplacedAtOnce() throws {
        var plain = try changed(3, also: { $0.deploy = nil }) { _ in }
        let plan = try plain.plan()
        #expect(plan.prepare.allSatisfy { $0.update == nil })
        plain.change("web") { $0.deploy = Deployment() }
        #expect(try plain.plan().prepare.map(\.action) == plan.prepare.map(\.action))
    }

    @Test func whatIsMadeButNotStartedIsMadeAtOnce() throws {
        var stage = try changed { $0.order = "start-first" }
        stage.options.withoutStart = true
        let plan = try stage.plan()
        #expect(plan.prepare.count { if case .stopContainer = $0.action { $0.needs.count == 1 } else { false } } == 2)
    }

    // MARK: Names

    private func aliases(_ plan: Plan) -> [[String]] {
        plan.prepare.compactMap { operation in
            if case .container(let spec)? = plan.specs[operation.id] { return spec.networks.flatMap(\.aliases) }
            return nil
        }
    }

    @Test func onlyWhatStartsBesideOthersIsMadeWithoutNames() throws {
        let plan = try changed(1) { $0.order = "start-first" }.plan()
        #expect(aliases(plan) == [[]])
        let announcement = try #require(
            plan.prepare.first { if case .announceContainer = $0.action { true } else { false } })
        #expect(
            plan.specs[announcement.id]
                == .attachments([NetworkAttachment(network: "shop_default", aliases: ["shop-web-1", "web"])]))
        #expect(try aliases(changed(1) { _ in }.plan()) == [["shop-web-1", "web"]])
        // Where none runs, nobody could take it for another.
        var stopped = try changed(1) { $0.order = "start-first" }
        try stopped.stop("shop-web-1")
        #expect(try aliases(stopped.plan()) == [["shop-web-1", "web"]])
    }

    // MARK: What cannot be

    @Test(arguments: ["publishes port 8080", "has a fixed address in network default", "has a mac_address"])
    func whatTwoCannotHaveIsUpdatedStopFirst(reason: String) throws {
        func configure(_ service: inout Service) {
            var membership = NetworkMembership()
            membership.ipv4Address = "10.0.0.9"
            if reason.contains("port") { service.ports = [Port(target: 80, published: "8080")] }
            if reason.contains("fixed") { service.networks = ["default": membership] }
            if reason.contains("mac") { service.macAddress = "02:00:00:00:00:01" }
        }
        let plan = try changed(1, also: configure) { $0.order = "start-first" }.plan()
        #expect(plan.notices.count == 1)
        #expect(plan.notices[0].hasPrefix("Service web \(reason)"))
        #expect(plan.notices[0].contains("so it is updated stop-first; leave"))
        #expect(!plan.prepare.contains { if case .announceContainer = $0.action { true } else { false } })
    }

    @Test func aPortOfTheEnginesChoiceIsNoObstacle() throws {
        let ports = [Port(target: 80), Port(target: 81, published: "0")]
        #expect(try changed(1, also: { $0.ports = ports }) { $0.order = "start-first" }.plan().notices == [])
    }

    @Test func withoutANetworkThereAreNoNamesToGive() throws {
        let plan = try changed(
            1,
            also: {
                $0.networkMode = "host"; $0.networks = [:]
            }
        ) { $0.order = "start-first" }.plan()
        #expect(plan.notices == [])
        #expect(plan.prepare.last?.action.description == "stop container shop-web-1")
        #expect(!plan.prepare.contains { if case .announceContainer = $0.action { true } else { false } })
    }

    // MARK: What others of the project do

    /// They restart when the new one has its names, not for as long as it comes up.
    @Test func dependentsRestartAfterAStartFirstUpdate() throws {
        var stage = try changed(1) { $0.order = "start-first" }
        stage.project.services["proxy"] = .app("proxy") { $0.needs("web", restart: true) }
        stage.change("web") { $0.environment = [:] }
        stage = try stage.up()
        stage.change("web") { $0.environment["A"] = "1" }
        let plan = try stage.plan()
        let stops = plan.prepare.filter { if case .stopContainer = $0.action { true } else { false } }
        #expect(stops.map(\.action.description) == ["stop container shop-web-1", "stop container shop-proxy-1"])
        #expect(stops[1].needs == [stops[0].id])
    }

    @Test func aHookBeforeTheStartRunsBeforeTheFirstReplicaGoes() throws {
        let plan = try changed(2, also: { $0.runs(.preStart, "migrate") }) { _ in }.plan()
        let hook = try #require(
            plan.prepare.first { if case .awaitContainer(_, .completed) = $0.action { true } else { false } })
        let stops = plan.prepare.filter { if case .stopContainer = $0.action { true } else { false } }
        #expect(stops.count == 2 && stops.allSatisfy { $0.needs.contains(hook.id) })
    }

    // MARK: Failures

    @Test(
        arguments: [
            (nil, nil, nil), ("rollback", nil, nil), ("pause", nil, UpdateTolerance(failures: 0, pauses: true)),
            ("continue", nil, UpdateTolerance(failures: 3, pauses: false)),
            (nil, 0.5, UpdateTolerance(failures: 2, pauses: false)), (nil, 0.2, nil),
            ("pause", 0.25, UpdateTolerance(failures: 1, pauses: true)),
            (nil, 1, UpdateTolerance(failures: 3, pauses: false)),
        ] as [(String?, Double?, UpdateTolerance?)])
    func failuresAreToleratedAsSaid(action: String?, ratio: Double?, tolerance: UpdateTolerance?) throws {
        let plan = try changed(4) {
            $0.failureAction = action
            $0.maximumFailureRatio = ratio
        }.plan()
        #expect(plan.tolerances["web"] == tolerance)
        #expect(plan.notices == [])
    }

    @Test func whatOthersShareIsNotKeptSingly() throws {
        var stage = try changed(2) { $0.failureAction = "continue" }
        stage.project.services["sidecar"] = .app("sidecar") {
            $0.networks = [:]
            $0.networkMode = "service:web"
        }
        let plan = try stage.plan()
        #expect(plan.tolerances == [:])
        #expect(plan.notices.contains { $0.contains("sidecar shares a namespace or volumes with it") })
    }

    /// What is left to do is about the others; the predecessor is the project's container.
    @Test func aWithdrawnReplicaIsWhatItWas() throws {
        let stage = try changed(2) { $0.failureAction = "continue" }
        let plan = try stage.plan()
        let rest = plan.withdrawing([Replica(service: "web", number: 2)])
        #expect(
            rest.finish.map(\.action.description) == [
                "remove container shop-web-1", "rename the new container to shop-web-1",
            ])
        #expect(rest.members.map(\.handle)[1] == stage.observed.containers.first { $0.number == 2 }?.handle)
        #expect(rest.members[0] == plan.members[0])
    }

    // MARK: After a failure that was kept

    /// A replacement that runs and whose predecessor has stopped, as a failure elsewhere left it; its configuration is
    /// `A=1`.
    private func kept(_ update: (inout Deployment.UpdateOrder) -> Void) throws -> Planned {
        var stage = try changed(1, update)
        let old = stage.observed.containers
        stage = try stage.recreated(renaming: false)
        stage.observed.containers += old
        try stage.stop("shop-web-1")
        return stage
    }

    @Test func whatServesIsAdoptedOnceItIsFoundToBeUp() throws {
        #expect(
            try kept { $0.order = "start-first" }.text() == """
                Plan for project shop: 1 to remove, 1 to rename
                  1  wait until shop-web-1 is up                                      was left by an interrupted replacement
                  2  give shop-web-1 its names                               after 1  is ready to be found as web
                  3  check shop-web-1 again                                  after 2  was attached anew
                  -- commit: from here on nothing is taken back --
                  4  remove container shop-web-1                                      was left by an interrupted replacement
                  5  rename container 830b8dee8da8_shop-web-1 to shop-web-1  after 4  was left by an interrupted replacement
                """)
    }

    @Test(arguments: ["start-first", "stop-first"], [true, false])
    func whatServesIsReplacedAsItsServiceSays(order: String, isSick: Bool) throws {
        var stage = try kept { $0.order = order }
        let serving = "830b8dee8da8_shop-web-1"
        if isSick {
            try stage.change(container: serving) { $0.status = "Up 1 minute (unhealthy)" }
        } else {
            stage.change("web") { $0.environment["A"] = "2" }
        }
        let plan = try stage.plan()
        let acts = plan.prepare.map(\.action.description)
        let stop = try #require(acts.firstIndex(of: "stop container \(serving)"))
        let start = try #require(acts.firstIndex(of: "start container shop-web-1"))
        #expect((start < stop) == (order == "start-first"))
        #expect(acts.count { $0.hasPrefix("stop ") } == 1)
        // The name is free when the old one has gone that has it.
        let rename = try #require(plan.finish.first { $0.action.description.hasPrefix("rename the new") })
        let freed = plan.finish.filter { rename.needs.contains($0.id) }.map(\.action.description)
        #expect(freed.sorted() == ["remove container \(serving)", "remove container shop-web-1"])
    }

    @Test func theOldOneStaysTheReplicaWhileItRuns() throws {
        var stage = try kept { $0.order = "start-first" }
        try stage.change(container: "shop-web-1") { ($0.state, $0.status) = (.running, "Up 1 minute") }
        let removed = try stage.plan().finish.map(\.action.description)
        #expect(removed.first == "remove container 830b8dee8da8_shop-web-1")
        #expect(removed.last == "rename the new container to shop-web-1")
    }

    // MARK: Taking back

    @Test(
        arguments: [
            ("stop-first", nil, nil), ("start-first", nil, UpdatePolicy(.startFirst)),
            ("stop-first", "start-first", UpdatePolicy(.startFirst, parallelism: 1, delay: .seconds(2))),
            ("start-first", "stop-first", UpdatePolicy(.stopFirst, parallelism: 1, delay: .seconds(2))),
        ] as [(String, String?, UpdatePolicy?)])
    func theJournalKnowsHowReplicasAreTakenBack(order: String, back: String?, policy: UpdatePolicy?) throws {
        let plan = try changed(
            2,
            also: { service in
                service.deploy?.rollback = back.map { back in
                    var rollback = Deployment.UpdateOrder()
                    rollback.order = back
                    rollback.delay = ComposeDuration("2s")
                    return rollback
                }
            }
        ) { $0.order = order }.plan()
        let stops = plan.prepare.filter { if case .stopContainer = $0.action { true } else { false } }
        #expect(stops.map(\.update?.replica.number) == [1, 2])
        #expect(stops.allSatisfy { $0.update?.rollback == policy })
    }
}
