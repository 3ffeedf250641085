import EngineAPI
import EngineTesting
import Synchronization
import Testing

@testable import ComposeLogs

@Suite(.timeLimit(.minutes(5))) struct LogFollowerTests {
    private let sink = RecordingSink()

    private func follow(_ engine: ScriptedContainer) async throws -> Bool {
        var point = ResumePoint()
        let follower = LogFollower(engine: engine, sink: sink, clock: TestClock(advancingWhenSleeping: 1))
        return try await follower.follow(source(), from: &point)
    }

    private static func line(_ number: Int) -> String { "2026-01-02T03:04:05.00000000\(number)Z \(number)\n" }

    @Test func readsWhatAFollowedOutputEndedBefore() async throws {
        let kept = (1...4).map(LogFollowerTests.line)
        let engine = ScriptedContainer([
            (.running, Array(kept.prefix(2))),
            // It goes on where it ended, in the middle of a line.
            (.running, Array(kept[1..<2]) + [String(kept[2].dropLast(2))]),
            (.exited, Array(kept[1...])),
        ])
        #expect(try await follow(engine) == false)
        #expect(sink.lines == (1...4).map { "web-1 \($0)" })
        #expect(engine.follows == [true, true, false])
    }

    @Test func readsToTheEndBeforeTheEngineRestarts() async throws {
        let kept = (1...2).map(LogFollowerTests.line)
        #expect(try await follow(ScriptedContainer([(.running, [kept[0]]), (.restarting, kept)])))
        #expect(sink.lines == ["web-1 1", "web-1 2"])
    }
}

/// A container whose state and output are given for each look at it. Nothing can be done to it.
private final class ScriptedContainer: ContainerEndpoints {
    private struct State {
        var rounds: [(state: ContainerState, output: [String])]
        var follows: [Bool] = []
    }

    private let state: Mutex<State>

    init(_ rounds: [(state: ContainerState, output: [String])]) { state = Mutex(State(rounds: rounds)) }

    var follows: [Bool] { state.withLock { $0.follows } }

    func container(_ id: ContainerID) async throws -> ContainerDetails {
        let state = try #require(state.withLock { $0.rounds.first }).state
        return ContainerDetails(id: id, name: "web-1", imageID: "busybox", state: state)
    }

    func withLogs<Result: Sendable>(
        of id: ContainerID, _ options: LogOptions, _ body: (EngineStream<[OutputFrame]>) async throws -> Result
    ) async throws -> Result {
        let stream = BoundedQueue<[OutputFrame]>(capacity: 1)
        let output = state.withLock { state in
            state.follows.append(options.follow)
            return state.rounds.removeFirst().output
        }
        await stream.send(output.map { frame($0) })
        stream.finish()
        return try await body(EngineStream { await stream.next() })
    }

    private func refuse(_ call: String = #function) -> EngineError {
        EngineError(.invalidRequest, call: call, message: "the container only has output")
    }

    func containers(matching filter: ObjectFilter) async throws -> [ContainerSummary] { throw refuse() }
    func createContainer(_ spec: ContainerSpec, name: String) async throws -> ContainerID { throw refuse() }
    func startContainer(_ id: ContainerID) async throws { throw refuse() }
    func stopContainer(_ id: ContainerID, timeout: Duration?) async throws { throw refuse() }
    func killContainer(_ id: ContainerID, signal: String) async throws { throw refuse() }
    func removeContainer(_ id: ContainerID, force: Bool, anonymousVolumes: Bool) async throws { throw refuse() }
    func renameContainer(_ id: ContainerID, to name: String) async throws { throw refuse() }
    func pauseContainer(_ id: ContainerID) async throws { throw refuse() }
    func unpauseContainer(_ id: ContainerID) async throws { throw refuse() }
    func waitContainer(_ id: ContainerID) async throws -> Int { throw refuse() }
    func uploadArchive(_ tar: [UInt8], to id: ContainerID, directory: String) async throws { throw refuse() }
    func withAttachment<Result: Sendable>(
        to id: ContainerID, input: Bool, _ body: (ProcessConnection) async throws -> Result
    ) async throws -> Result { throw refuse() }
}
