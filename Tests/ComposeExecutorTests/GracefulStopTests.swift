import ComposeExecutor
import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting
import Synchronization
import Testing

/// What is told of a container that takes long to stop.
@Suite(.timeLimit(.minutes(5))) struct GracefulStopTests {
    /// A container that does not end by itself, with a grace period of 5 s, that is being stopped.
    private static func withStop(
        grace: Int? = nil, _ body: (Stage, TestClock) async throws -> Void
    ) async throws -> [String] {
        var stage = try Stage(images: [])
        stage.engine.addImage("app", ImageBehavior(container: ContainerBehavior(stop: .holds)))
        let service = Service.app("web") { $0.stopGracePeriod = ComposeDuration(nanoseconds: 5_000_000_000) }
        try await stage.up(.shop(service))
        let clock = TestClock()
        let watcher = StopWatcher()
        stage.clock = clock
        stage.observer = watcher
        let observed = try await Observer(engine: stage.engine).observe(project: "shop")
        var options = DownOptions()
        options.stopGrace = grace
        let executor = stage.executor()
        let plan = DownPlanner.stop("shop", project: nil, observed: observed, options: options)
        async let leftovers = executor.carryOut(plan)
        try await clock.waitForSleepers(1)
        clock.advance(by: .seconds(1))
        for await _ in watcher.firstLine { break }
        try await body(stage, clock)
        #expect(await leftovers == [])
        return watcher.seen.withLock { $0 }
    }

    @Test func aKilledOneIsNamedWithItsSignalAndItsTime() async throws {
        let seen = try await GracefulStopTests.withStop { stage, clock in
            clock.advance(by: .seconds(4))
            try await stage.engine.killContainer("shop-web-1", signal: "SIGKILL")
        }
        #expect(seen == ["4.0 seconds left", "shop-web-1 killed after 5.0 seconds, SIGTERM"])
    }

    @Test func oneThatEndsInTimeIsNotNamed() async throws {
        let seen = try await GracefulStopTests.withStop(grace: 3) { stage, _ in
            try stage.engine.exit("shop-web-1", code: 0)
        }
        #expect(seen == ["2.0 seconds left"])
    }

    @Test func oneThatTheEngineForgetsToKillIsKilled() async throws {
        let seen = try await GracefulStopTests.withStop(grace: 3) { _, clock in
            try await clock.waitForSleepers(1)
            clock.advance(by: .seconds(2) + .seconds(5))
        }
        #expect(seen == ["2.0 seconds left", "shop-web-1 killed after 3.0 seconds, SIGTERM"])
    }

    @Test func oneThatSomebodyKillsBeforeItsTimeIsNotNamed() async throws {
        let seen = try await GracefulStopTests.withStop { stage, _ in
            try await stage.engine.killContainer("shop-web-1", signal: "SIGKILL")
        }
        #expect(seen == ["4.0 seconds left"])
    }
}

private final class StopWatcher: ApplyObserver {
    let seen = Mutex<[String]>([])
    let firstLine: AsyncStream<Void>
    private let told: AsyncStream<Void>.Continuation

    init() { (firstLine, told) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

    func report(_ event: ApplyEvent) {
        let line: String
        switch event {
        case .graceBegan(_, let remaining): line = "\(remaining) left"
        case .killed(_, let stop): line = "\(stop.container) killed after \(stop.grace), \(stop.signal)"
        default: return
        }
        seen.withLock { $0.append(line) }
        told.yield()
    }

    func willStart(_ container: ContainerID, name: String, service: String) async {}
}
