import EngineAPI
import Testing

@testable import ComposeLogs

@Suite struct FollowAccountTests {
    private let web = source("web-1", container: "c1")
    private let next = source("web-1", container: "c2")

    /// An account of one running container that is being read.
    private func reading() -> FollowAccount {
        var account = FollowAccount(beginning: ResumePoint())
        #expect(account.found([(web, .running)]).count == 1)
        return account
    }

    @Test func isOverWhereNothingRunsFromTheBeginning() {
        var account = FollowAccount(beginning: ResumePoint())
        #expect(!account.isOver)
        #expect(account.found([(web, .exited), (next, .created)]).count == 2)
        #expect(!account.isQuiet)
        _ = account.ended(web, at: ResumePoint(), isRestarting: false)
        _ = account.ended(next, at: ResumePoint(), isRestarting: false)
        #expect(account.isOver)
    }

    @Test func isOverAtOnceWhereTheLastEndsByItself() {
        var account = reading()
        _ = account.ended(web, at: ResumePoint(), isRestarting: false)
        #expect(account.isQuiet && !account.isOver, "the events may tell of a kill yet")
        _ = account.happened("die", to: web)
        #expect(account.isOver)
    }

    @Test(arguments: [
        (ContainerState.exited, true), (.removing, true), (.restarting, false), (.running, false), (.paused, false),
    ])
    func looksAgainAfterAKill(_ state: ContainerState, _ isOver: Bool) {
        var account = reading()
        for action in ["kill", "die"] { _ = account.happened(action, to: web) }
        _ = account.ended(web, at: ResumePoint(), isRestarting: false)
        #expect(account.isQuiet && !account.isOver)
        #expect(account.looked(at: [(web, state)]).count == (state == .running || state == .paused ? 1 : 0))
        #expect(account.isOver == isOver)
    }

    @Test func waitsForTheStartOfWhatWasMadeMeanwhile() {
        var account = reading()
        for action in ["kill", "die"] { _ = account.happened(action, to: web) }
        _ = account.ended(web, at: ResumePoint(), isRestarting: false)
        _ = account.happened("destroy", to: web)
        #expect(!account.isOver)
        #expect(account.looked(at: [(next, .created)]).isEmpty)
        #expect(!account.isOver)
        #expect(account.happened("start", to: next).map(\.0) == [next])
        #expect(!account.isQuiet)
    }

    @Test func doesNotWaitForWhatWasNeverStartedBefore() {
        var account = FollowAccount(beginning: ResumePoint())
        _ = account.found([(web, .running), (next, .created)])
        for action in ["kill", "die"] { _ = account.happened(action, to: web) }
        for source in [web, next] { _ = account.ended(source, at: ResumePoint(), isRestarting: false) }
        #expect(!account.isOver)
        _ = account.looked(at: [(web, .exited), (next, .created)])
        #expect(account.isOver)
    }

    @Test func waitsForARestart() {
        var account = reading()
        _ = account.happened("die", to: web)
        _ = account.ended(web, at: ResumePoint(), isRestarting: true)
        #expect(account.isQuiet && !account.isOver)
        #expect(account.happened("start", to: web).count == 1)
        #expect(!account.isQuiet)
    }

    @Test func readsAgainWhatStartedWhileItWasRead() {
        var account = reading()
        _ = account.happened("start", to: web)
        #expect(account.ended(web, at: ResumePoint(), isRestarting: false).count == 1)
        #expect(account.begun == 2)
    }

    @Test func looksAgainWhereEventsMayHaveBeenMissed() {
        var account = reading()
        #expect(account.found([(web, .exited)]).isEmpty)
        _ = account.happened("die", to: web)
        _ = account.ended(web, at: ResumePoint(), isRestarting: false)
        #expect(!account.isOver)
        _ = account.looked(at: [(web, .exited)])
        #expect(account.isOver)
    }
}
