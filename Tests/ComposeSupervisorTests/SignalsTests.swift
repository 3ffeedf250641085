import Glibc
import Testing

@testable import ComposeSupervisor

/// Signals are the whole process's, so these tests come one after the other.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SignalsTests {
    @Test func deliversToThoseWhoAsked() async {
        let signals = Signals([.windowChange, .hangup])
        let sizes = signals.stream(of: [.windowChange])
        let both = signals.stream(of: [.windowChange, .hangup])
        kill(getpid(), SIGHUP)
        var iterator = both.makeAsyncIterator()
        #expect(await iterator.next() == .hangup)
        kill(getpid(), SIGWINCH)
        #expect(await iterator.next() == .windowChange)
        var sizeIterator = sizes.makeAsyncIterator()
        #expect(await sizeIterator.next() == .windowChange)
    }

    @Test func endsItsStreamsWhenItGoes() async {
        var signals: Signals? = Signals([.windowChange])
        let stream = signals?.stream(of: [.windowChange])
        signals = nil
        var iterator = stream?.makeAsyncIterator()
        #expect(await iterator?.next() == nil)
    }

    @Test func leavesAHangupIgnoredThatWasIgnored() async {
        let before = signal(SIGHUP, SIG_IGN)
        defer { signal(SIGHUP, before) }
        let signals = Signals([.hangup, .windowChange])
        let stream = signals.stream(of: [.hangup, .windowChange])
        kill(getpid(), SIGHUP)
        kill(getpid(), SIGWINCH)
        var iterator = stream.makeAsyncIterator()
        #expect(await iterator.next() == .windowChange)
    }

    @Test func heedsAnInterruptThatWasIgnored() {
        let before = signal(SIGINT, SIG_IGN)
        defer { signal(SIGINT, before) }
        Signals.heedInterrupts()
        #expect(unsafeBitCast(signal(SIGINT, SIG_IGN), to: Int.self) == unsafeBitCast(SIG_DFL, to: Int.self))
    }

    @Test func makesBrokenPipesErrors() {
        Signals.ignoreBrokenPipes()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        #expect(write(ends[1], "x", 1) == -1 && errno == EPIPE)
        close(ends[1])
    }
}
