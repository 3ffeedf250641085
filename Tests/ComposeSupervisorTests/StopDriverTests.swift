import Synchronization
import Testing

@testable import ComposeSupervisor

@Suite(.timeLimit(.minutes(5))) struct StopDriverTests {
    @Test func stopsGentlyAtTheFirstSignal() async {
        let log = Log()
        let driver = StopDriver {
            log.say("stop")
        } kill: {
            log.say("kill")
        } leave: {
            log.say("leave \($0)")
        }
        let (signals, continuation) = AsyncStream.makeStream(of: Signal.self)
        continuation.yield(.windowChange)
        continuation.yield(.terminate)
        #expect(await driver.run(signals) == .terminate)
        #expect(log.words == ["stop"])
    }

    @Test func killsAtTheSecondAndThenWaitsForTheStop() async {
        let log = Log()
        let killed = Gate()
        let driver = StopDriver {
            log.say("stop")
            await killed.wait()
            log.say("stopped")
        } kill: {
            log.say("kill")
            killed.open()
        } leave: {
            log.say("leave \($0)")
        }
        let (signals, continuation) = AsyncStream.makeStream(of: Signal.self)
        continuation.yield(.interrupt)
        continuation.yield(.interrupt)
        #expect(await driver.run(signals) == .interrupt)
        #expect(log.words == ["stop", "kill", "stopped"] || log.words == ["kill", "stop", "stopped"])
    }

    @Test func leavesAtTheThirdWhateverHangs() async {
        let log = Log()
        let gate = Gate()
        let driver = StopDriver {
            await gate.wait()
        } kill: {
            await gate.wait()
        } leave: {
            log.say("leave \($0)")
            gate.open()
        }
        let (signals, continuation) = AsyncStream.makeStream(of: Signal.self)
        continuation.yield(.interrupt)
        continuation.yield(.terminate)
        continuation.yield(.terminate)
        #expect(await driver.run(signals) == .interrupt)
        #expect(log.words == ["leave 130"])
    }

    @Test func stopsWhenAborted() async {
        let log = Log()
        let driver = StopDriver {
            log.say("stop")
        } kill: {
        } leave: { _ in
        }
        let (signals, _) = AsyncStream.makeStream(of: Signal.self)
        async let signal = driver.run(signals)
        await driver.abort()
        #expect(await signal == nil)
        #expect(log.words == ["stop"])
    }

    @Test func doesNothingWhenCancelled() async {
        let log = Log()
        let driver = StopDriver {
            log.say("stop")
        } kill: {
        } leave: { _ in
        }
        let (signals, _) = AsyncStream.makeStream(of: Signal.self)
        let task = Task { await driver.run(signals) }
        task.cancel()
        #expect(await task.value == nil)
        #expect(log.words.isEmpty)
    }
}

/// Words said by several tasks.
final class Log: Sendable {
    private let said = Mutex<[String]>([])
    var words: [String] { said.withLock { $0 } }
    func say(_ word: String) { said.withLock { $0.append(word) } }

    /// Returns when `word` was said.
    func waitFor(_ word: String) async {
        while !words.contains(word), !Task.isCancelled { await Task.yield() }
    }
}
