import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// What labels alone tell of an interrupted replacement.
@Suite struct RecoveryPlannerTests {
    private static let temporary = "aaaaaaaaaaaa_shop-web-1"

    private static func container(
        _ name: String, id: String, _ state: ContainerState, service: String = "web", transaction: String? = nil,
        replaces: Bool = false, needs: String = "", created: Int64 = 0, order: String? = nil
    ) throws -> ObservedContainer {
        var labels = [ComposeLabels.service: service, ComposeLabels.configHash: "hash"]
        labels[ComposeLabels.transaction] = transaction
        labels[ComposeLabels.dependsOn] = needs
        labels[ComposeLabels.rollbackOrder] = order
        if replaces { labels[ComposeLabels.replace] = "\(service)-1" }
        let identifier = ContainerID(id + String(repeating: "0", count: 64 - id.count))
        return try #require(
            ObservedContainer(
                ContainerSummary(
                    id: identifier, names: [name], image: "app", imageID: "sha256:1",
                    created: EngineTime(nanoseconds: created), state: state, labels: labels)))
    }

    private static func old(_ state: ContainerState) throws -> ObservedContainer {
        try container("shop-web-1", id: "aaaaaaaaaaaa", state, transaction: "t0")
    }

    private static func new(
        _ state: ContainerState, name: String = temporary, transaction: String? = "t1"
    ) throws -> ObservedContainer {
        try container(name, id: "bbbbbbbbbbbb", state, transaction: transaction, replaces: true, created: 100)
    }

    /// The plan's operations, and its notices.
    private static func plan(
        _ containers: [ObservedContainer], known: Set<String> = [], stoppedAt: Int64? = 200
    ) -> [String] {
        let observed = ObservedState(containers: containers)
        var ended: [ContainerID: EngineTime] = [:]
        for container in RecoveryPlanner.predecessors(in: observed) {
            ended[container.id] = stoppedAt.map { EngineTime(nanoseconds: $0) }
        }
        let plan = RecoveryPlanner.plan("shop", observed: observed, known: known, ended: ended)
        return plan.prepare.map(\.action.description) + ["--"] + plan.finish.map(\.action.description) + plan.notices
    }

    private static let remove = "remove container \(temporary)"

    /// Where a network was made anew, stops come before the creation, and the old network may be gone.
    @Test func whatCannotStartAgainIsSaid() throws {
        var summary = try Self.old(.exited).summary
        summary.networks = ["shop_default": "gone", "outer": "elsewhere"]
        let old = try #require(ObservedContainer(summary))
        let told = Self.plan([old, try Self.new(.created)])
        #expect(told.prefix(2) == ["--", Self.remove])
        #expect(told.count == 3 && told[2].contains("network that it was on is gone") && told[2].contains("gantry up"))
    }

    @Test func aReplacementGoesAndWhatItStoppedStartsAgain() throws {
        let stop = "stop container \(Self.temporary)"
        let expected = [stop, "start container shop-web-1", "wait until shop-web-1 is up", "--", Self.remove]
        #expect(Self.plan([try Self.old(.exited), try Self.new(.running)]) == expected)
        // Killed before either was stopped or started.
        #expect(Self.plan([try Self.old(.running), try Self.new(.created)]) == ["--", Self.remove])
        // A second attempt at it.
        let second = try Self.new(.created, name: "aaaaaaaaaaaa__shop-web-1")
        #expect(
            Self.plan([try Self.old(.running), second]) == ["--", "remove container aaaaaaaaaaaa__shop-web-1"])
    }

    @Test func whatHadStoppedBeforeStaysStopped() throws {
        #expect(
            Self.plan([try Self.old(.exited), try Self.new(.created)], stoppedAt: 50) == [
                "--", Self.remove,
                "Container shop-web-1 is stopped, perhaps by the same command. If it is to run, `gantry up` starts it.",
            ])
        #expect(Self.plan([try Self.old(.created), try Self.new(.created)], stoppedAt: nil).contains(Self.remove))
    }

    @Test func dependenciesStartFirst() throws {
        let db = try Self.container("shop-db-1", id: "cccccccccccc", .exited, service: "db")
        let newDB = try Self.container(
            "cccccccccccc_shop-db-1", id: "dddddddddddd", .created, service: "db", transaction: "t1", replaces: true)
        let web = try Self.container("shop-api-1", id: "eeeeeeeeeeee", .exited, service: "api", needs: "db:x:true")
        let newWeb = try Self.container(
            "eeeeeeeeeeee_shop-api-1", id: "ffffffffffff", .created, service: "api", transaction: "t1", replaces: true)
        #expect(
            Self.plan([web, newWeb, db, newDB]).prefix(3) == [
                "start container shop-db-1", "wait until shop-db-1 is up", "start container shop-api-1",
            ])
    }

    @Test func oneThatIsToMakeWayStartFirstStopsWhenItsPredecessorServes() throws {
        let new = try Self.container(
            Self.temporary, id: "bbbbbbbbbbbb", .running, transaction: "t1", replaces: true, created: 100,
            order: "start-first")
        let stop = "stop container \(Self.temporary)"
        #expect(
            Self.plan([try Self.old(.exited), new]) == [
                "start container shop-web-1", "wait until shop-web-1 is up", stop, "--", Self.remove,
            ])
        // Its predecessor has never stopped.
        #expect(Self.plan([try Self.old(.running), new]) == [stop, "--", Self.remove])
    }

    /// Each time the last one goes.
    @Test func aReplacementOfAReplacementGoesFirst() throws {
        let second = try Self.container(
            "bbbbbbbbbbbb_shop-web-1", id: "cccccccccccc", .created, transaction: "t2", replaces: true, created: 150)
        let both = [try Self.old(.exited), try Self.new(.running)]
        #expect(Self.plan(both + [second]) == ["--", "remove container bbbbbbbbbbbb_shop-web-1"])
    }

    @Test func oneThatIsAloneGetsItsName() throws {
        #expect(
            Self.plan([try Self.new(.running)]) == ["--", "rename container \(Self.temporary) to shop-web-1"])
    }

    @Test func whatTheJournalKnowsIsLeftToIt() throws {
        #expect(Self.plan([try Self.old(.exited), try Self.new(.running)], known: ["t1"]) == ["--"])
    }

    @Test func whatNeedsNoRecoveryGetsNone() throws {
        let renamed = try Self.new(.running, name: "shop-web-1")
        #expect(Self.plan([renamed]) == ["--"])
        #expect(Self.plan([try Self.old(.running)]) == ["--"])
        let stopped = try Self.container("shop-db-1", id: "cccccccccccc", .exited, service: "db", transaction: "t0")
        #expect(Self.plan([stopped]) == ["--"])
    }

    /// Each of these is said, and nothing is done.
    @Test func whatIsNotCertainIsLeftToThePerson() throws {
        func notice(_ containers: [ObservedContainer]) -> String? {
            let lines = Self.plan(containers)
            return lines.count == 2 && lines[0] == "--" ? lines[1] : nil
        }
        let committed = try Self.container(
            "shop-db-1", id: "cccccccccccc", .running, service: "db", transaction: "t1", replaces: true)
        let other = try Self.container("shop-web-1", id: "dddddddddddd", .running, transaction: "t2")
        let cases: [([ObservedContainer], String)] = [
            ([try Self.old(.exited), try Self.new(.running), committed], "in force already"),
            ([other, try Self.new(.running)], "another container has that name"),
            ([try Self.old(.running), try Self.new(.created, transaction: nil)], "another tool made it"),
            ([try Self.old(.paused), try Self.new(.created)], "paused"),
            ([try Self.container("shop-db-1", id: "cc", .created, service: "db")], "never started"),
        ]
        for (containers, phrase) in cases {
            let text = notice(containers)
            #expect(text?.contains(phrase) == true && text?.contains("`gantry ") == true, "\(text ?? "") \(phrase)")
        }
    }

    @Test func whatTheSameCommandMayHaveDoneBesidesIsShown() throws {
        let made = try Self.container("shop-job-1", id: "cccccccccccc", .running, service: "job", transaction: "t1")
        let stopped = try Self.container("shop-proxy-1", id: "dddddddddddd", .exited, service: "proxy")
        let lines = Self.plan([try Self.old(.exited), try Self.new(.created), made, stopped])
        #expect(lines.prefix(4) == ["start container shop-web-1", "wait until shop-web-1 is up", "--", Self.remove])
        #expect(
            lines.dropFirst(4).map { String($0.prefix(23)) } == ["Container shop-job-1 wa", "Container shop-proxy-1 "])
    }

    /// `up` and `recover` agree on which of two containers goes.
    @Test func upMakesTheSameOfIt() throws {
        var before = try Planned(.app("web")).up()
        let kept = before.observed.containers
        var wanted = before
        wanted.change("web") { $0.command = ["serve"] }
        before.observed.containers = try wanted.recreated(renaming: false).observed.containers + kept
        let leftover = try #require(before.observed.containers.first { $0.pendingReplacement != nil })
        #expect(leftover.pendingReplacement?.predecessor == kept[0].id.short)
        #expect(try before.plan().finish.map(\.action) == [.removeContainer(leftover.handle, anonymousVolumes: false)])
    }
}
