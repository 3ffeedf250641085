import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import EngineTesting
import Testing

@testable import ComposeExecutor

/// What becomes of a project when the state file fails, or is lost.
@Suite struct StateFailureTests {
    private static func shop(_ release: String, services: Int = 3) -> Project {
        var project = Project.shop()
        for number in 1...services {
            project.services["s\(number)"] = .app("s\(number)") { $0.environment["RELEASE"] = release }
        }
        return project
    }

    /// The disk fills up before the first record, or after any number of them.
    @Test func aFullDiskLeavesTheProjectAsItWasOrAsItIsToBe() async throws {
        var ends: Set<String> = []
        // From what takes the empty tables only, to what takes everything; with pages so small that most records need
        // another one.
        for pages in 15...200 {
            guard !ends.contains("applied"), let store = try? StateStore(pageLimit: pages, pageSize: 512) else {
                continue
            }
            let stage = try Stage()
            try await stage.up(Self.shop("1"))
            let before = stage.snapshot
            let plan = try await stage.plan(Self.shop("2"))
            do {
                let leftovers = try await stage.executor(store).apply(plan, command: "up")
                // Past the commit: what is not tidied up has been said.
                ends.insert(leftovers.isEmpty ? "applied" : "applied with leftovers")
            } catch let failure as ApplyFailure {
                ends.insert("taken back")
                #expect(failure.leftovers == [], "\(pages) pages")
                #expect(failure.reason.contains("no space left"), "\(failure.reason)")
                #expect(before.difference(to: stage.snapshot) == "", "\(pages) pages")
            } catch let error as StateError {
                ends.insert("refused")
                #expect(error.condition == .full)
                #expect(before.difference(to: stage.snapshot) == "", "\(pages) pages")
            }
        }
        #expect(ends.isSuperset(of: ["refused", "taken back", "applied"]), "\(ends)")
    }

    /// Killed at any call, and the journal lost: labels tell what was, as far as it was replaced.
    @Test func labelsBringBackWhatWasBeingReplaced() async throws {
        let wanted = Project.shop(
            .app("db") { $0.environment["RELEASE"] = "2" },
            .app("web") {
                $0.environment["RELEASE"] = "2"
                $0.needs("db")
            })
        var before = wanted
        for name in ["db", "web"] { before.services[name]?.environment["RELEASE"] = "1" }
        for call in 1...9 {
            let stage = try Stage()
            try await stage.up(before)
            let snapshot = stage.snapshot
            let plan = try await stage.plan(wanted)
            stage.engine.setFaults(FaultSchedule(.crash, at: call))
            _ = try? await stage.executor().apply(plan, command: "up")
            let isKilled = stage.engine.isCrashed
            stage.engine.revive()
            let later = try Stage(engine: stage.engine)
            let recovery = try await later.executor().planRecovery()
            if !recovery.isEmpty {
                #expect(try await later.executor().apply(recovery, command: "recover") == [], "call \(call)")
            }
            // Where some have their new names already, it is `up` that decides.
            if recovery.notices.isEmpty, isKilled {
                let isAsBefore = snapshot.difference(to: later.snapshot).isEmpty
                let isAsWanted = try await later.plan(wanted).isEmpty
                #expect(isAsBefore || isAsWanted, "call \(call):\n\(snapshot.difference(to: later.snapshot))")
            }
            #expect(try await later.executor().planRecovery().isEmpty, "call \(call)")
            try await later.up(wanted)
            #expect(try await later.plan(wanted).isEmpty, "call \(call)")
        }
    }

    @Test func aFailureIsKeptWithWhatTheContainerSaid() async throws {
        let stage = try Stage()
        stage.engine.addImage("broken", ImageBehavior(container: ContainerBehavior(run: .exits(code: 3))))
        var options = UpOptions()
        options.wait = true
        let failure = try await stage.failingUp(.shop(.app("web", image: "broken")), options)
        let reports = try await stage.journal.reports(in: Stage.scope)
        #expect(reports.count == 1)
        let report = try #require(reports.first)
        #expect(report.reason == failure.reason)
        #expect(report.command == "up")
        #expect(report.operation?.description == "wait until shop-web-1 is up")
        #expect(report.container?.name == "shop-web-1")
        #expect(report.container?.exitCode == 3)
        #expect(report.undone.contains("create container shop-web-1"))
        #expect(report.leftovers == [])
        #expect(report.version == 1)
    }

    @Test func whatCouldNotBeTakenBackIsInTheReport() async throws {
        let stage = try Stage()
        stage.engine.setFaults(
            FaultSchedule(.error, at: 1, of: .call("start shop-web-1"))
                .adding(.error, at: 1, of: .call("remove shop-web-1")))
        let failure = await #expect(throws: ApplyFailure.self) { try await stage.up(.shop(.app("web"))) }
        let report = try #require(try await stage.journal.reports(in: Stage.scope).first)
        #expect(report.leftovers.map(\.what) == failure?.leftovers.map(\.what))
        #expect(!report.leftovers.isEmpty)
        #expect(Set(report.undone).isDisjoint(with: report.leftovers.map(\.what)))
    }
}
