import ComposeLogs
import EngineAPI
import SinkAPI
import Testing

@testable import ComposeSupervisor

/// What follows for the output when an engine goes and comes back: it ends an attachment as a container's end does.
@Suite struct AttachAccountTests {
    private static let web = LogSource(container: "w", name: "web-1", service: "web")
    private static let cut = ResumePoint(skipping: [.stdout: 3])

    /// An account of a container that was started, whose end somebody else decides about.
    private static func watching() -> AttachAccount {
        var account = AttachAccount(options: AttachedRun.Options(), isKept: true)
        _ = account.found([])
        _ = account.willStart(web, Gate())
        _ = account.started(web)
        account.applied([(web, .running)])
        return account
    }

    private static func text(_ steps: [AttachAccount.Step]) -> [String] {
        steps.map { step in
            switch step {
            case .attach(_, let isNew, _): "attach, new: \(isNew)"
            case .follow(_, let point): point == cut ? "follow from the cut" : "follow"
            case .announce(_, let code, _): "announce \(code ?? -1)"
            }
        }
    }

    @Test func whatHasStoppedForTheRunsEndWaitsForNoKeeper() {
        var account = Self.watching()
        _ = account.died(Self.web, code: 4, restarts: true, at: nil, run: EngineTime(nanoseconds: 1))
        _ = account.streamEnded(Self.web, at: nil, isBroken: false)
        // The engine was about to start it again, and an event of its stop came too early to tell that it does not.
        #expect(account.missedEnds([(Self.web, .exited)]).filter(account.isRestarting) == [Self.web])
        _ = account.died(Self.web, code: 4, restarts: false, at: nil, run: EngineTime(nanoseconds: 1), isFound: true)
        #expect(!account.isOver)
        account.detach([(Self.web, .exited)])
        #expect(account.isOver)
    }

    @Test func whatRunsOnIsReadFromTheCut() {
        var account = Self.watching()
        #expect(Self.text(account.attachmentEnded(Self.web, at: Self.cut, isBroken: false)) == [])
        #expect(Self.text(account.found([(Self.web, .running)])) == ["follow from the cut"])
    }

    @Test func aCutThatIsSeenLateIsOneToo() {
        var account = Self.watching()
        #expect(Self.text(account.found([(Self.web, .running)])) == [])
        #expect(
            Self.text(account.attachmentEnded(Self.web, at: Self.cut, isBroken: false)) == ["follow from the cut"])
    }

    @Test func whatEndedMeanwhileIsReadToItsEndBeforeItIsSaid() {
        var account = Self.watching()
        _ = account.attachmentEnded(Self.web, at: Self.cut, isBroken: false)
        #expect(account.missedEnds([]).map(\.label) == ["web-1"])
        let steps = account.died(
            Self.web, code: 137, restarts: false, at: nil, run: EngineTime(nanoseconds: 1), isFound: true)
        #expect(Self.text(steps) == ["follow from the cut"])
        // Its keeper starts it again before that is read: the next run is read behind it, not beside it.
        let gate = Gate()
        #expect(Self.text(account.willStart(Self.web, gate)) == [])
        #expect(Self.text(account.started(Self.web)) == [])
        #expect(
            Self.text(account.streamEnded(Self.web, at: ResumePoint(), isBroken: false)) == ["announce 137", "follow"])
    }

    @Test func anEndThatWasFoundCountsWhenItsKeeperLeavesItSo() {
        var account = Self.watching()
        _ = account.streamEnded(Self.web, at: nil, isBroken: false)
        let run = EngineTime(nanoseconds: 1)
        _ = account.died(Self.web, code: 137, restarts: false, at: nil, run: run, isFound: true)
        #expect(!account.isOver && account.exits == [])
        account.kept(["w": EngineTime(nanoseconds: 0)])
        #expect(!account.isOver, "that was the run before")
        account.kept(["w": run])
        #expect(account.isOver && account.exits.map(\.code) == [137])
    }

    @Test func whereNobodyKeepsAnythingAnyMoreAnEndIsAnEnd() {
        var account = Self.watching()
        _ = account.streamEnded(Self.web, at: nil, isBroken: false)
        _ = account.died(Self.web, code: 0, restarts: false, at: nil, run: EngineTime(nanoseconds: 1))
        #expect(!account.isOver)
        account.kept(nil)
        #expect(account.isOver)
    }
}
